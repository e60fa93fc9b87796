"""How a person is reached: their own rules for an urgency, else e-mail to the address they sign in with."""

from collections.abc import Collection
from typing import NamedTuple

from oncall.models import ContactMethod, Method, NotificationRule


class Way(NamedTuple):
    """One method, so many minutes after the step. `contact` None is the fallback to the sign-in address."""

    contact: ContactMethod | None
    method: str
    delay_minutes: int


FALLBACK = Way(None, Method.EMAIL.value, 0)


def ways_of(membership_ids: Collection[int], *, urgency: str) -> dict[int, list[Way]]:
    """The usable rules of these people, soonest first; people with none are not in the answer. One query."""
    rules = NotificationRule.objects.select_related("contact").filter(
        membership_id__in=membership_ids,
        urgency=urgency,
        contact__verified_at__isnull=False,
        contact__disabled_at=None,
    )
    found: dict[int, list[Way]] = {}
    for rule in rules.order_by("delay_minutes", "id"):
        way = Way(rule.contact, rule.contact.kind, rule.delay_minutes)
        found.setdefault(rule.membership_id, []).append(way)
    return found
