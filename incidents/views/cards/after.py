"""AFTER: the postmortem, and what is left to do."""

from dataclasses import dataclass
from datetime import date, datetime

from config.tenancy.models import Membership
from incidents.known import Facts, Phase
from incidents.models import ActionItem, ActionState, Incident, Postmortem, PostmortemState
from incidents.next_action.ending import due_words

MOST = 50


@dataclass(frozen=True)
class ToDo:
    item: ActionItem
    is_late: bool

    @property
    def is_open(self) -> bool:
        return bool(self.item.state == ActionState.OPEN)


@dataclass(frozen=True)
class After:
    postmortem: Postmortem | None
    due: str
    items: list[ToDo]
    today: date
    is_over: bool

    @property
    def owes(self) -> bool:
        return self.postmortem is not None and self.postmortem.state in (
            PostmortemState.OWED,
            PostmortemState.DRAFT,
        )

    @property
    def shown(self) -> bool:
        return self.is_over or self.postmortem is not None or bool(self.items)


def read(incident: Incident, facts: Facts, membership: Membership, now: datetime) -> After:
    """Two statements."""
    today = now.astimezone(incident.tenant.zone).date()
    items = ActionItem.objects.filter(incident=incident).select_related("owner__user")
    order = {ActionState.OPEN: 0, ActionState.DONE: 1, ActionState.DROPPED: 2}
    found = sorted(items.order_by("due_on", "id")[:MOST], key=lambda item: order[ActionState(item.state)])
    return After(
        postmortem=Postmortem.objects.filter(incident=incident).select_related("owner__user").first(),
        due=due_words(facts),
        items=[ToDo(item, is_late(item, today)) for item in found],
        today=today,
        is_over=facts.phase in (Phase.RESOLVED, Phase.CLOSED),
    )


def is_late(item: ActionItem, today: date) -> bool:
    return item.state == ActionState.OPEN and item.due_on is not None and item.due_on < today
