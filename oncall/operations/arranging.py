"""Covering, asking and taking, so that those concerned hear of it: by mail, in the deed's transaction."""

from datetime import datetime
from functools import partial

from django.utils.translation import gettext as _

from config.tenancy import links
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Tenant
from config.tenancy.scoping import bound_tenant_id
from oncall.drawing.words import from_to
from oncall.models import Override, OverrideKind, Schedule, Swap
from oncall.operations import overrides, swaps
from oncall.operations.notes import tell_one


def cover_and_tell(
    *,
    schedule: Schedule,
    membership: Membership,
    starts_at: datetime,
    ends_at: datetime,
    actor: Actor,
    now: datetime,
    instead_of: Membership | None = None,
    note: str = "",
) -> list[Override]:
    """As overrides.cover. Whoever is covered for hears of it, and whoever another put on call.

    A second call with the same person and end, within the same time, changes nothing and is no error.
    """
    with acting(actor, now=now):
        done = Override.objects.filter(
            schedule=schedule,
            membership=membership,
            replaces=instead_of,
            starts_at__gte=starts_at,
            ends_at=ends_at,
        ).exclude(kind=OverrideKind.REMOVE)
        actor.must("oncall.cover")
        if made := list(done.select_related("replaces__user")):
            return made
        made = overrides.cover(
            schedule=schedule,
            membership=membership,
            starts_at=starts_at,
            ends_at=ends_at,
            instead_of=instead_of,
            note=note,
            actor=actor,
            now=now,
        )
        for override in made:
            _tell(override.replaces, actor, partial(_covered, override), now)
        if made:
            _tell(membership, actor, partial(_put_on, made, actor), now)
        return made


def ask_and_tell(
    *,
    schedule: Schedule,
    membership: Membership,
    starts_at: datetime,
    ends_at: datetime,
    actor: Actor,
    now: datetime,
    asked_of: Membership | None = None,
    note: str = "",
) -> swaps.Swapped:
    """As swaps.ask. Whom it was asked of hears of it; anybody sees it on the page."""
    with acting(actor, now=now):
        swapped = swaps.ask(
            schedule=schedule,
            membership=membership,
            starts_at=starts_at,
            ends_at=ends_at,
            asked_of=asked_of,
            note=note,
            actor=actor,
            now=now,
        )
        _tell(asked_of, actor, partial(_asked, swapped.swap), now)
        return swapped


def take_and_tell(*, swap: Swap, membership: Membership, actor: Actor, now: datetime) -> swaps.Swapped:
    """As swaps.take. Whoever asked hears of it. A second call by whoever has it changes nothing."""
    with acting(actor, now=now):
        if Swap.objects.filter(pk=swap.pk, taken_by=membership, withdrawn_at=None).exists():
            actor.must("oncall.cover")
            return swaps.Swapped(swap)
        swapped = swaps.take(swap=swap, membership=membership, actor=actor, now=now)
        _tell(swapped.swap.membership, actor, partial(_taken, swapped.swap), now)
        return swapped


def give_back_and_tell(*, swap: Swap, actor: Actor, now: datetime) -> Swap:
    """As swaps.give_back. Whoever has it again hears of it."""
    with acting(actor, now=now):
        found = swaps.give_back(swap=swap, actor=actor, now=now)
        _tell(found.membership, actor, partial(_given_back, found), now)
        return found


def _tell(person: Membership | None, actor: Actor, words: partial[str], now: datetime) -> None:
    """Nobody is told what they did themselves."""
    if person is not None and person.pk != actor.membership_id:
        tell_one(person, partial(words, person), now=now)


# --- words: each is called in the language of `person`, the one who is told ---------------------------------
def _covered(override: Override, person: Membership) -> str:
    said = {"name": str(override.membership), **_what(override, person)}
    return _("%(name)s covers for you on %(schedule)s, %(when)s.\n%(link)s") % said


def _put_on(made: list[Override], actor: Actor, person: Membership) -> str:
    said = {"name": actor.label, **_what(made[0], person)}
    return _("%(name)s put you on call for %(schedule)s, %(when)s.\n%(link)s") % said


def _asked(swap: Swap, person: Membership) -> str:
    said = {"name": str(swap.membership), "note": swap.note, **_what(swap, person)}
    asked = _("%(name)s asks you to take %(schedule)s, %(when)s.\nTake it: %(link)s") % said
    return f"{asked}\n{swap.note}".strip()


def _taken(swap: Swap, person: Membership) -> str:
    said = {"name": str(swap.taken_by), **_what(swap, person)}
    if swap.schedule.swaps_need_approval and swap.approved_at is None:
        return _("%(name)s would take %(schedule)s, %(when)s. A manager has to approve.\n%(link)s") % said
    return _("%(name)s takes %(schedule)s for you, %(when)s.\n%(link)s") % said


def _given_back(swap: Swap, person: Membership) -> str:
    return _("You have %(schedule)s again, %(when)s: it was given back.\n%(link)s") % _what(swap, person)


def _what(row: Override | Swap, person: Membership) -> dict[str, str]:
    slug = Tenant.objects.values_list("slug", flat=True).get(pk=bound_tenant_id())
    return {
        "schedule": row.schedule.name,
        "when": from_to(row.starts_at, row.ends_at, person.user.zone),
        "link": links.tenant(slug, f"oncall/{row.schedule.uid}"),
    }
