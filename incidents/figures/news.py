"""What happened since yesterday morning, for one reader: what the morning mail tells."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from config.tenancy.models import Membership
from incidents.figures.false_alarms import Crier, sources_ranked
from incidents.models import OPEN_PHASES, ActionItem, ActionState, CancelReason, Incident, Phase, Service
from oncall.operations.load import Load, load_of

SHOWN_LATE = 20


@dataclass(frozen=True)
class News:
    """`opened` counts all that began, false alarms included; `private` those this reader may not see."""

    day: date
    opened: int
    still_open: list[Incident]
    over: list[Incident]
    false_alarms: list[Incident]
    recovered: int
    false_services: list[Crier]
    false_sources: list[Crier]
    load: list[Load]
    late: list[ActionItem]
    private: int


def happened(*, begins_at: datetime, ends_at: datetime, day: date) -> bool:
    """Whether there is anything to tell. What was late yesterday already is chased, and no news.

    At most three statements.
    """
    due = ActionItem.objects.filter(state=ActionState.OPEN, due_on__lt=day, due_on__gte=begins_at.date())
    return (
        bool(_touched(begins_at, ends_at).exists())
        or bool(Incident.objects.filter(phase__in=OPEN_PHASES).exists())
        or bool(due.exists())
    )


def news_of(*, begins_at: datetime, ends_at: datetime, day: date, membership: Membership) -> News:
    """A fixed number of statements."""
    seen = _touched(begins_at, ends_at).visible_to(membership)
    rows = list(seen.select_related("severity", "service").order_by("severity__rank", "number"))
    still_open = (
        Incident.objects.visible_to(membership)
        .filter(phase__in=OPEN_PHASES)
        .select_related("severity", "service")
        .order_by("severity__rank", "number")
    )
    false = [one for one in rows if one.cancel_reason == CancelReason.FALSE_ALARM]
    return News(
        day=day,
        opened=sum(begins_at <= one.declared_at < ends_at for one in rows),
        still_open=list(still_open),
        over=[one for one in rows if one.phase in {Phase.RESOLVED, Phase.CLOSED}],
        false_alarms=false,
        recovered=sum(one.cancel_reason == CancelReason.RECOVERED for one in rows),
        false_services=_by_service(rows, false),
        false_sources=sources_ranked(seen),
        load=load_of(begins_at=begins_at, ends_at=ends_at),
        late=_late(day, membership),
        private=_touched(begins_at, ends_at).count() - len(rows),
    )


def _touched(begins_at: datetime, ends_at: datetime) -> Any:
    """Opened or ended in that time, each once."""
    within = {"gte": begins_at, "lt": ends_at}
    condition = Q()
    for moment in ("declared_at", "resolved_at", "cancelled_at"):
        condition |= Q(**{f"{moment}__{lookup}": value for lookup, value in within.items()})
    return Incident.objects.filter(condition).exclude(phase=Phase.MERGED)


def _by_service(rows: Iterable[Incident], false: Iterable[Incident]) -> list[Crier]:
    counted: dict[Service, list[int]] = {}
    for incident in rows:
        if incident.service is not None:
            counted.setdefault(incident.service, [0, 0])[1] += 1
    for incident in false:
        if incident.service is not None:
            counted[incident.service][0] += 1
    found = [Crier(service, wolves, all_of) for service, (wolves, all_of) in counted.items() if wolves]
    return sorted(found, key=lambda one: (-one.false_alarms, str(one.what)))


def _late(day: date, membership: Membership) -> list[ActionItem]:
    rows = ActionItem.objects.filter(state=ActionState.OPEN, due_on__lt=day)
    seen = Incident.objects.visible_to(membership)
    rows = rows.filter(Q(incident__private=False) | Q(incident__in=seen.filter(private=True)))
    return list(rows.select_related("incident", "owner__user").order_by("due_on", "id")[:SHOWN_LATE])
