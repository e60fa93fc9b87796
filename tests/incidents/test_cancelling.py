"""Not an incident after all: a false alarm, or recovered by itself."""

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.actors import ENGINE
from config.tenancy.conflicts import Conflict
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident
from incidents.operations.calls import call_in
from incidents.operations.cancelling import cancel, undo_cancel
from incidents.operations.responding import acknowledge_incident
from tests.conftest import Engine
from tests.incidents.leading import Lead
from tests.people import World


def call_off(lead: Lead, incident: Incident, reason: str = "false_alarm", by: str = "bram") -> Incident:
    return cancel(incident=incident, reason=reason, actor=lead.as_(by), now=lead.now)


def test_a_false_alarm_ends_it_and_stops_the_pager(lead: Lead, engine: Engine) -> None:
    incident = lead.alerted(rank=1)
    engine.run()
    call_off(lead, incident)
    known = lead.again(incident)
    assert (known.phase, known.cancel_reason, known.cancelled_at) == ("cancelled", "false_alarm", lead.now)
    assert lead.states(incident) == ["stopped"]


def test_what_still_fires_keeps_quiet_up_to_its_severity(lead: Lead) -> None:
    assert call_off(lead, lead.alerted(rank=1)).quiet_rank == 1
    assert call_off(lead, lead.alerted(rank=None)).quiet_rank == 2


def test_what_recovered_by_itself_is_not_quiet(lead: Lead) -> None:
    incident = cancel(incident=lead.alerted(), reason="recovered", actor=ENGINE, now=lead.now)
    assert incident.quiet_rank is None


def test_those_paged_hear_why(lead: Lead, engine: Engine) -> None:
    incident = lead.alerted()
    engine.run()
    mail.outbox.clear()
    engine.clock.move(minutes=1)  # an address gets one message a minute
    call_off(lead, incident, by="marc")
    engine.run()
    (letter,) = mail.outbox
    assert letter.to == ["bram@acme.test"]
    assert "false alarm" in letter.body


def test_a_second_call_changes_nothing(lead: Lead) -> None:
    incident = lead.alerted()
    call_off(lead, incident)
    before = lead.told(incident)
    call_off(lead, incident)
    assert lead.told(incident) == before


def test_deadlines_are_gone(lead: Lead, engine: Engine) -> None:
    incident = call_off(lead, lead.alerted())
    assert (incident.next_update_at, incident.held_until, incident.recovered_due_at) == (None, None, None)


def test_who_was_paged_may_whatever_the_role(lead: Lead, engine: Engine) -> None:
    incident = lead.alerted()
    call_in(incident=incident, people=[lead.people["vera"]], actor=lead.as_("marc"), now=lead.now)
    engine.run()
    call_off(lead, incident, by="vera")
    assert ("cancelled", "Vera") in lead.told(incident)


def test_only_by_a_known_reason(lead: Lead) -> None:
    with pytest.raises(ValidationError):
        call_off(lead, lead.alerted(), reason="bored")


class TestUndo:
    def test_within_ten_minutes_it_pages_again_where_nobody_had_it(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.run()
        call_off(lead, incident)
        engine.clock.move(minutes=10)
        undo_cancel(incident=incident, actor=lead.as_("bram"), now=lead.now)
        known = lead.again(incident)
        assert (known.phase, known.cancelled_at, known.quiet_rank) == ("detected", None, None)
        assert lead.states(incident) == ["paging"]
        assert ("undone", "Bram") in lead.told(incident)

    def test_where_somebody_had_it_nobody_is_paged_and_the_label_is_back(
        self, lead: Lead, engine: Engine
    ) -> None:
        incident = lead.alerted()
        bram = lead.people["bram"]
        acknowledge_incident(incident=incident, membership=bram, actor=bram.as_actor(), now=lead.now)
        call_off(lead, incident)
        undo_cancel(incident=incident, actor=bram.as_actor(), now=lead.now)
        assert lead.again(incident).phase == "coordinating"
        assert lead.states(incident) == ["stopped"]
        assert lead.managers(incident) == ["bram"]

    def test_later_it_is_refused(self, lead: Lead, engine: Engine) -> None:
        incident = call_off(lead, lead.alerted())
        engine.clock.move(minutes=11)
        with pytest.raises(Conflict, match="Reopen"):
            undo_cancel(incident=incident, actor=lead.as_("bram"), now=lead.now)

    def test_an_open_one_stays_as_it_is(self, lead: Lead) -> None:
        incident = lead.alerted()
        before = lead.told(incident)
        undo_cancel(incident=incident, actor=lead.as_("bram"), now=lead.now)
        assert lead.told(incident) == before


class TestOutsider:
    def test_anothers_incident_is_missing(self, lead: Lead, world: World) -> None:
        incident, olga = lead.alerted(), world.other.members["olga"].as_actor()
        with tenant_scope(world.other.tenant.pk):
            for attempt in (
                lambda: cancel(incident=incident, reason="false_alarm", actor=olga, now=lead.now),
                lambda: undo_cancel(incident=incident, actor=olga, now=lead.now),
            ):
                with pytest.raises(Incident.DoesNotExist):
                    attempt()
        assert lead.again(incident).is_open

    def test_a_viewer_who_was_not_paged_may_not(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            call_off(lead, lead.alerted(), by="vera")
