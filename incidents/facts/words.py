"""Facts of messages that wait for a second reader, and of what is held back."""

from dataclasses import replace
from datetime import datetime

from config.tenancy.models import Membership
from incidents.known import Facts, Question
from incidents.models import Incident, Message


def add(facts: Facts, incident: Incident, now: datetime) -> Facts:
    """One query, and one more while words wait."""
    facts = _held_back(facts, incident)
    rows = Message.objects.filter(incident=incident, published_at=None, review_asked_at__isnull=False)
    found = list(rows.select_related("written_by__user").order_by("-review_asked_at", "-id"))
    for message in found:
        message.incident = incident
    waiting = [message for message in found if not message.is_stale]
    return _waiting(facts, waiting) if waiting else facts


def _waiting(facts: Facts, waiting: list[Message]) -> Facts:
    newest = waiting[0]
    asked = (
        Membership.objects.filter(uid__in=newest.review_asked_of[:20]).select_related("user").order_by("id")
    )
    return replace(
        facts,
        waiting_for_reader=tuple(dict.fromkeys(message.audience for message in waiting)),
        words_title=newest.title,
        words_by=str(newest.written_by or ""),
        words_by_uid=newest.written_by.uid if newest.written_by else "",
        words_since=newest.review_asked_at,
        readers_asked=tuple(str(one) for one in asked),
        alone_from=newest.alone_from,
    )


def _held_back(facts: Facts, incident: Incident) -> Facts:
    """Not yet for a reason, until a moment; "not yet, 10 min" has no reason."""
    said = incident.put_off.get(Question.TELL.value)
    if Question.TELL not in facts.put_off or not said or not said.get("reason") or not said["until"]:
        return facts
    return replace(
        facts,
        held_back_until=datetime.fromisoformat(said["until"]),
        held_back_why=said["reason"],
        held_back_by=said.get("by", ""),
    )
