"""Who was called how often, and in whose night (R31). Reads pages and the tries that went out."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, FloatField, Func, OuterRef, Q

from config.tenancy.models import Membership
from oncall.models import Attempt, NotificationKind, Page

NIGHT_BEGINS, NIGHT_ENDS = 22, 7


class LocalHour(Func):
    """The hour of a moment on the clock of a zone in another column. LocalHour(zone, moment)."""

    function = "timezone"
    template = "EXTRACT(HOUR FROM %(function)s(%(expressions)s))"
    output_field = FloatField()


@dataclass(frozen=True)
class Load:
    """Of one person: pages that went out, those that rang in the person's own night, those taken."""

    membership: Membership
    called: int
    woken: int
    answered: int


def load_of(*, begins_at: datetime, ends_at: datetime) -> list[Load]:
    """Everybody who was called for what began in that time, the most woken first. Two statements.

    One page is one call, however many mails and tries carry it; what folded into another page rang nobody.
    A night is from 22:00 to 07:00 where the person lives. Private incidents count as well, without a word of
    them: a list of load that leaves the nights of some out would be unfair to those who had them.
    """
    pages = Page.objects.filter(
        created_at__gte=begins_at, created_at__lt=ends_at, first_sent_at__isnull=False
    )
    rows = (
        pages.order_by()
        .values("membership_id")
        .annotate(
            called=Count("pk"),
            woken=Count("pk", filter=Q(_rang_at_night())),
            answered=Count("pk", filter=Q(escalation__acknowledged_by=F("membership"))),
        )
    )
    counted = list(rows)
    people = _people(row["membership_id"] for row in counted)
    found = [
        Load(people[row["membership_id"]], row["called"], row["woken"], row["answered"]) for row in counted
    ]
    return sorted(found, key=lambda one: (-one.woken, -one.called, str(one.membership)))


def night_pages(escalations: Collection[int]) -> dict[int, int]:
    """{escalation id: pages of it that rang in the person's own night}. One statement."""
    pages = Page.objects.filter(escalation__in=escalations, first_sent_at__isnull=False).filter(
        _rang_at_night()
    )
    rows = pages.order_by().values("escalation_id").annotate(n=Count("pk"))
    return {row["escalation_id"]: row["n"] for row in rows}


def _rang_at_night() -> Exists:
    hour = LocalHour(F("notification__membership__user__time_zone"), F("started_at"))
    tries: Any = Attempt.objects.filter(
        notification__escalation=OuterRef("escalation"),
        notification__page=OuterRef("pk"),
        notification__kind=NotificationKind.PAGE,
    ).annotate(hour=hour)
    return Exists(tries.filter(Q(hour__gte=NIGHT_BEGINS) | Q(hour__lt=NIGHT_ENDS)))


def _people(ids: Iterable[int]) -> dict[int, Membership]:
    rows = Membership.objects.filter(pk__in=list(ids)).select_related("user")
    return {member.pk: member for member in rows}
