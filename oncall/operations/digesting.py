"""What a digest tells of: the pages that waited for the end of the quiet hours and are still open."""

from datetime import datetime
from typing import Any

from django.db.models.functions import Coalesce

from config import doorbell
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from oncall.models import (
    EscalationState,
    Method,
    Note,
    Notification,
    NotificationState,
    Page,
    PersonalMessage,
)
from oncall.operations import failing
from oncall.operations.locking import lock_escalations


def open_pages(personal: PersonalMessage) -> list[dict[str, Any]]:
    """As oncall.senders.notices reads it, the worst first; of a private one without its title. One query."""
    rows = _rows(personal).filter(
        escalation__state__in=[EscalationState.PAGING, EscalationState.EXHAUSTED], page__isnull=False
    )
    rows = rows.select_related("escalation", "page").order_by("escalation__severity_rank", "pk")
    return [_page(row) for row in rows]


def note_sent(personal: PersonalMessage, now: datetime) -> None:
    """The pages in it have gone out: whoever takes one of them, the others hear it. Three statements."""
    told = _rows(personal).filter(state=NotificationState.SKIPPED, note=Note.TOLD_WITH)
    pages = list(told.values_list("page_id", flat=True))
    told.update(state=NotificationState.SENT, state_at=now, sent_at=now)
    Page.objects.filter(pk__in=pages).update(first_sent_at=Coalesce("first_sent_at", now))


def give_back(personal: PersonalMessage, *, note: str, now: datetime) -> None:
    """After a digest that nobody got: its pages that are still open go by mail to the person's own address,
    each by itself, and the owners hear of it. Locks their escalations, in order of id.
    """
    lost = _rows(personal).filter(state=NotificationState.SKIPPED, note=Note.TOLD_WITH)
    with acting(ENGINE, now=now):
        concerned = lock_escalations(lost.values_list("escalation_id", flat=True))
        still = [escalation for escalation in concerned if escalation.is_unanswered]
        lost.filter(escalation__in=still).update(
            state=NotificationState.PENDING,
            state_at=now,
            retry_at=now,
            note="",
            contact=None,
            method=Method.EMAIL,
        )
        for escalation in still:
            failing.tell_lost(escalation, str(personal.membership), note=note, now=now)
    doorbell.ring("oncall.sends")


def _rows(personal: PersonalMessage) -> Any:
    return Notification.objects.filter(pk__in=personal.why.get("notifications", []))


def _page(row: Notification) -> dict[str, Any]:
    card = row.escalation.card
    assert row.page is not None
    return {
        "severity": card.severity_word,
        "key": card.key,
        "title": None if card.private else card.title,
        "link": row.page.url,
    }
