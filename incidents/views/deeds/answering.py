"""Deeds of phase 1: it is mine, not mine, real, false, later."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from incidents.models import Call, CancelReason
from incidents.operations.assessing import confirm
from incidents.operations.cancelling import cancel, undo_cancel
from incidents.operations.giving import give_call
from incidents.operations.holding import page_now
from incidents.operations.renewing import keep_call
from incidents.operations.responding import (
    acknowledge_incident,
    pass_on_call,
    snooze,
    undo_acknowledge,
)
from incidents.views.deeds.given import Given
from incidents.words import joined
from oncall.models import EscalationPolicy, EscalationState, Page

QUARTER = timedelta(minutes=15)
NOTICE = {"yes": True, "no": False}


def do_acknowledge(given: Given) -> str:
    acknowledge_incident(
        incident=given.incident, membership=given.membership, actor=given.actor, now=given.now
    )
    return _("You have it.")


def do_pass_on(given: Given) -> str:
    """All calls of this incident that page this person now."""
    mine = Page.objects.filter(membership=given.membership).values("escalation_id")
    calls = list(
        Call.objects.filter(
            incident=given.incident, escalation__in=mine, escalation__state=EscalationState.PAGING
        ).select_related("incident")
    )
    if not calls:
        raise Conflict(_("You are not being paged for this."))
    for call in calls:
        pass_on_call(call=call, membership=given.membership, actor=given.actor, now=given.now)
    return _("Passed on.")


def do_undo(given: Given) -> str:
    undo_acknowledge(incident=given.incident, membership=given.membership, actor=given.actor, now=given.now)
    return _("Given back: it pages again.")


def do_still_on_it(given: Given) -> str:
    call = given.one(Call.objects.filter(incident=given.incident), "call")
    keep_call(call=call, membership=given.membership, actor=given.actor, now=given.now)
    return _("Yours from now again.")


def do_give_call(given: Given) -> str:
    """To people, or to a policy where one is named: those paged until now are paged no more."""
    given.actor.must("incidents.respond")
    call = given.one(Call.objects.filter(incident=given.incident), "call")
    people = given.some(Membership.objects.filter(ended_at=None).select_related("user"), "person")
    policy = given.one(EscalationPolicy.objects.all(), "policy") if given.said("policy") else None
    people = [] if policy is not None else people
    if not people and policy is None:
        raise ValidationError(_("Choose people, or a policy."))
    give_call(call=call, people=people, policy=policy, actor=given.actor, now=given.now)
    names = [str(policy)] if policy is not None else [str(person) for person in people]
    return _("Given to %(names)s.") % {"names": joined(names)}


def do_page_now(given: Given) -> str:
    page_now(incident=given.incident, actor=given.actor, now=given.now)
    return _("Paging.")


def do_snooze(given: Given) -> str:
    until = given.until() or given.now + QUARTER
    snooze(incident=given.incident, until=until, actor=given.actor, now=given.now)
    return _("Quiet for now.")


def do_confirm(given: Given) -> str:
    notice = NOTICE.get(given.said("customers_notice"))
    confirm(incident=given.incident, customers_notice=notice, actor=given.actor, now=given.now)
    return _("It is real.")


def do_false_alarm(given: Given) -> str:
    cancel(incident=given.incident, reason=CancelReason.FALSE_ALARM, actor=given.actor, now=given.now)
    return _("False alarm. Nothing left to do; undo is under More.")


def do_undo_cancel(given: Given) -> str:
    undo_cancel(incident=given.incident, actor=given.actor, now=given.now)
    return _("As it was.")
