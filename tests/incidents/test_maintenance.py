"""Maintenance through the door: alerts in, time on, messages out, and nothing else was sent (ONCALL 4.10)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Team
from incidents.models import MaintenanceWindow, Service
from incidents.operations import maintaining, rerouting
from incidents.operations.assessing import set_severity
from incidents.operations.holding import page_now
from incidents.operations.maintaining import end_maintenance, save_window, start_maintenance
from incidents.operations.responding import acknowledge_incident
from oncall.models import Escalation
from tests.conftest import Engine, MovedClock
from tests.incidents.leading import Lead
from tests.incidents.shop import Shop, pages


class Works(Shop):
    """A shop whose source belongs to its service, and that can be put into maintenance."""

    def __init__(self, moved: MovedClock) -> None:
        super().__init__(moved)
        self.service: Service = self.made.service

    def maintain(self, minutes: int = 60, **given: Any) -> MaintenanceWindow:
        with self.scope():
            window = start_maintenance(
                service=self.service, minutes=minutes, actor=ENGINE, now=self.clock.now(), mode=given["mode"]
            )
            if not given.get("reroute", True):
                window.reroute_on_end = False
                save_window(window=window, services=[self.service], actor=ENGINE, now=self.clock.now())
        self.run()
        return window

    def ladder(self) -> Escalation:
        with self.scope():
            return Escalation.objects.get()

    def sent(self) -> list[str]:
        """Subjects of every mail so far; clears the box."""
        subjects = [message.subject for message in mail.outbox]
        mail.outbox.clear()
        return subjects


@pytest.fixture
def works(db: None, moved_clock: MovedClock) -> Works:
    return Works(moved_clock)


class TestNobodyIsPaged:
    def test_until_it_ends_and_then_for_what_still_fires(self, works: Works) -> None:
        works.maintain(mode="no_page")
        works.fire()
        incident = works.incident()
        assert incident.held_until is not None
        assert any(text.startswith("Held: maintenance until 1") for _kind, text in works.timeline())
        works.run_for(minutes=59)
        assert works.sent() == []
        works.run_for(minutes=2)
        assert len(pages()) == 1
        assert works.incident().held_until is None

    def test_nor_for_what_is_clear_by_then(self, works: Works) -> None:
        works.maintain(mode="no_page")
        works.fire()
        works.clock.move(minutes=55)
        works.clear()
        works.run_for(minutes=30)
        assert works.sent() == []
        assert works.incident().phase == "cancelled"

    def test_nor_without_rerouting(self, works: Works) -> None:
        works.maintain(mode="no_page", reroute=False)
        works.fire()
        works.run_for(minutes=90)
        assert works.sent() == []
        works.fire("More")  # news is heard again
        assert len(pages()) == 1

    def test_a_ladder_that_runs_goes_to_sleep_and_says_so(self, works: Works) -> None:
        works.fire()
        assert len(works.sent()) == 1
        works.maintain(mode="no_page")
        assert works.ladder().state == "snoozed"
        assert works.timeline()[-1][0] == "maintenance"
        works.run_for(minutes=59)
        assert works.sent() == []
        works.run_for(minutes=2)
        assert len(pages()) == 1

    def test_a_ladder_that_sleeps_does_not_wake_for_what_is_clear(self, works: Works) -> None:
        works.fire()
        works.sent()
        works.maintain(mode="no_page", minutes=5)
        works.clear()
        works.run_for(minutes=8)
        assert works.sent() == []
        assert works.ladder().state == "stopped"

    def test_an_acknowledgement_lasts_until_its_end(self, works: Works) -> None:
        works.fire()
        with works.scope():
            owner = works.made.owner
            actor = owner.as_actor()
            acknowledge_incident(
                incident=works.incident(), membership=owner, actor=actor, now=works.clock.now()
            )
        works.maintain(mode="no_page", minutes=120)
        works.sent()
        works.run_for(minutes=80)
        assert works.sent() == []

    def test_one_that_has_run_out_is_nobodys(self, works: Works) -> None:
        works.fire()
        with works.scope():
            owner = works.made.owner
            acknowledge_incident(
                incident=works.incident(),
                membership=owner,
                actor=owner.as_actor(),
                now=works.clock.now(),
            )
        works.run_for(minutes=31)
        works.maintain(mode="no_page", minutes=60)
        works.sent()
        works.run_for(minutes=55)
        assert works.sent() == []
        works.run_for(minutes=7)
        assert len(pages()) == 1

    def test_a_source_that_says_worse_is_heard_at_its_end(self, works: Works) -> None:
        works.maintain(mode="no_page")
        works.fire(severity="warning")
        works.fire(severity="critical")
        works.run_for(minutes=10)
        assert works.sent() == []
        assert works.incident().severity.rank == 1

    def test_ended_early_it_pages_at_once(self, works: Works) -> None:
        window = works.maintain(mode="no_page")
        works.fire()
        works.run_for(minutes=10)
        with works.scope():
            end_maintenance(window=window, actor=ENGINE, now=works.clock.now())
        works.run()
        assert len(pages()) == 1

    def test_of_another_service_everybody_is(self, works: Works) -> None:
        with works.scope(), acting(ENGINE, now=works.clock.now()):
            other = Service.objects.create(name="Other", team=works.service.team)
        with works.scope():
            start_maintenance(service=other, actor=ENGINE, now=works.clock.now())
        works.fire()
        assert len(pages()) == 1


class TestRecordOnly:
    def test_it_is_recorded_and_closes_by_itself(self, works: Works) -> None:
        with works.scope(), acting(ENGINE, now=works.clock.now()):
            works.service.recovers_alone = False
            works.service.save()
        works.maintain(mode="record_only")
        works.fire()
        assert any(text.startswith("Recorded only: maintenance until") for _kind, text in works.timeline())
        works.clear()
        works.run_for(minutes=11)
        assert (works.incident().phase, works.sent()) == ("cancelled", [])


class TestSuppress:
    def test_alerts_are_counted_and_open_nothing(self, works: Works) -> None:
        works.maintain(mode="suppress")
        for _ in range(3):
            works.fire()
        assert works.incidents() == []
        [alert] = works.alerts()
        assert (alert.count, alert.incident) == (3, None)
        works.clear()
        works.run_for(minutes=70)
        assert (works.incidents(), works.sent()) == ([], [])

    def test_what_still_fires_at_its_end_opens_one_incident(self, works: Works) -> None:
        works.maintain(mode="suppress")
        works.fire("Errors")
        works.fire("Slow", severity="warning")
        works.run_for(minutes=61)
        assert [alert.incident == works.incident() for alert in works.alerts()] == [True, True]
        assert len(pages()) == 1

    def test_one_that_cannot_be_opened_keeps_no_other_quiet(
        self, works: Works, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[object] = []
        reroute = rerouting._reroute

        def first_fails(source: Any, ids: list[int], now: datetime) -> bool:
            calls.append(ids)
            if len(calls) == 1:
                raise RuntimeError("broken")
            return reroute(source, ids, now)

        works.maintain(mode="suppress")
        works.fire("Errors")
        works.fire("Slow")
        with works.scope():
            now, window = works.clock.now() + timedelta(hours=2), MaintenanceWindow.objects.get()
            groups = iter([(1, 0, False), (2, 0, False)])
            monkeypatch.setattr(rerouting, "_group_of", dict(zip(works.alerts(), groups, strict=True)).get)
            monkeypatch.setattr(rerouting, "_reroute", first_fails)
            with pytest.raises(RuntimeError):
                rerouting.reroute(window, now)
        assert [alert.incident is None for alert in works.alerts()] == [True, False]

    def test_one_incident_that_fails_keeps_no_other_awake_and_is_tried_again(
        self, works: Works, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        works.fire()
        there = works.incident().pk
        monkeypatch.setattr(maintaining, "_open", lambda window: [-1, there])  # -1 is none
        window = works.maintain(mode="no_page")
        assert works.incident().held_until is not None
        with works.scope():
            assert MaintenanceWindow.objects.get(pk=window.pk).next_change_at <= works.clock.now()
        monkeypatch.undo()
        works.run()
        with works.scope():
            assert MaintenanceWindow.objects.get(pk=window.pk).next_change_at > works.clock.now()

    def test_without_rerouting_it_stays_quiet_until_it_gets_worse(self, works: Works) -> None:
        works.maintain(mode="suppress", reroute=False)
        works.fire(severity="warning")
        works.run_for(minutes=61)
        works.fire(severity="warning")
        assert (works.incidents(), works.sent()) == ([], [])
        works.fire(severity="critical")
        assert len(pages()) == 1

    def test_many_alerts_then_clear(self, works: Works) -> None:
        works.maintain(mode="suppress")
        for number in range(20):
            works.fire(f"Alert{number}")
        for number in range(20):
            works.clear(f"Alert{number}")
        works.run_for(minutes=70)
        assert (works.incidents(), works.sent()) == ([], [])


class TestByHand:
    @pytest.fixture
    def quiet(self, lead: Lead, engine: Engine) -> Lead:
        start_maintenance(service=lead.checkout, actor=lead.as_("bram"), now=lead.now)
        engine.run()
        return lead

    def test_the_worst_pages_all_the_same(self, quiet: Lead, engine: Engine) -> None:
        incident = quiet.declare(severity=quiet.sev[1])
        engine.run()
        assert "bram" in quiet.paged(incident)

    def test_less_than_that_is_held(self, quiet: Lead, engine: Engine) -> None:
        incident = quiet.declare(severity=quiet.sev[2])
        engine.run()
        assert (quiet.calls(incident), incident.maintenance is not None) == ([], True)

    def test_raised_by_a_person_it_pages(self, quiet: Lead, engine: Engine) -> None:
        incident = quiet.alerted(2)
        set_severity(incident=incident, severity=quiet.sev[1], actor=quiet.as_("marc"), now=quiet.now)
        engine.run()
        assert quiet.paged(incident) == ["bram"]
        assert quiet.again(incident).maintenance is None

    def test_page_now_pages(self, quiet: Lead, engine: Engine) -> None:
        incident = quiet.alerted(2)
        page_now(incident=incident, actor=quiet.as_("marc"), now=quiet.now)
        engine.run()
        assert quiet.paged(incident) == ["bram"]

    def test_at_its_end_a_small_one_waits_for_the_office(self, quiet: Lead, engine: Engine) -> None:
        engine.clock.move(minutes=30)
        incident = quiet.alerted(3)
        engine.clock.set(datetime.fromisoformat("2026-11-23T17:00:00+00:00"))
        engine.run()
        found = quiet.again(incident)
        assert (found.maintenance, found.held_until.isoformat()) == (None, "2026-11-24T08:00:00+00:00")


class TestWindows:
    def window(self, lead: Lead, **changes: Any) -> MaintenanceWindow:
        given = {
            "name": "Database upgrade",
            "time_zone": "Europe/Amsterdam",
            "start_date": lead.now.date() + timedelta(days=1),
            "start_time": datetime(2026, 1, 1, 2).time(),
            "end_date": lead.now.date() + timedelta(days=1),
            "end_time": datetime(2026, 1, 1, 4).time(),
        }
        return MaintenanceWindow(**(given | changes))

    def save(self, lead: Lead, window: MaintenanceWindow, by: str = "bram", services: Any = None) -> Any:
        chosen = [lead.checkout] if services is None else services
        return save_window(window=window, services=chosen, actor=lead.as_(by), now=lead.now)

    def test_its_changes_are_due_work(self, lead: Lead, engine: Engine) -> None:
        window = self.save(lead, self.window(lead, repeats="day"))
        engine.run()
        window.refresh_from_db()
        assert window.next_change_at.isoformat() == "2026-11-24T01:00:00+00:00"
        engine.clock.set(window.next_change_at)
        engine.run()
        window.refresh_from_db()
        assert window.next_change_at.isoformat() == "2026-11-24T03:00:00+00:00"

    def test_ended_and_moved_ahead_it_takes_place(self, lead: Lead, engine: Engine) -> None:
        window = start_maintenance(service=lead.checkout, actor=lead.as_("bram"), now=lead.now)
        engine.clock.move(minutes=5)
        window = end_maintenance(window=window, actor=lead.as_("bram"), now=lead.now)
        window.name = "Upgrade"
        self.save(lead, window)
        assert window.cancelled_at is not None  # a new name alone changes nothing
        window.start_date = window.end_date = lead.now.date() + timedelta(days=1)
        window.end_time = datetime(2026, 1, 1, 23).time()
        self.save(lead, window)
        assert (window.cancelled_at, window.ended_at) == (None, None)
        engine.clock.move(days=1)
        assert window.occurrence_at(lead.now) is not None

    @pytest.mark.parametrize("begins", [(0, 50), (1, 50)])
    def test_an_hour_is_an_hour_where_one_comes_twice(
        self, lead: Lead, engine: Engine, begins: tuple[int, int]
    ) -> None:
        engine.clock.set(datetime(2026, 10, 25, *begins, tzinfo=UTC))
        window = start_maintenance(service=lead.checkout, minutes=20, actor=lead.as_("bram"), now=lead.now)
        found = window.occurrence_at(lead.now)
        assert (found.start, found.end) == (lead.now, lead.now + timedelta(minutes=20))

    def test_of_all_services_it_names_none(self, lead: Lead) -> None:
        with pytest.raises(ValidationError):
            self.save(lead, self.window(lead, all_services=True))
        with pytest.raises(ValidationError):
            self.save(lead, self.window(lead), services=[])
        assert self.save(lead, self.window(lead, all_services=True), services=[]).pk

    def test_it_ends_after_it_begins_and_before_the_next(self, lead: Lead) -> None:
        with pytest.raises(ValidationError):
            self.save(lead, self.window(lead, end_time=datetime(2026, 1, 1, 1).time()))
        later = lead.now.date() + timedelta(days=3)
        with pytest.raises(ValidationError):
            self.save(lead, self.window(lead, repeats="day", end_date=later))

    def test_who_only_reads_cannot(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            self.save(lead, self.window(lead), by="vera")

    def test_what_is_not_under_way_cannot_be_ended_early(self, lead: Lead) -> None:
        window = self.save(lead, self.window(lead))
        with pytest.raises(Conflict):
            end_maintenance(window=window, actor=lead.as_("bram"), now=lead.now)
        end_maintenance(window=window, for_good=True, actor=lead.as_("bram"), now=lead.now)
        window.refresh_from_db()
        assert window.times.next_change(lead.now) is None

    def test_another_tenants_service_is_a_missing_one(self, lead: Lead, world: Any, in_scope: Any) -> None:
        with in_scope(world.other.tenant), acting(ENGINE, now=lead.now):
            team = Team.objects.create(name="Theirs")
            theirs = Service.objects.create(name="Theirs", team=team)
        with pytest.raises(Service.DoesNotExist):
            self.save(lead, self.window(lead), services=[theirs])
