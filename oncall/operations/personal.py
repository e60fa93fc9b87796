"""The outbox of what belongs to no ladder: codes, notices, digests. Claimed, begun, sent, written down.

As sending.py, without a ladder to ask: a code is sent while it is good, a digest while any page
in it is open.
"""

import random
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.db import transaction

from config import clock, doorbell
from config.tenancy import links
from config.tenancy.scoping import tenant_scope
from oncall.backoff import wait_after
from oncall.models import (
    Method,
    Note,
    NotificationState,
    PersonalKind,
    PersonalMessage,
)
from oncall.operations import digesting
from oncall.operations.claiming import LEASE, MESSAGES, Claimed
from oncall.operations.crew import can_be_called
from oncall.operations.drafts import Way, deliver, personal_message_of
from oncall.operations.gone import switch_off_gone
from oncall.operations.verifying import code_of
from oncall.senders.message import Message, Outcome

log = structlog.get_logger(__name__)

POISON_AFTER = 5
TRIES = 8
FALL_BACK_AT_TRY = 2
# A digest holds pages: it is tried as long as one of them is.
DIGEST_LIVES = timedelta(hours=24)
DONE: dict[str, Any] = {"retry_at": None, "lease_until": None, "lease_token": None, "claims": 0}


class Letter(NamedTuple):
    personal: PersonalMessage
    token: int
    message: Message
    way: Way


def run_messages(now: datetime) -> int:
    """Sends one that is due at `now`. Returns how many rows were claimed: 1 or 0."""
    batch, more = MESSAGES.claim_one(now)
    for claimed in batch:
        if more:
            doorbell.ring("oncall.messages")
        with tenant_scope(claimed.tenant_id):
            _work(claimed)
    return len(batch)


def _work(claimed: Claimed) -> None:
    try:
        if claimed.claims > POISON_AFTER:
            _give_up(claimed.id, Note.BROKEN, clock.now())
            return
        letter = _begin(claimed, clock.now())
        if letter is not None:
            _finish(letter, deliver(letter.message, letter.way), clock.now())
    except Exception:
        log.exception("message_failed_here", message=claimed.id, claims=claimed.claims)
        MESSAGES.put_back(claimed, clock.now())


def _begin(claimed: Claimed, now: datetime) -> Letter | None:
    """Under lock: is it still to be said? Then it is marked as being sent, and committed before the call."""
    with transaction.atomic():
        personal = (
            PersonalMessage.objects.select_related("contact", "membership__user", "tenant")
            .select_for_update(no_key=True, of=("self",))
            .filter(pk=claimed.id, lease_token=claimed.token, retry_at__isnull=False)
            .first()
        )
        if personal is None:
            return None
        if note := _not_needed(personal, now):
            _settle(personal, NotificationState.SKIPPED, note)
            return None
        _fall_back(personal)
        personal.tries += 1
        personal.state, personal.lease_until = NotificationState.SENDING.value, now + LEASE
        personal.save(update_fields=["tries", "state", "lease_until", "contact", "method"])
        return Letter(personal, claimed.token, _message_of(personal, now), _way_of(personal))


def _not_needed(personal: PersonalMessage, now: datetime) -> str:
    if not can_be_called(personal.membership):
        return Note.LEFT
    if personal.kind == PersonalKind.DIGEST:
        return "" if digesting.open_pages(personal) else Note.OVER
    if personal.kind == PersonalKind.VERIFY:
        contact = personal.contact
        return "" if contact is not None and code_of(contact, now=now) else Note.OVER
    return ""


def _fall_back(personal: PersonalMessage) -> None:
    """A code goes to the address it proves or nowhere; all else gets through by e-mail as well."""
    if personal.kind == PersonalKind.VERIFY:
        return
    contact = personal.contact
    if contact is None or not contact.is_usable or personal.tries >= FALL_BACK_AT_TRY:
        personal.contact, personal.method = None, Method.EMAIL.value


def _message_of(personal: PersonalMessage, now: datetime) -> Message:
    link = personal.why.get("link") or links.tenant(personal.tenant.slug, "pager")
    if personal.kind == PersonalKind.DIGEST:
        # In a copy of the row's words: titles are read at the last moment, and not stored once more.
        personal.why = {"pages": digesting.open_pages(personal)} | personal.why
        link = links.tenant(personal.tenant.slug)
    contact = personal.contact
    verify = code_of(contact, now=now) if personal.kind == PersonalKind.VERIFY and contact else ""
    return personal_message_of(personal, link=link, now=now, verify=verify)


def _way_of(personal: PersonalMessage) -> Way:
    contact = personal.contact
    if contact is None:
        return Way(Method.EMAIL.value, personal.membership.user.email)
    return Way(personal.method, contact.address, contact.secret)


def _finish(letter: Letter, outcome: Outcome, now: datetime) -> None:
    personal = letter.personal
    mine = PersonalMessage.objects.filter(pk=personal.pk, lease_token=letter.token)
    with transaction.atomic():
        if outcome.ok:
            sent = mine.update(**DONE, state=NotificationState.SENT, sent_at=now, note="")
            if sent and personal.kind == PersonalKind.DIGEST:
                digesting.note_sent(personal, now)
            return
        log.warning("message_not_sent", message=personal.pk, method=personal.method, detail=outcome.detail)
        if outcome.gone:
            switch_off_gone(personal, detail=outcome.detail, now=now)
        if _is_hopeless(personal, outcome, now):
            _give_up(personal.pk, outcome.detail, now)
            return
        wait = wait_after(personal.tries, chance=random.random(), wish=outcome.retry_after)  # noqa: S311
        again = DONE | {"retry_at": now if outcome.gone else now + wait, "note": outcome.detail[:200]}
        mine.update(**again, state=NotificationState.FAILED)


def _is_hopeless(personal: PersonalMessage, outcome: Outcome, now: datetime) -> bool:
    if outcome.gone and (personal.kind == PersonalKind.VERIFY or personal.contact is None):
        return True
    if personal.kind == PersonalKind.DIGEST:
        return now - personal.created_at > DIGEST_LIVES
    return personal.tries >= TRIES


def _settle(personal: PersonalMessage, state: str, note: str) -> None:
    PersonalMessage.objects.filter(pk=personal.pk).update(**DONE, state=state, note=note[:200])


def _give_up(pk: int, note: str, now: datetime) -> None:
    """A dead letter: said in the row and in the log. The pages of a digest come back."""
    with transaction.atomic():
        _bury(pk, note, now)


def _bury(pk: int, note: str, now: datetime) -> None:
    dead = PersonalMessage.objects.filter(pk=pk).exclude(
        state__in=[NotificationState.DEAD, NotificationState.SENT]
    )
    if dead.update(**DONE, state=NotificationState.DEAD, note=note[:200]):
        log.error("dead_message", message=pk, note=note[:200])
        personal = PersonalMessage.objects.select_related("membership__user").get(pk=pk)
        if personal.kind == PersonalKind.DIGEST:
            digesting.give_back(personal, note=note, now=now)
