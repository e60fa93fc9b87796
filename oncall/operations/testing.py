"""Test my pager: a page to oneself, by all of one's methods at once, that ends when it is answered.

It really pages: the same rows, senders, links and codes. It folds nothing, counts in no figure, tells no
owner, and stops by itself after ten minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy import links, throttle
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.throttle import Limit
from oncall.card import Card
from oncall.ladder import Ladder, Rung, Target
from oncall.models import (
    Escalation,
    EscalationState,
    EventKind,
    Note,
    Notification,
    NotificationKind,
    NotificationState,
    Page,
    Urgency,
)
from oncall.operations.contacts import own
from oncall.operations.events import record
from oncall.operations.locking import lock_escalation
from oncall.operations.profiles import lock_profile
from oncall.operations.reach import Way, reach_of
from oncall.operations.summons import new_pages, tell_by
from oncall.operations.verifying import must_own

KEY = "TEST"
LASTS = timedelta(minutes=10)
AN_HOUR = 6
# A reason as it is stored, so never translated.
ANSWERED = "answered"


def start_test(*, membership: Membership, actor: Actor, now: datetime) -> Escalation:
    """Pages this person by every method of their rules for high urgency (or what comes nearest), now.

    While one runs, that one is returned. Own, or needs oncall.setup. At most six an hour: Conflict.
    """
    must_own(membership.pk, actor)
    own(membership)
    with acting(actor, now=now):
        lock_profile(membership)  # of two taps the second finds the first
        running = running_test(membership)
        if running is not None:
            return running
        tests = Limit(f"test:{membership.tenant_id}:{membership.pk}", AN_HOUR, timedelta(hours=1))
        if throttle.wait_for([tests], now=now) is not None:
            raise Conflict(_("Enough tests for this hour."))
        escalation = _begin(membership, actor, now)
        _call(escalation, membership, now)
        return escalation


def finish_test(*, escalation_id: int, membership: Membership, actor: Actor, now: datetime) -> Escalation:
    """The test arrived: the person says so by link, code or key. A second call changes nothing.

    Theirs alone: raises Escalation.DoesNotExist for somebody else's, and for what is no test.
    """
    must_own(membership.pk, actor)
    with acting(actor, now=now):
        escalation = lock_escalation(escalation_id)
        if not escalation.is_test or not escalation.pages.filter(membership=membership).exists():
            raise Escalation.DoesNotExist
        if escalation.state == EscalationState.PAGING:
            profile = lock_profile(membership)
            profile.tested_at = now
            profile.save(update_fields=["tested_at"])
            _end(escalation, actor, now)
        return escalation


def _end(escalation: Escalation, actor: Actor, now: datetime) -> None:
    """Quietly. One that nobody answers the engine ends (ending.exhaust), with another reason."""
    escalation.state = EscalationState.STOPPED
    escalation.next_step_at, escalation.ended_at = None, now
    escalation.end_reason = ANSWERED
    escalation.lease_until = escalation.lease_token = None
    escalation.claims = 0
    escalation.save()
    record(escalation, EventKind.STOPPED, actor=actor, now=now, reason=ANSWERED)
    Notification.objects.filter(
        escalation=escalation, state__in=[NotificationState.PENDING, NotificationState.FAILED]
    ).update(state=NotificationState.SKIPPED, state_at=now, retry_at=None, lease_until=None, note=Note.OVER)


def running_test(membership: Membership) -> Escalation | None:
    """One query."""
    found: Escalation | None = Escalation.objects.filter(
        is_test=True, state=EscalationState.PAGING, pages__membership=membership
    ).first()
    return found


def _begin(membership: Membership, actor: Actor, now: datetime) -> Escalation:
    """A ladder of one step that has fired: what is due next is its quiet end."""
    rung = Rung(int(LASTS.total_seconds() // 60), (Target("person", membership.pk, str(membership)),))
    escalation = Escalation(
        snapshot=Ladder("", 0, (rung,)).as_json(),
        urgency=Urgency.HIGH,
        is_test=True,
        started_at=now,
        rung=0,
        loop=1,
        turn=1,
        last_step_at=now,
        next_step_at=now + LASTS,
        ack_minutes=None,
    )
    with translation.override(membership.user.language):
        title = _("Test of your pager")
    url = links.tenant(membership.tenant.slug, "pager")
    escalation.card = Card(KEY, title, "", 1, KEY, False, now, url)
    escalation.save()
    record(escalation, EventKind.STARTED, actor=actor, now=now, policy="", test=True)
    return escalation


def _call(escalation: Escalation, membership: Membership, now: datetime) -> None:
    page = new_pages(escalation, [membership], now)[membership.pk]
    ways = reach_of([membership.pk], urgency=Urgency.HIGH)[membership.pk].ways
    kind = NotificationKind.TEST
    tell_by(escalation, membership, _once_each(ways), kind=kind, page=page, why={}, now=now)
    doorbell.ring("oncall.steps")


def _once_each(ways: Sequence[Way]) -> list[Way]:
    return list({way.contact.pk if way.contact else 0: way for way in ways}.values())


# --- what came of it ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tried:
    """What became of one method of a test. `fate`: waiting, delivered, accepted, unconfirmed, failed.

    `accepted` is all that can be known of a method without reports of delivery.
    """

    method: str
    hint: str
    fate: str
    detail: str


@dataclass(frozen=True)
class TestResult:
    """`state`: running, answered or unanswered."""

    escalation: Escalation
    page: Page
    state: str
    tried: list[Tried]


def last_test(membership: Membership) -> TestResult | None:
    """The newest test of this person. Two queries."""
    page = (
        Page.objects.select_related("escalation")
        .filter(membership=membership, escalation__is_test=True)
        .order_by("-pk")
        .first()
    )
    if page is None:
        return None
    rows = Notification.objects.select_related("contact").filter(
        escalation_id=page.escalation_id, kind=NotificationKind.TEST
    )
    return TestResult(
        page.escalation, page, _state(page.escalation), [_tried(row) for row in rows.order_by("pk")]
    )


def _state(escalation: Escalation) -> str:
    if escalation.state == EscalationState.PAGING:
        return "running"
    return "answered" if escalation.end_reason == ANSWERED else "unanswered"


def _tried(row: Notification) -> Tried:
    hint = row.contact.hint if row.contact is not None else ""
    return Tried(str(row.get_method_display()), hint, _fate(row), row.note_in_words)


def _fate(row: Notification) -> str:
    if row.delivered_at is not None:
        return "delivered"
    if row.note == Note.NOT_CONFIRMED:
        return "unconfirmed"
    if row.state == NotificationState.SENT:
        return "waiting" if row.confirm_by is not None else "accepted"
    # Also one that ended with the test: it was tried, and did not get through.
    return "waiting" if row.state in (NotificationState.PENDING, NotificationState.SENDING) else "failed"
