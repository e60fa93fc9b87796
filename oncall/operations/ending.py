"""The end of a ladder that nobody answered, or not enough."""

from datetime import datetime

import structlog

from config.tenancy.actors import ENGINE
from config.tenancy.models import Membership
from oncall.ladder import Ladder
from oncall.models import Escalation, EscalationState, EventKind, NotificationKind
from oncall.operations.answers import answers_of, save_afresh, take
from oncall.operations.crew import told_at_the_end
from oncall.operations.events import record
from oncall.operations.summons import tell_people, unfold
from oncall.signals import escalation_exhausted

log = structlog.get_logger(__name__)


def exhaust(escalation: Escalation, climbed: Ladder, now: datetime) -> None:
    """A signal, a mail to the policy's fallback and the owners, a line in the log. A test ends quietly.

    Where some have it, only not as many as were asked for, it stays with them, and the owners hear that.
    """
    if escalation.is_test:
        end_quietly(escalation, now)
    elif answers := answers_of(escalation):
        _stay_with(escalation, climbed, [answer.membership for answer in answers], now)
    else:
        _end_loudly(escalation, climbed, now)


def _end_loudly(escalation: Escalation, climbed: Ladder, now: datetime) -> None:
    escalation.state = EscalationState.EXHAUSTED
    escalation.turn += 1
    escalation.next_step_at = None
    escalation.ended_at = now
    save_afresh(escalation)
    called = _called(escalation)
    record(escalation, EventKind.EXHAUSTED, actor=ENGINE, now=now, called=called)
    log.error("escalation_exhausted", escalation=escalation.pk, key=escalation.card_stored["key"])
    why = {"called": called, "at": now.isoformat()}
    tell_people(escalation, told_at_the_end(climbed), NotificationKind.NOBODY, why=why, now=now)
    unfold(escalation, now)
    escalation_exhausted.send(sender=Escalation, escalation=escalation, now=now)


def end_quietly(escalation: Escalation, now: datetime) -> None:
    """A test that nobody answered. On a locked escalation."""
    escalation.state = EscalationState.STOPPED
    escalation.next_step_at = None
    escalation.ended_at, escalation.end_reason = now, "test"
    save_afresh(escalation)
    record(escalation, EventKind.STOPPED, actor=ENGINE, now=now, reason="test")


def _stay_with(escalation: Escalation, climbed: Ladder, have_it: list[Membership], now: datetime) -> None:
    """Paging ends, and nobody is left to be asked: it is acknowledged by those who are there."""
    log.error("too_few_answers", escalation=escalation.pk, has=len(have_it), asked=escalation.answers_needed)
    asked = escalation.answers_needed
    take(
        escalation,
        has_it=have_it[0],
        said_by=have_it[-1],
        actor=ENGINE,
        now=now,
        answered={one.pk for one in have_it},
    )
    why = {"have_it": [str(one) for one in have_it], "asked": asked, "at": now.isoformat()}
    tell_people(escalation, told_at_the_end(climbed), NotificationKind.NOBODY, why=why, now=now)


def _called(escalation: Escalation) -> list[str]:
    return sorted({str(page.membership) for page in escalation.pages.select_related("membership__user")})
