"""Deeds of phases 5 and 6 beyond calling in: answers, the brief, a manager who is away, the shift."""

from django.utils.translation import gettext as _

from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from incidents.models import Call, CallAnswer, IncidentRole
from incidents.operations.answering import answer_call
from incidents.operations.briefing import clear
from incidents.operations.roles import hand_over_role, let_help, take_over
from incidents.views.deeds.given import Given
from oncall.models import EscalationState, Page


def do_answer_call(given: Given) -> str:
    """Every further call of this incident that calls this person now, or that they have answered."""
    mine = Page.objects.filter(membership=given.membership).values("escalation_id")
    calls = [
        call
        for call in Call.objects.filter(incident=given.incident, escalation__in=mine).select_related(
            "escalation"
        )
        if not call.is_first and _can_be_answered(call, given.membership)
    ]
    if not calls:
        raise Conflict(_("You are not being called for this."))
    said = given.said("answer")
    for call in calls:
        answer_call(call=call, answer=said, membership=given.membership, actor=given.actor, now=given.now)
    return {
        CallAnswer.IN_TEN.value: _("They expect you in 10 minutes."),
        CallAnswer.CANNOT.value: _("They know that you cannot come."),
    }.get(said, _("They know you are coming."))


def _can_be_answered(call: Call, membership: Membership) -> bool:
    state = call.escalation.state
    mine = call.escalation.acknowledged_by_id == membership.pk
    return state in (EscalationState.PAGING, EscalationState.EXHAUSTED) or (
        state == EscalationState.ACKNOWLEDGED and mine
    )


def do_clear(given: Given) -> str:
    """What is expected is clear: the roles are acknowledged and the brief has been read."""
    clear(incident=given.incident, membership=given.membership, actor=given.actor, now=given.now)
    return _("On it.")


def do_let_help(given: Given) -> str:
    person = given.one(Membership.objects.select_related("user"), "person")
    let_help(incident=given.incident, membership=person, actor=given.actor, now=given.now)
    return _("%(person)s helps.") % {"person": person}


def do_take_over(given: Given) -> str:
    """The manager is away."""
    take_over(incident=given.incident, actor=given.actor, now=given.now)
    return _("You are incident manager.")


def do_hand_over(given: Given) -> str:
    """One's own role, to one person: at the change of a shift."""
    role = given.one(IncidentRole.objects.all(), "role")
    person = given.one(Membership.objects.select_related("user"), "person")
    hand_over_role(
        incident=given.incident,
        role=role,
        before=given.membership,
        to=person,
        say=given.said("say"),
        actor=given.actor,
        now=given.now,
    )
    return _("%(person)s is %(role)s.") % {"person": person, "role": role}
