"""Whom a ladder calls at each of its rungs: targets become people, by the resolver, in three queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from config.tenancy.roles import Role
from oncall import roster as pure
from oncall.ladder import Ladder, Rung, Target
from oncall.operations.resolve import people_by_id, rosters_of
from oncall.roster import Roster


@dataclass(frozen=True)
class Called:
    """One person of a rung. `kind`: schedule, person, fallback, owner. `until`: when their shift ends."""

    membership: Membership
    kind: str
    name: str = ""
    until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "until": self.until.isoformat() if self.until else None,
        }


@dataclass(frozen=True)
class Crew:
    """Everybody a ladder may call, read at once."""

    rosters: dict[int, Roster]
    people: dict[int, Membership]

    def of(self, rung: Rung, at: datetime) -> list[Called]:
        """The people of a rung at `at`, each once, by their first target. Empty: nobody can be called."""
        called: dict[int, Called] = {}
        for target in rung.targets:
            for one in self._of_target(target, at):
                called.setdefault(one.membership.pk, one)
        return list(called.values())

    def _of_target(self, target: Target, at: datetime) -> Iterable[Called]:
        if target.kind == "person":
            person = self.people.get(target.id)
            if person is not None and can_be_called(person):
                yield Called(person, "person")
            return
        roster = self.rosters.get(target.id, Roster(()))
        for person_id in pure.on_duty(roster, at):
            yield Called(self.people[person_id], "schedule", target.name, pure.until(roster, person_id, at))


def can_be_called(membership: Membership) -> bool:
    return membership.is_current and membership.user.is_active


def crew_of(rungs: Iterable[Rung], *, now: datetime) -> Crew:
    """Three queries; two fewer where no schedule is a target."""
    targets = [target for rung in rungs for target in rung.targets]
    rosters = rosters_of((t.id for t in targets if t.kind == "schedule"), since=now)
    ids = {t.id for t in targets if t.kind == "person"}
    for roster in rosters.values():
        ids |= {person for layer in roster.layers for person in layer.people}
        ids |= {cover.person for cover in roster.covers}
    return Crew(rosters, people_by_id(ids))


def last_resort(ladder: Ladder) -> list[Called]:
    """Whom to call where no rung has anybody: the policy's fallback, else the owners. One or two queries."""
    if ladder.fallback is not None:
        person = people_by_id([ladder.fallback]).get(ladder.fallback)
        if person is not None and can_be_called(person):
            return [Called(person, "fallback", ladder.name)]
    return [Called(owner, "owner") for owner in owners()]


def owners() -> list[Membership]:
    """The tenant's owners who can be called. One query."""
    rows = Membership.objects.select_related("user").filter(
        role=Role.OWNER, ended_at=None, user__is_active=True
    )
    return list(rows.order_by("pk"))


def names(called: Iterable[Called]) -> list[str]:
    return [str(one.membership) for one in called]


def why_in_words(called: Called) -> str:
    """For screens. The mail has its own, fuller sentence (senders.words)."""
    if called.kind == "schedule":
        return called.name
    if called.kind == "person":
        return _("named in the policy")
    if called.kind == "fallback":
        return _("nobody is on call: the policy's fallback")
    return _("nobody is on call: an owner")
