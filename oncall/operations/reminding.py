"""Before an acknowledgement runs out, whoever has it is asked whether work goes on, by every way there is."""

from datetime import datetime
from typing import Any

from config import doorbell
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.deadlines import Deadlines
from config.tenancy.models import Membership
from oncall.models import ContactMethod, Escalation, EscalationState, EventKind, NotificationKind, Page
from oncall.operations.answers import answers_of
from oncall.operations.crew import can_be_called
from oncall.operations.events import record
from oncall.operations.locking import lock_escalation
from oncall.operations.reach import FALLBACK, Way, is_sendable
from oncall.operations.summons import tell_by


def remind(escalation_id: int, now: datetime) -> bool:
    """Asks once per acknowledgement. False where there is nothing to ask any more."""
    with acting(ENGINE, now=now):
        escalation = lock_escalation(escalation_id)
        if escalation.remind_at is None or escalation.remind_at > now:
            return False
        escalation.remind_at = None
        escalation.turn += 1
        escalation.save(update_fields=["remind_at", "turn"])
        ends_at = escalation.ack_expires_at
        if escalation.state != EscalationState.ACKNOWLEDGED or ends_at is None:
            return True
        people = _who_has_it(escalation)
        pages = {page.membership_id: page for page in Page.objects.filter(escalation=escalation)}
        ways = _every_way(people)
        why: dict[str, Any] = {"at": ends_at.isoformat()}
        for person in people:
            tell_by(
                escalation,
                person,
                ways.get(person.pk, [FALLBACK]),
                kind=NotificationKind.REMINDER,
                page=pages.get(person.pk),
                why=why,
                now=now,
            )
        record(escalation, EventKind.REMINDED, actor=ENGINE, now=now, asked=[str(one) for one in people])
        doorbell.ring("oncall.sends")
    return True


def _who_has_it(escalation: Escalation) -> list[Membership]:
    people = [answer.membership for answer in answers_of(escalation)]
    if escalation.acknowledged_by is not None and escalation.acknowledged_by not in people:
        people.append(escalation.acknowledged_by)
    return [one for one in people if can_be_called(one)]


def _every_way(people: list[Membership]) -> dict[int, list[Way]]:
    """Every contact in use, whatever the rules say: this is the last word before others are woken."""
    found: dict[int, list[Way]] = {}
    rows = ContactMethod.objects.filter(
        membership__in=people, verified_at__isnull=False, disabled_at=None
    ).order_by("id")
    for contact in filter(is_sendable, rows):
        found.setdefault(contact.membership_id, []).append(Way(contact, contact.kind, 0))
    return found


REMINDERS = Deadlines("oncall.reminders", Escalation, "remind_at", remind)
