"""What a digest tells of: the pages that waited for the end of the quiet hours and are still open."""

from datetime import datetime
from typing import Any

from django.db.models.functions import Coalesce

from oncall.models import (
    EscalationState,
    Note,
    Notification,
    NotificationState,
    Page,
    PersonalMessage,
)


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
