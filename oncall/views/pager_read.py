"""What the page of one's pager shows, read in a fixed number of statements."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from config.tenancy.models import Membership
from oncall.drawing import words
from oncall.models import (
    BY_PHONE,
    ContactMethod,
    Method,
    Notification,
    NotificationRule,
    PagerProfile,
    Schedule,
    Urgency,
)
from oncall.operations.reach import RULES, Way, fallback_in_words, is_sendable, reach_of
from oncall.operations.resolve import rosters_of
from oncall.operations.testing import last_test
from oncall.operations.verifying import code_of
from oncall.senders.available import available_methods, missing_setting
from oncall.views.mine import my_shifts

WEEK = "1234567"
MINUTES = (0, 1, 2, 3, 5, 10, 15, 30, 60)


@dataclass(frozen=True)
class Stop:
    """One stop of a timeline. `works` is False where it leads nowhere now: off, unproved, unsendable."""

    minutes: int
    kind: str
    where: str
    uid: str
    works: bool


@dataclass(frozen=True)
class Line:
    """How I am woken at an urgency: my rules, or in words what happens where none of them works."""

    urgency: str
    name: str
    stops: list[Stop]
    instead: str
    instead_by: list[str]


@dataclass(frozen=True)
class ContactLine:
    """`state`: works, waits (a code is on its way), unproved, off."""

    contact: ContactMethod
    kind: str
    where: str
    state: str
    sent: str
    missing: str


def pager_of(me: Membership, *, now: datetime, zone_name: str) -> dict[str, Any]:
    """Fourteen statements at most, however many schedules and rules there are."""
    zone = ZoneInfo(zone_name)
    contacts = [_contact_line(one, zone, now) for one in _contacts(me)]
    profile = PagerProfile.objects.filter(membership=me).first() or PagerProfile(membership=me)
    schedules = list(Schedule.objects.all())
    rosters = rosters_of((each.pk for each in schedules), since=now)
    test = last_test(me)
    return {
        "now": now,
        "zone": zone_name,
        "shifts": my_shifts(schedules, rosters, me, zone, now=now)[:2],
        "contacts": contacts,
        "usable": [one for one in contacts if one.state == "works"],
        "lines": _lines(me),
        "kinds": [(value, Method(value).label) for value in available_methods()],
        "profile": profile,
        "quiet_days": [(day, day in profile.quiet_days) for day in WEEK],
        "test": test,
        "test_runs": test is not None and test.state == "running",
        "test_at": words.day_and_hour(test.escalation.started_at, zone) if test else "",
        "tested": _days_ago(profile.tested_at, zone, now),
        "minutes": MINUTES,
    }


def _days_ago(moment: datetime | None, zone: ZoneInfo, now: datetime) -> int | None:
    if moment is None:
        return None
    return (now.astimezone(zone).date() - moment.astimezone(zone).date()).days


def _contacts(me: Membership) -> list[Any]:
    """With when the last message went out by each and arrived. One query."""
    last = Notification.objects.filter(contact=OuterRef("pk"), sent_at__isnull=False).order_by("-sent_at")
    rows = ContactMethod.objects.filter(membership=me).order_by("id")
    return list(
        rows.annotate(
            last_sent=Subquery(last.values("sent_at")[:1]),
            last_delivered=Subquery(last.values("delivered_at")[:1]),
        )
    )


def _contact_line(contact: Any, zone: ZoneInfo, now: datetime) -> ContactLine:
    last = contact.last_delivered or contact.last_sent
    return ContactLine(
        contact=contact,
        kind=str(contact.get_kind_display()),
        where=where(contact),
        state=_state(contact, now),
        sent=words.day_and_hour(last, zone) if last else "",
        missing=missing_setting(contact.kind),
    )


def _state(contact: ContactMethod, now: datetime) -> str:
    if contact.disabled_at is not None:
        return "off"
    if contact.verified_at is not None:
        return "works"
    return "waits" if code_of(contact, now=now) else "unproved"


def _lines(me: Membership) -> list[Line]:
    """Three or four queries: the rules as they stand, and what really happens where none works."""
    rules = NotificationRule.objects.filter(membership=me).select_related("contact")
    by_urgency: dict[str, list[NotificationRule]] = {urgency: [] for urgency in Urgency.values}
    for rule in rules.order_by("delay_minutes", "id"):
        by_urgency[rule.urgency].append(rule)
    found = []
    for urgency in Urgency:
        reach = reach_of([me.pk], urgency=urgency)[me.pk]
        is_fallback = reach.source != RULES
        found.append(
            Line(
                urgency=urgency.value,
                name=str(urgency.label),
                stops=[_stop(rule) for rule in by_urgency[urgency]],
                instead=fallback_in_words(reach.source),
                instead_by=[_way_in_words(way) for way in reach.ways] if is_fallback else [],
            )
        )
    return found


def _stop(rule: NotificationRule) -> Stop:
    contact = rule.contact
    return Stop(
        minutes=rule.delay_minutes,
        kind=str(contact.get_kind_display()),
        where=where(contact),
        uid=contact.uid,
        works=is_sendable(contact),
    )


def _way_in_words(way: Way) -> str:
    place = f" {where(way.contact)}" if way.contact is not None else ""
    return f"{Method(way.method).label}{place} +{way.delay_minutes}"


def where(contact: ContactMethod) -> str:
    """One's own address as it is; of a webhook or chat, whose address is a secret, the host."""
    return contact.address if contact.kind == Method.EMAIL or contact.kind in BY_PHONE else contact.hint
