"""What was promised is chased: also after a return, and when whoever would be asked has left."""

from datetime import timedelta

import pytest

from config.tenancy.operations.people import end_membership
from incidents.models import Incident, InternalMail, MailKind
from incidents.operations.cancelling import cancel, undo_cancel
from incidents.operations.chasing import whom_to_chase
from incidents.operations.messages import publish_message
from incidents.operations.resolving import reopen, resolve
from incidents.operations.roles import give_role, take_over
from tests.incidents.leading import Lead

SOON = timedelta(minutes=5)


@pytest.fixture
def promised(lead: Lead) -> Incident:
    """Bram leads it; colleagues were promised word in 20 minutes."""
    incident = lead.declare()
    take_over(incident=incident, actor=lead.as_("bram"), now=lead.now)
    publish_message(
        incident=incident,
        audience="internal",
        kind="start",
        status="",
        title="We look into it",
        body="We look into it.",
        components={},
        next_update_at=lead.now + timedelta(minutes=20),
        actor=lead.as_("bram"),
        now=lead.now,
    )
    return lead.again(incident)


def reminded() -> list[str]:
    rows = InternalMail.objects.filter(kind=MailKind.NUDGE, data__why="update_due").order_by("id")
    return [str(row.membership) for row in rows.select_related("membership__user")]


def test_open_again_after_its_moment_passed_it_is_chased(lead: Lead, promised: Incident) -> None:
    cancel(incident=promised, reason="false_alarm", actor=lead.as_("bram"), now=lead.now)
    lead.engine.run_until(lead.now + timedelta(minutes=30), step=SOON)
    assert reminded() == []
    reopen(incident=promised, reason="It is back", actor=lead.as_("bram"), now=lead.now)
    lead.engine.run()
    assert reminded() == [str(lead.people["bram"])]


def test_undoing_the_end_keeps_the_promise(lead: Lead, promised: Incident) -> None:
    lead.engine.clock.move(minutes=18)
    cancel(incident=promised, reason="false_alarm", actor=lead.as_("bram"), now=lead.now)
    lead.engine.run_until(lead.now + timedelta(minutes=4), step=timedelta(minutes=2))
    undo_cancel(incident=promised, actor=lead.as_("bram"), now=lead.now)
    lead.engine.run()
    assert reminded() == [str(lead.people["bram"])]


def test_who_has_left_is_not_asked_the_manager_is(lead: Lead, promised: Incident) -> None:
    give_role(
        incident=promised,
        role=lead.roles["comms"],
        membership=lead.people["carla"],
        actor=lead.as_("bram"),
        now=lead.now,
    )
    end_membership(membership=lead.people["carla"], actor=lead.as_("anna"), now=lead.now)
    lead.engine.run_until(lead.now + timedelta(minutes=25), step=SOON)
    assert reminded()[:1] == [str(lead.people["bram"])]


def test_with_nobody_in_charge_an_owner_is_asked_but_not_of_a_private_one(
    lead: Lead, promised: Incident
) -> None:
    end_membership(membership=lead.people["bram"], actor=lead.as_("anna"), now=lead.now)
    assert str(whom_to_chase(lead.again(promised))) == str(lead.people["anna"])
    Incident.objects.filter(pk=promised.pk).update(private=True)
    assert whom_to_chase(lead.again(promised)) is None


def test_resolved_without_the_last_words_the_promise_is_still_chased_until_they_are_out(
    lead: Lead, promised: Incident
) -> None:
    bram = {"actor": lead.as_("bram")}
    resolve(
        incident=promised,
        impact_over_at=lead.now,
        internal=None,
        external=None,
        nothing_is_imminent=True,
        now=lead.now,
        **bram,
    )
    due = lead.again(promised).next_update_at
    assert due is not None
    lead.engine.run_until(due + timedelta(minutes=50), step=SOON)
    assert reminded() == [str(lead.people["bram"])]
    publish_message(
        incident=promised,
        audience="internal",
        kind="final",
        status="resolved",
        title="It is over",
        body="It is over.",
        components={},
        next_update_at=None,
        now=lead.now,
        **bram,
    )
    assert lead.again(promised).next_update_at is None
    lead.engine.run_until(lead.now + timedelta(hours=2), step=timedelta(minutes=10))
    assert len(reminded()) == 1
