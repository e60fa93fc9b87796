"""The course of a ladder that nobody answers, act by act: what operations.firing does, minus the doing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from config.tenancy.models import Membership
from oncall import ladder, verdicts
from oncall.ladder import FOOT, Ladder, Place, Rung
from oncall.models import SharedChannel
from oncall.operations.crew import Called, Crew
from oncall.verdicts import HELD, PASSED, Seen, Verdict

# Further ones are those of a ladder that repeats for ever.
MOST_ACTS = 1000


@dataclass(frozen=True)
class Act:
    """What the ladder does at `at` with one of its rungs. `gone` are people it names who cannot be called."""

    at: datetime
    place: Place
    rung: Rung
    verdict: Verdict
    called: list[Called] = field(default_factory=list)
    channels: list[SharedChannel] = field(default_factory=list)
    gone: list[Membership] = field(default_factory=list)


@dataclass(frozen=True)
class Course:
    """`acts` are those of the first round, which is over at `round_ends_at`. `ends_at` None: never."""

    acts: list[Act]
    round_ends_at: datetime
    ends_at: datetime | None


def course_of(
    climbed: Ladder, crew: Crew, *, severity: int, now: datetime, last_resort: Callable[[], list[Called]]
) -> Course:
    """From the foot at `now` to the end, or one round of a ladder without an end. Asks for the last resort
    only where it is called.
    """
    walk = _Walk(climbed, crew, severity, last_resort, now)
    while walk.go_on():
        pass
    return Course(walk.acts, walk.round_ends_at or walk.at, None if climbed.forever else walk.at)


@dataclass
class _Walk:
    climbed: Ladder
    crew: Crew
    severity: int
    last_resort: Callable[[], list[Called]]
    at: datetime
    place: Place = FOOT
    acts: list[Act] = field(default_factory=list)
    round_ends_at: datetime | None = None
    turns: int = 0

    def go_on(self) -> bool:
        """One pass of the engine. False at the end."""
        self.turns += 1
        seen = verdicts.look(self.climbed, self.place, severity=self.severity, at=self.at, crew=self.crew)
        if not seen or self.turns > MOST_ACTS or (self.climbed.forever and self.place.loop):
            return False
        for one in seen:
            if one.verdict.kind == PASSED:
                self._add(one, [])
        return self._all_passed(seen) if seen[-1].verdict.kind == PASSED else self._act(seen[-1])

    def _all_passed(self, seen: list[Seen]) -> bool:
        if len(seen) < len(self.climbed.rungs):
            return False
        place = Place(len(self.climbed.rungs) - 1, self.place.loop)
        self._add(Seen(self.at, place, Verdict(verdicts.FIRES)), self.last_resort())
        self._leave(place)
        return True

    def _act(self, seen: Seen) -> bool:
        called = self.crew.of(self.climbed.rungs[seen.place.rung], self.at, seen.place.loop)
        if seen.verdict.kind == HELD:
            self._add(seen, [])
            assert seen.verdict.until is not None
            self.place, self.at = seen.place, seen.verdict.until
            return True
        if not called and not self._somebody_follows(seen.place):
            called = self.last_resort()
            seen = seen._replace(verdict=Verdict(verdicts.FIRES))
        self._add(seen, called)
        self._leave(seen.place)
        return True

    def _somebody_follows(self, place: Place) -> bool:
        after, at = ladder.after(self.climbed, place), self.at + self.climbed.rungs[place.rung].delay
        return verdicts.wakes_somebody(self.climbed, after, severity=self.severity, at=at, crew=self.crew)

    def _leave(self, place: Place) -> None:
        self.at += self.climbed.rungs[place.rung].delay
        self.place = ladder.after(self.climbed, place)
        if self.place.loop and self.round_ends_at is None:
            self.round_ends_at = self.at

    def _add(self, seen: Seen, called: list[Called]) -> None:
        if seen.place.loop:
            return
        rung = self.climbed.rungs[seen.place.rung]
        told = seen.verdict.why in ("", verdicts.EMPTY, verdicts.CHANNELS) and seen.verdict.kind != HELD
        channels = self.crew.channels_of(rung) if told else []
        act = Act(seen.at, seen.place, rung, seen.verdict, called, channels, self.crew.gone(rung))
        self.acts.append(act)
