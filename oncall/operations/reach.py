"""How a person is reached: their own rules for an urgency, else what comes nearest to them.

Whoever has no usable rule for an urgency is reached by their rules for the other one, else by every verified
contact at once, else by e-mail to the address they sign in with. A rule that cannot work (its contact is not
verified, or off, or of a kind this installation cannot send) counts as none.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.utils.translation import gettext as _

from oncall.models import ContactMethod, Method, NotificationRule, Urgency
from oncall.senders.available import available_methods

# Where the ways come from.
RULES, OTHER_URGENCY, CONTACTS, OWN_MAIL = "rules", "other_urgency", "contacts", "own_mail"


class Way(NamedTuple):
    """One method, so many minutes after the step. `contact` None is the fallback to the sign-in address."""

    contact: ContactMethod | None
    method: str
    delay_minutes: int


class Reach(NamedTuple):
    """`source`: rules, or which fallback: other_urgency, contacts, own_mail."""

    ways: list[Way]
    source: str


# Methods that do not wake: a mail is read in the morning.
SILENT = {Method.EMAIL.value}
FALLBACK = Way(None, Method.EMAIL.value, 0)


def reach_of(membership_ids: Collection[int], *, urgency: str) -> dict[int, Reach]:
    """Everybody asked for, by their rules or the nearest fallback; ways soonest first.

    One query, a second one where somebody has no rule at all.
    """
    by_urgency = {each.value: ways for each, ways in _rules(membership_ids).items()}
    own, other = by_urgency[urgency], by_urgency[_other(urgency)]
    contacts = _contacts({pk for pk in membership_ids if pk not in own and pk not in other})
    found = {}
    for pk in membership_ids:
        for ways, source in ((own, RULES), (other, OTHER_URGENCY), (contacts, CONTACTS)):
            if pk in ways:
                found[pk] = Reach(ways[pk], source)
                break
        else:
            found[pk] = Reach([FALLBACK], OWN_MAIL)
    return found


def wakes(reach: Reach) -> bool:
    """Whether any of these ways makes a noise at night."""
    return reach.source != OWN_MAIL and any(way.method not in SILENT for way in reach.ways)


def by_mail_only() -> bool:
    """Nobody at all has a contact method that wakes: then mail has to do. One query."""
    loud = set(available_methods()) - SILENT
    usable = ContactMethod.objects.filter(verified_at__isnull=False, disabled_at=None)
    return not usable.filter(kind__in=loud).exists()


def fallback_in_words(source: str) -> str:
    """Why somebody is reached otherwise than by a rule for this urgency; empty where it is by a rule."""
    return {
        OTHER_URGENCY: _("no rule for this urgency: by those for the other"),
        CONTACTS: _("no rule: by every verified contact method"),
        OWN_MAIL: _("no verified contact method: by e-mail only"),
    }.get(source, "")


def is_sendable(contact: ContactMethod) -> bool:
    """Verified, on, and of a kind this installation can send."""
    return contact.is_usable and contact.kind in available_methods()


def _other(urgency: str) -> str:
    return str(Urgency.LOW if urgency == Urgency.HIGH else Urgency.HIGH)


def _rules(membership_ids: Collection[int]) -> dict[Urgency, dict[int, list[Way]]]:
    rules = NotificationRule.objects.select_related("contact").filter(
        membership_id__in=membership_ids,
        contact__verified_at__isnull=False,
        contact__disabled_at=None,
    )
    found: dict[Urgency, dict[int, list[Way]]] = {urgency: {} for urgency in Urgency}
    for rule in rules.order_by("delay_minutes", "id"):
        if is_sendable(rule.contact):
            way = Way(rule.contact, rule.contact.kind, rule.delay_minutes)
            found[Urgency(rule.urgency)].setdefault(rule.membership_id, []).append(way)
    return found


def _contacts(membership_ids: Collection[int]) -> dict[int, list[Way]]:
    if not membership_ids:
        return {}
    rows: Iterable[ContactMethod] = ContactMethod.objects.filter(
        membership_id__in=membership_ids, verified_at__isnull=False, disabled_at=None
    ).order_by("id")
    found: dict[int, list[Way]] = {}
    for contact in filter(is_sendable, rows):
        found.setdefault(contact.membership_id, []).append(Way(contact, contact.kind, 0))
    return found
