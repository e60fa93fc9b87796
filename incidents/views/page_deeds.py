"""What a person does about a page of theirs: one set of deeds for link, text message and key press."""

from collections.abc import Iterable
from datetime import datetime

from config.tenancy.actors import Actor
from incidents.models import Call, CallAnswer
from incidents.operations.answering import answer_call
from incidents.operations.behalf import on_behalf
from incidents.operations.responding import acknowledge_call, pass_on_call
from incidents.views.page_state import PageView
from oncall.models import Escalation
from oncall.operations import testing

# What a link may do, of what its person may do: answering, and nothing else of the tenant.
GRANTS = frozenset({"incidents.write", "incidents.respond", "oncall.respond"})


def actor_of_page(view: PageView) -> Actor:
    membership = view.page.membership
    return Actor.link(membership.pk, str(membership), grants=membership.grants & GRANTS)


def acknowledge(view: PageView, folded: Iterable[Escalation], actor: Actor, now: datetime) -> None:
    """This one and those of `folded` that are incidents'. A second call changes nothing."""
    others = [other.pk for other in folded]
    for call in [view.call, *Call.objects.filter(escalation__in=others).select_related("incident")]:
        if view.is_call_in and call == view.call:
            say(view, CallAnswer.COMING, actor, now)
        elif call is not None:
            acknowledge_call(call=call, membership=view.page.membership, actor=actor, now=now)


def pass_on(view: PageView, actor: Actor, now: datetime, *, asked_at: datetime | None) -> None:
    """Not me; of a call-in: cannot. `asked_at` is when the page that is answered was sent or drawn."""
    assert view.call is not None
    if view.is_call_in:
        say(view, CallAnswer.CANNOT, actor, now, asked_at)
        return
    person = view.page.membership
    pass_on_call(call=view.call, membership=person, actor=actor, now=now, asked_at=asked_at)


def say(view: PageView, answer: str, actor: Actor, now: datetime, asked_at: datetime | None = None) -> None:
    """One of the three answers to a call-in."""
    assert view.call is not None
    person = view.page.membership
    answer_call(call=view.call, answer=answer, membership=person, actor=actor, now=now, asked_at=asked_at)


def finish_test(view: PageView, actor: Actor, now: datetime) -> None:
    """The page is theirs: what a link may do besides is not asked."""
    testing.finish_test(
        escalation_id=view.escalation.pk, membership=view.page.membership, actor=on_behalf(actor), now=now
    )
