"""Whom a ladder calls at each of its rungs: targets become people, by the resolver, when they are asked for.

What is gone (a schedule, a rotation, a team, a person who left) has nobody; nothing here fails for it.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from config.tenancy.models import Membership, TeamMember
from config.tenancy.roles import Role
from oncall import roster as pure
from oncall import verdicts
from oncall.ladder import IN_TURN, Ladder, Rung, Target
from oncall.models import Rotation, SharedChannel, TargetKind
from oncall.operations.resolve import people_by_id, rosters_of
from oncall.roster import Roster

NOBODYS = Roster(())
ON_SCHEDULES = (TargetKind.SCHEDULE, TargetKind.NEXT, TargetKind.ROTATION)


@dataclass(frozen=True)
class Called:
    """One person of a rung. `kind`: one of TargetKind, or fallback, owner. `until`: when their shift ends."""

    membership: Membership
    kind: str
    name: str = ""
    until: datetime | None = None
    # The row of the target.
    id: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "target": self.id,
            "until": self.until.isoformat() if self.until else None,
        }


@dataclass(frozen=True)
class Crew:
    """Everybody a ladder may call, read at once. `answered` have it already, and are not called again."""

    rosters: dict[int, Roster] = field(default_factory=dict)
    rotations: dict[int, Roster] = field(default_factory=dict)
    teams: dict[int, list[int]] = field(default_factory=dict)
    channels: dict[int, SharedChannel] = field(default_factory=dict)
    people: dict[int, Membership] = field(default_factory=dict)
    answered: frozenset[int] = frozenset()

    def but(self, answered: Collection[int]) -> "Crew":
        return replace(self, answered=frozenset(answered))

    def of(self, rung: Rung, at: datetime, loop: int = 0, *, ends: bool = True) -> list[Called]:
        """The people of a rung at `at`, each once, by their first target. Empty: nobody can be called.

        In turn: one of them, each round the next one; whoever cannot be called is passed over. Not `ends`:
        without `until`, which is most of the work.
        """
        everybody = self._everybody(rung, at, ends)
        if rung.strategy == IN_TURN:
            everybody = self._one_in_turn(everybody, rung.offset + loop)
        left = [one for one in everybody if one.membership.pk not in self.answered]
        return [one for one in left if can_be_called(one.membership)]

    def channels_of(self, rung: Rung) -> list[SharedChannel]:
        """The shared channels of a rung that are in use, each once."""
        ids = dict.fromkeys(target.id for target in rung.targets if target.kind == TargetKind.CHANNEL)
        return [self.channels[pk] for pk in ids if pk in self.channels]

    def gone(self, rung: Rung) -> list[Membership]:
        """Who is named in a rung and cannot be called any more."""
        named = [self.people.get(target.id) for target in rung.targets if target.kind == TargetKind.PERSON]
        return [one for one in named if one is not None and not can_be_called(one)]

    def presence(self, rung: Rung, at: datetime, loop: int) -> str:
        """For oncall.verdicts. A rung whose people are missing is empty, whatever channels it tells."""
        if self.of(rung, at, loop, ends=False):
            return verdicts.PEOPLE
        if self.answered & {one.membership.pk for one in self._everybody(rung, at, ends=False)}:
            return verdicts.HAVE_IT
        if rung.tells_channels_only and self.channels_of(rung):
            return verdicts.CHANNELS
        return verdicts.NOBODY

    def somebody_from(self, rung: Rung, at: datetime) -> datetime | None:
        """When a schedule or rotation of it next has somebody, within 62 days."""
        rosters = [self._roster_of(target) for target in rung.targets if target.kind in ON_SCHEDULES]
        moments = [_first_duty(roster, at) for roster in rosters]
        return min((moment for moment in moments if moment is not None), default=None)

    def _everybody(self, rung: Rung, at: datetime, ends: bool) -> list[Called]:
        called: dict[int, Called] = {}
        for target in rung.targets:
            for one in self._of_target(target, at, ends):
                called.setdefault(one.membership.pk, one)
        return list(called.values())

    def _one_in_turn(self, everybody: list[Called], turn: int) -> list[Called]:
        """Counted among all, so that one who is away for a day does not move everybody else's turn."""
        if not everybody:
            return []
        first = turn % len(everybody)
        in_line = everybody[first:] + everybody[:first]
        return [one for one in in_line if can_be_called(one.membership)][:1]

    def _of_target(self, target: Target, at: datetime, ends: bool) -> Iterator[Called]:
        if target.kind in ON_SCHEDULES:
            roster = self._roster_of(target)
            for person, until in self._on_duty(roster, target.kind, at, ends):
                if person in self.people:
                    yield Called(self.people[person], target.kind, target.name, until, target.id)
            return
        ids = self.teams.get(target.id, []) if target.kind == TargetKind.TEAM else []
        for person in [target.id] if target.kind == TargetKind.PERSON else ids:
            if person in self.people:
                yield Called(self.people[person], target.kind, target.name, None, target.id)

    def _roster_of(self, target: Target) -> Roster:
        rosters = self.rotations if target.kind == TargetKind.ROTATION else self.rosters
        return rosters.get(target.id, NOBODYS)

    def _on_duty(
        self, roster: Roster, kind: str, at: datetime, ends: bool
    ) -> list[tuple[int, datetime | None]]:
        if kind == TargetKind.NEXT:
            return [(person, None) for person in _next_on(roster, at)]
        people = pure.on_duty(roster, at)
        return [(person, pure.until(roster, person, at) if ends else None) for person in people]


def _first_duty(roster: Roster, at: datetime) -> datetime | None:
    later = pure.sweep(roster, at, at + pure.LOOK_AHEAD)
    return next((span.start for span in later if span.start > at and span.duties), None)


def _next_on(roster: Roster, at: datetime) -> list[int]:
    """Who is on call after the next change that puts other people on call; a gap is looked through."""
    present: set[int] | None = None
    for span in pure.sweep(roster, at, at + pure.LOOK_AHEAD):
        there = set(span.duties)
        if present is None:
            present = there
        elif there and there != present:
            return list(span.duties)
    return []


def can_be_called(membership: Membership) -> bool:
    return membership.is_current and membership.user.is_active


def crew_of(rungs: Iterable[Rung], *, now: datetime) -> Crew:
    """Everybody these rungs may call from `now` on. A few queries, by the kinds of targets there are."""
    ids: dict[str, set[int]] = {kind: set() for kind in TargetKind.values}
    for rung in rungs:
        for target in rung.targets:
            ids[target.kind].add(target.id)
    schedule_of = _schedules_of(ids["rotation"])
    rosters = rosters_of({*ids["schedule"], *ids["next"], *schedule_of.values()}, since=now)
    rotations = {pk: _alone(rosters[schedule], pk) for pk, schedule in schedule_of.items()}
    teams = _teams(ids["team"])
    people = ids["person"] | {person for members in teams.values() for person in members}
    for roster in rosters.values():
        people |= _in_roster(roster)
    return Crew(rosters, rotations, teams, _channels(ids["channel"]), people_by_id(people))


def _in_roster(roster: Roster) -> set[int]:
    found = {person for layer in roster.layers for person in layer.people}
    found |= {cover.person for cover in roster.covers}
    return found | {stint.person for whole in roster.temporaries for stint in whole.shifts}


def _schedules_of(rotation_ids: Collection[int]) -> dict[int, int]:
    if not rotation_ids:
        return {}
    return dict(Rotation.objects.filter(pk__in=rotation_ids).values_list("pk", "schedule_id"))


def _alone(roster: Roster, rotation_id: int) -> Roster:
    """One rotation of a schedule by itself, whatever lies over it. Whoever covers for its holder, has it."""
    layers = tuple(layer for layer in roster.layers if layer.id == rotation_id)
    covers = tuple(cover for cover in roster.covers if cover.kind != "add")
    return Roster(layers, covers, (), roster.absences)


def _teams(team_ids: Collection[int]) -> dict[int, list[int]]:
    """Ids of the present members, in the order in which they joined the team."""
    found: dict[int, list[int]] = {}
    if team_ids:
        rows = TeamMember.objects.filter(team_id__in=team_ids, membership__ended_at=None).order_by("id")
        for team, person in rows.values_list("team_id", "membership_id"):
            found.setdefault(team, []).append(person)
    return found


def _channels(channel_ids: Collection[int]) -> dict[int, SharedChannel]:
    if not channel_ids:
        return {}
    in_use = SharedChannel.objects.filter(disabled_at=None)
    found: dict[int, SharedChannel] = in_use.in_bulk(list(channel_ids))
    return found


def last_resort(ladder: Ladder) -> list[Called]:
    """Whom to call where no rung has anybody: the policy's fallback, else the owners. One query."""
    fallback, owning = _who_hears(ladder)
    if fallback is not None:
        return [Called(fallback, "fallback", ladder.name)]
    return [Called(owner, "owner") for owner in owning]


def told_at_the_end(ladder: Ladder) -> list[Membership]:
    """Who hears that nobody answered: the policy's fallback and the owners, each once. One query."""
    fallback, owning = _who_hears(ladder)
    return [*([fallback] if fallback else []), *(owner for owner in owning if owner != fallback)]


def owners() -> list[Membership]:
    """The tenant's owners who can be called. One query."""
    return _callable(Q(role=Role.OWNER))


def _who_hears(ladder: Ladder) -> tuple[Membership | None, list[Membership]]:
    found = _callable(Q(role=Role.OWNER) | Q(pk=ladder.fallback))
    fallback = next((one for one in found if one.pk == ladder.fallback), None)
    return fallback, [one for one in found if one.role == Role.OWNER]


def _callable(who: Q) -> list[Membership]:
    rows = Membership.objects.select_related("user").filter(who, ended_at=None, user__is_active=True)
    return list(rows.order_by("pk"))


def names(called: Iterable[Called]) -> list[str]:
    return [str(one.membership) for one in called]


def why_in_words(called: Called) -> str:
    """For screens. The mail has its own, fuller sentence (senders.words)."""
    if called.kind in (TargetKind.SCHEDULE, TargetKind.ROTATION):
        return called.name
    if called.kind == TargetKind.NEXT:
        return _("next on call for %(schedule)s") % {"schedule": called.name}
    if called.kind == TargetKind.TEAM:
        return _("team %(name)s") % {"name": called.name}
    if called.kind == TargetKind.PERSON:
        return _("named in the policy")
    if called.kind == "fallback":
        return _("nobody is on call: the policy's fallback")
    return _("nobody is on call: an owner")
