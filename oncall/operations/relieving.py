""" "I take the pager": somebody stands in from now on, and has what is ringing."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from oncall.models import EscalationState, Notification, NotificationKind, Override, OverrideKind, Schedule
from oncall.operations.answering import acknowledge
from oncall.operations.resolve import OnCall, next_on_call, on_call_at
from oncall.operations.schedules import add_override

# Where no end of the shift is in sight.
LONGEST = timedelta(hours=12)


def take_pager(*, schedule: Schedule, membership: Membership, actor: Actor, now: datetime) -> list[Override]:
    """`membership` is on call in the place of whoever is, to the end of each one's shift, and has every
    unanswered call that rang them through this schedule. Returns the overrides.

    With nobody on call, until somebody is. Each call is acknowledged in a transaction of its own, in order of
    id. A second call changes nothing; it finishes what the first could not. Raises Conflict for who has left.
    Needs oncall.cover; for calls by which they were not paged, oncall.respond.
    """
    actor.must("oncall.cover")
    schedule = Schedule.objects.get(pk=schedule.pk)
    if not Membership.objects.filter(pk=membership.pk, ended_at=None).exists():
        raise Conflict(_("%(name)s has left.") % {"name": membership})
    there = on_call_at(schedule=schedule, at=now)
    ringing = _ringing(schedule, now)
    with acting(actor, now=now):
        made = _stand_in(schedule, membership, there, actor, now)
    for escalation_id in ringing:
        acknowledge(escalation_id=escalation_id, membership=membership, actor=actor, now=now)
    return made


def _stand_in(
    schedule: Schedule, membership: Membership, there: Collection[OnCall], actor: Actor, now: datetime
) -> list[Override]:
    if any(one.membership == membership for one in there) and len(there) == 1:
        return []
    made = []
    for one in there:
        if one.membership != membership:
            made.append(
                add_override(
                    schedule=schedule,
                    kind=OverrideKind.REPLACE,
                    membership=membership,
                    replaces=one.membership,
                    starts_at=now,
                    ends_at=one.until or now + LONGEST,
                    actor=actor,
                    now=now,
                )
            )
    if there:
        return made
    following = next_on_call(schedule=schedule, at=now)
    ends_at = min(following[1], now + LONGEST) if following else now + LONGEST
    return [
        add_override(
            schedule=schedule,
            kind=OverrideKind.ADD,
            membership=membership,
            starts_at=now,
            ends_at=ends_at,
            actor=actor,
            now=now,
        )
    ]


def _ringing(schedule: Schedule, now: datetime) -> list[int]:
    """Unanswered calls that ring people through this schedule in their present run: what was reassigned since
    is not its business any more. Older rows know the schedule by its name only, and no run.
    """
    through = Q(why__target=schedule.pk) | Q(why__target__isnull=True, why__name=schedule.name)
    rows = Notification.objects.filter(
        through,
        kind=NotificationKind.PAGE,
        why__kind__in=["schedule", "next"],
        escalation__state__in=[EscalationState.PAGING, EscalationState.EXHAUSTED],
        escalation__is_test=False,
    )
    runs = rows.values_list("escalation_id", "escalation__run", "why__run")
    return sorted({pk for pk, run, rang_in in runs if (rang_in or 0) == run})
