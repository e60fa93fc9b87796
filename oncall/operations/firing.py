"""The engine's deeds on a ladder: firing the step that is due, and ending it when nobody is left."""

from datetime import datetime
from typing import Any

import structlog

from config import doorbell
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from oncall import ladder
from oncall.ladder import Ladder, Place
from oncall.models import Escalation, EscalationState, EventKind, NotificationKind, Page
from oncall.operations.crew import Called, Crew, crew_of, last_resort, names, owners
from oncall.operations.events import record
from oncall.operations.locking import lock_escalation
from oncall.operations.summons import call, tell_people, unfold
from oncall.signals import escalation_exhausted

log = structlog.get_logger(__name__)


def fire_step(*, escalation_id: int, lease_token: int, now: datetime) -> bool:
    """Pages the people of the step that is due, or ends the ladder. False where there was nothing to do.

    An empty step is passed over at once. Where the whole ladder is empty, the policy's fallback is paged,
    else the owners, loudly. The next step is due its delay after `now`, however late this one is.
    """
    with acting(ENGINE, now=now):
        escalation = lock_escalation(escalation_id)
        due = ladder.is_due(escalation.state, escalation.next_step_at, now)
        if escalation.lease_token != lease_token or not due:
            return False
        climb(escalation, now)
    return True


def climb(escalation: Escalation, now: datetime) -> None:
    """Fires what is next on a locked ladder that is paging, whether or not it is due."""
    climbed = Ladder.from_json(escalation.snapshot)
    here = Place(escalation.rung, escalation.loop)
    places = list(ladder.candidates(climbed, here))
    crew = crew_of(climbed.rungs, now=now)
    for place in places:
        called = crew.of(climbed.rungs[place.rung], now)
        if called:
            return _fire(escalation, climbed, crew, place, called, now)
        record(escalation, EventKind.SKIPPED, actor=ENGINE, now=now, step=place.rung + 1)
    if len(places) == len(climbed.rungs):
        # Not one rung has anybody.
        called = last_resort(climbed)
        log.error("nobody_on_call", escalation=escalation.pk, paged=[c.membership.pk for c in called])
        if called:
            return _fire(escalation, climbed, crew, places[-1], called, now)
    return exhaust(escalation, now)


def _fire(
    escalation: Escalation, climbed: Ladder, crew: Crew, place: Place, called: list[Called], now: datetime
) -> None:
    before = _pages_before(escalation)
    following = ladder.after(climbed, place)
    escalation.rung, escalation.loop = place
    escalation.turn += 1
    next_at = now + climbed.rungs[place.rung].delay
    why = {"step": place.rung + 1, "next": _next(climbed, crew, following, next_at)}
    call(escalation, called, why=why, before=before, now=now)
    escalation.rung, escalation.loop = following
    escalation.last_step_at, escalation.next_step_at = now, next_at
    _release(escalation)
    escalation.save(
        update_fields=[
            "rung",
            "loop",
            "turn",
            "last_step_at",
            "next_step_at",
            "lease_until",
            "lease_token",
            "claims",
        ]
    )
    record(
        escalation,
        EventKind.STEP,
        actor=ENGINE,
        now=now,
        step=place.rung + 1,
        loop=place.loop,
        called=names(called),
    )
    doorbell.ring("oncall.steps")


def _pages_before(escalation: Escalation) -> list[Page]:
    if escalation.last_step_at is None:
        return []
    return list(escalation.pages.select_related("membership__user").order_by("pk"))


def _next(climbed: Ladder, crew: Crew, place: Place, at: datetime) -> dict[str, Any]:
    """Who is next, and when; no names where nobody is left."""
    for later in ladder.candidates(climbed, place):
        called = crew.of(climbed.rungs[later.rung], at)
        if called:
            return {"names": names(called), "at": at.isoformat()}
    return {"names": [], "at": at.isoformat()}


def exhaust(escalation: Escalation, now: datetime) -> None:
    """The end of a ladder nobody answered: a signal, a mail to the owners, a line in the log."""
    escalation.state = EscalationState.EXHAUSTED
    escalation.turn += 1
    escalation.next_step_at = None
    escalation.ended_at = now
    _release(escalation)
    escalation.save()
    called = sorted({str(page.membership) for page in _pages_before(escalation)})
    record(escalation, EventKind.EXHAUSTED, actor=ENGINE, now=now, called=called)
    log.error("escalation_exhausted", escalation=escalation.pk, key=escalation.card_stored["key"])
    why = {"called": called, "at": now.isoformat()}
    tell_people(escalation, owners(), NotificationKind.NOBODY, why=why, now=now)
    unfold(escalation, now)
    escalation_exhausted.send(sender=Escalation, escalation=escalation, now=now)


def _release(escalation: Escalation) -> None:
    escalation.lease_until = escalation.lease_token = None
    escalation.claims = 0
