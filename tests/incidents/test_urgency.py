"""High or low, by severity and by the service's office hours; and how long an acknowledgement lasts."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from incidents.models import Incident, Service
from incidents.office_hours import OfficeHours
from incidents.operations.assessing import set_severity
from incidents.operations.cancelling import cancel
from incidents.operations.notes import add_note
from incidents.operations.responding import acknowledge_incident, snooze, undo_acknowledge
from oncall.models import Escalation, Holiday
from oncall.operations.paging import renew_ack
from tests.conftest import Engine
from tests.incidents.leading import Lead

FRIDAY_EVENING = datetime(2026, 11, 27, 17, 12, tzinfo=UTC)  # 18:12 in Amsterdam
MONDAY = datetime(2026, 11, 30, 8, tzinfo=UTC)  # 09:00


def set_up(service: Service, lead: Lead, **changes: object) -> None:
    for name, value in changes.items():
        setattr(service, name, value)
    with acting(ENGINE, now=lead.now):
        service.save()


def ladder(incident: Incident) -> Escalation:
    return Escalation.objects.get(pk=incident.calls.get(kind="service").escalation_id)


@pytest.fixture
def office(lead: Lead, engine: Engine) -> Lead:
    set_up(lead.checkout, lead, urgency="office")
    engine.clock.set(FRIDAY_EVENING)
    return lead


class TestOfficeHours:
    def test_high_while_the_office_is_open(self, lead: Lead) -> None:
        set_up(lead.checkout, lead, urgency="office")
        incident = lead.alerted(2)
        assert (ladder(incident).urgency, incident.rises_at) == ("high", None)

    def test_low_in_the_evening_and_high_when_it_opens(self, office: Lead, engine: Engine) -> None:
        incident = office.alerted(2)
        engine.run()
        assert (ladder(incident).urgency, incident.rises_at) == ("low", MONDAY)
        engine.clock.set(MONDAY)
        engine.run()
        found = ladder(incident)
        assert (found.urgency, found.run, office.again(incident).rises_at) == ("high", 1, None)
        assert "Office hours began" in incident.timeline.get(kind="urgency").text

    def test_who_has_it_is_not_paged_again(self, office: Lead, engine: Engine) -> None:
        incident = office.alerted(2)
        engine.run()
        bram = office.people["bram"]
        acknowledge_incident(incident=incident, membership=bram, actor=office.as_("bram"), now=office.now)
        assert office.again(incident).rises_at == MONDAY
        engine.clock.set(MONDAY - timedelta(minutes=1))
        renew_ack(escalation_id=ladder(incident).pk, actor=ENGINE, now=office.now)
        engine.clock.set(MONDAY)
        engine.run()
        kept_to = MONDAY + timedelta(minutes=29)
        assert (ladder(incident).state, office.again(incident).rises_at) == ("acknowledged", kept_to)
        engine.clock.set(kept_to)
        engine.run()
        engine.clock.move(seconds=2)
        engine.run()
        assert (ladder(incident).state, ladder(incident).urgency) == ("paging", "high")

    def test_acknowledged_and_expired_it_rises_all_the_same(self, office: Lead, engine: Engine) -> None:
        incident = office.alerted(2)
        engine.run()
        bram = office.people["bram"]
        acknowledge_incident(incident=incident, membership=bram, actor=office.as_("bram"), now=office.now)
        engine.clock.set(office.now + timedelta(minutes=31))
        engine.run()
        assert (ladder(incident).state, ladder(incident).urgency) == ("paging", "low")
        engine.clock.set(MONDAY)
        engine.run()
        assert (ladder(incident).urgency, office.again(incident).rises_at) == ("high", None)

    def test_given_back_in_the_night_it_rises_when_the_office_opens(
        self, office: Lead, engine: Engine
    ) -> None:
        incident = office.alerted(2)
        engine.run()
        bram = {"membership": office.people["bram"], "actor": office.as_("bram")}
        acknowledge_incident(incident=incident, now=office.now, **bram)
        undo_acknowledge(incident=incident, now=office.now, **bram)
        engine.clock.set(MONDAY)
        engine.run()
        assert (ladder(incident).urgency, office.again(incident).rises_at) == ("high", None)

    def test_given_back_after_the_office_opened_it_rises_at_once(self, office: Lead, engine: Engine) -> None:
        incident = office.alerted(2)
        engine.run()
        engine.clock.set(MONDAY - timedelta(minutes=2))
        bram = {"membership": office.people["bram"], "actor": office.as_("bram")}
        acknowledge_incident(incident=incident, now=office.now, **bram)
        engine.clock.set(MONDAY + timedelta(minutes=1))
        engine.run()
        undo_acknowledge(incident=incident, now=office.now, **bram)
        engine.run()
        assert (ladder(incident).state, ladder(incident).urgency) == ("paging", "high")

    def test_the_worst_is_always_high(self, office: Lead) -> None:
        assert ladder(office.alerted(1)).urgency == "high"

    def test_unknown_counts_as_the_second(self, office: Lead) -> None:
        assert ladder(office.alerted(None)).urgency == "low"

    def test_a_small_one_waits_for_the_office_as_ever(self, office: Lead, engine: Engine) -> None:
        incident = office.alerted(3)
        assert (incident.held_until, incident.rises_at) == (MONDAY, None)
        engine.clock.set(MONDAY)
        engine.run()
        assert ladder(incident).urgency == "low"

    def test_raised_to_the_worst_it_is_high_at_once(self, office: Lead, engine: Engine) -> None:
        incident = office.alerted(2)
        engine.run()
        set_severity(incident=incident, severity=office.sev[1], actor=office.as_("marc"), now=office.now)
        assert (ladder(incident).urgency, office.again(incident).rises_at) == ("high", None)

    def test_snoozed_it_rises_when_that_is_over(self, office: Lead, engine: Engine) -> None:
        incident = office.alerted(2)
        engine.run()
        later = MONDAY + timedelta(hours=1)
        snooze(incident=incident, until=later, actor=office.as_("bram"), now=office.now)
        engine.clock.set(MONDAY)
        engine.run()
        assert (ladder(incident).state, office.again(incident).rises_at) == ("snoozed", later)
        engine.clock.set(later)
        engine.run()
        assert (ladder(incident).state, ladder(incident).urgency) == ("paging", "high")

    def test_over_it_does_not_rise(self, office: Lead, engine: Engine) -> None:
        incident = office.alerted(2)
        cancel(incident=incident, reason="false_alarm", actor=office.as_("bram"), now=office.now)
        assert office.again(incident).rises_at is None

    def test_on_a_holiday_the_office_is_closed(self, office: Lead, engine: Engine) -> None:
        with acting(ENGINE, now=office.now):
            Holiday.objects.create(day=date(2026, 11, 30), name="A free day", team=office.team)
            Holiday.objects.create(day=date(2026, 12, 1), name="Another", team=None)
        assert office.alerted(2).rises_at == MONDAY + timedelta(days=2)


def test_a_service_of_low_urgency_stays_low(lead: Lead) -> None:
    set_up(lead.checkout, lead, urgency="low")
    incident = lead.alerted(2)
    assert (ladder(incident).urgency, incident.rises_at) == ("low", None)
    assert ladder(lead.alerted(1)).urgency == "high"


class TestAcknowledgement:
    def test_lasts_as_long_as_the_service_says(self, lead: Lead, engine: Engine) -> None:
        set_up(lead.checkout, lead, ack_minutes=45)
        incident = lead.alerted(2)
        engine.run()
        bram = lead.people["bram"]
        acknowledge_incident(incident=incident, membership=bram, actor=lead.as_("bram"), now=lead.now)
        assert ladder(incident).ack_expires_at == lead.now + timedelta(minutes=45)

    def test_without_minutes_it_never_runs_out(self, lead: Lead, engine: Engine) -> None:
        set_up(lead.checkout, lead, ack_minutes=None)
        incident = lead.declare()
        engine.run()
        bram = lead.people["bram"]
        acknowledge_incident(incident=incident, membership=bram, actor=lead.as_("bram"), now=lead.now)
        # A promise to customers is no clock for it either.
        incident = lead.again(incident)
        incident.next_update_at = lead.now + timedelta(minutes=30)
        with acting(ENGINE, now=lead.now):
            incident.save()
        add_note(incident=incident, text="Looking", actor=lead.as_("bram"), now=lead.now)
        assert ladder(incident).ack_expires_at is None


def test_holidays_are_closed_and_cost_a_day() -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    hours = OfficeHours(zone, holidays=frozenset({date(2026, 12, 25)}), start=time(9))
    christmas = datetime(2026, 12, 25, 11, tzinfo=UTC)
    assert not hours.is_open(christmas)
    assert hours.next_start(christmas) == datetime(2026, 12, 28, 8, tzinfo=UTC)
    assert hours.next_day_at(datetime(2026, 12, 24, 11, tzinfo=UTC)) == datetime(2026, 12, 28, 11, tzinfo=UTC)


def test_a_year_of_holidays_is_looked_past() -> None:
    days = frozenset(date(2026, 12, 1) + timedelta(days=ahead) for ahead in range(60))
    hours = OfficeHours(ZoneInfo("UTC"), holidays=days)
    assert hours.next_start(datetime(2026, 12, 1, 12, tzinfo=UTC)) == datetime(2027, 2, 1, 9, tzinfo=UTC)
