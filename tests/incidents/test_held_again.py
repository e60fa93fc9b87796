"""Held until the office opens, but not if it gets worse (DESIGN, "Held"; R19)."""

from datetime import UTC, datetime, timedelta

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from incidents.models import Alert, Incident, Response, Service, Severity
from incidents.operations.cases import add_case
from incidents.operations.merging import merge
from incidents.operations.questions import answer_question
from tests.conftest import Engine, MovedClock
from tests.incidents.leading import Lead, policy_for
from tests.incidents.shop import Shop

FRIDAY_EVENING = datetime(2026, 11, 27, 17, 12, tzinfo=UTC)  # 18:12 in Amsterdam


@pytest.fixture
def held(lead: Lead, engine: Engine) -> Incident:
    engine.clock.set(FRIDAY_EVENING)
    incident = lead.declare("Exports are slow", severity=lead.sev[3])
    engine.run()
    assert lead.calls(incident) == []
    assert incident.held_until is not None
    return incident


def report(lead: Lead, incident: Incident, **given: object) -> None:
    add_case(incident=incident, actor=lead.as_("carla"), now=lead.now, **given)  # type: ignore[arg-type]


class TestTwoCustomers:
    def test_within_half_an_hour_it_pages(self, lead: Lead, held: Incident, engine: Engine) -> None:
        report(lead, held)
        engine.clock.move(minutes=29)
        assert lead.calls(held) == []
        report(lead, held)
        engine.run()
        assert lead.paged(held) == ["bram"]
        assert lead.again(held).held_until is None
        assert "two customers" in held.timeline.filter(kind="held").latest("id").text

    def test_further_apart_it_stays_held(self, lead: Lead, held: Incident, engine: Engine) -> None:
        report(lead, held)
        engine.clock.move(minutes=31)
        report(lead, held)
        assert lead.calls(held) == []

    def test_colleagues_are_no_customers(self, lead: Lead, held: Incident) -> None:
        for _ in range(3):
            report(lead, held, found_by="team")
        assert lead.calls(held) == []

    def test_who_declared_for_a_customer_is_the_first(self, lead: Lead, engine: Engine) -> None:
        engine.clock.set(FRIDAY_EVENING)
        incident = lead.declare("Exports are slow", severity=lead.sev[3], found_by="customer")
        report(lead, incident)
        engine.run()
        assert lead.paged(incident) == ["bram"]

    def test_a_count_that_jumps_is_as_many_reports(self, lead: Lead, held: Incident) -> None:
        answer_question(incident=held, question="cases", number=5, actor=lead.as_("carla"), now=lead.now)
        assert lead.states(held) == ["paging"]

    def test_it_pages_once(self, lead: Lead, held: Incident, engine: Engine) -> None:
        for _ in range(4):
            report(lead, held)
            engine.run()
        assert len(lead.calls(held)) == 1
        assert lead.calls(held)[0].escalation.run == 0


class TestMerging:
    def other(self, lead: Lead) -> Service:
        with acting(ENGINE, now=lead.now):
            made: Service = Service.objects.create(
                name="Search", team=lead.team, policy=policy_for("Search", lead.people["marc"])
            )
        return made

    def test_a_second_service_joins(self, lead: Lead, held: Incident, engine: Engine) -> None:
        second = lead.declare("Search is slow", service=self.other(lead), severity=lead.sev[3])
        merge(incident=second, into=held, actor=lead.as_("marc"), now=lead.now)
        engine.run()
        assert lead.paged(held) == ["bram"]
        assert "a second service" in held.timeline.filter(kind="held").latest("id").text

    def test_the_same_service_again_stays_held(self, lead: Lead, held: Incident) -> None:
        second = lead.declare("Exports hang", severity=lead.sev[3])
        merge(incident=second, into=held, actor=lead.as_("marc"), now=lead.now)
        assert lead.calls(held) == []

    def test_what_paged_by_itself_does_not_fall_silent_in_one_that_is_held(
        self, lead: Lead, held: Incident
    ) -> None:
        second = lead.declare("Exports fail", severity=lead.sev[2])
        merge(incident=second, into=held, actor=lead.as_("marc"), now=lead.now)
        assert lead.states(held) == ["paging"]


@pytest.mark.django_db
class TestTheSource:
    def test_a_source_that_says_worse_pages(self, moved_clock: MovedClock) -> None:
        moved_clock.set(FRIDAY_EVENING)
        shop = Shop(moved_clock)
        shop.fire("Slow", severity="warning")
        assert shop.incident().held_until is not None
        shop.fire("Slow", severity="error")
        assert shop.incident().held_until is None
        with shop.scope():
            assert shop.incident().calls.count() == 1

    def test_also_where_the_scale_does_not_call_it_worse(self, moved_clock: MovedClock) -> None:
        moved_clock.set(FRIDAY_EVENING)
        shop = Shop(moved_clock)
        with shop.scope(), acting(ENGINE, now=moved_clock.now()):
            for step in Severity.objects.all():
                step.response = Response.OFFICE_HOURS
                step.save()
        shop.fire("Slow", severity="error")
        held = shop.incident().held_until
        assert held is not None
        shop.fire("Slow", severity="error")
        assert shop.incident().held_until == held
        shop.fire("Slow", severity="critical")
        assert shop.incident().held_until is None

    def test_the_office_opens(self, moved_clock: MovedClock) -> None:
        moved_clock.set(FRIDAY_EVENING)
        shop = Shop(moved_clock)
        shop.fire("Slow", severity="warning")
        moved_clock.set(FRIDAY_EVENING + timedelta(days=3))
        shop.run()
        assert shop.incident().held_until is None
        with shop.scope():
            assert Alert.objects.count() == 1
            assert shop.incident().calls.count() == 1
