"""One layer of a schedule: a rotation, when it is active, and who has its turns. Pure: people are ids."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from oncall.rota import Rota, handovers, shift_number
from oncall.windows import Counter, Week, Window

IDLE = -1  # the turn of nobody: the layer is outside its windows, or has no people
LEFT, AWAY = "left", "away"


class Skipped(NamedTuple):
    """Whose turn it would have been, and why it is not: "left" or "away"."""

    person: int
    why: str


class Holder(NamedTuple):
    """`skipped` are those in whose place this person is on call; empty in a turn of one's own."""

    person: int
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class Layer:
    """A rotation with its participants in turn.

    `away` are those who can no longer be on call: they left. `at_once` participants are on call together: the
    one whose turn it is and those who follow, so that each stays for that many shifts. `count_only_active`:
    the turns go round by the shifts that a window touches, so that nobody's turn falls on a closed day.
    """

    name: str
    rota: Rota
    people: tuple[int, ...]
    away: frozenset[int] = frozenset()
    id: int = 0
    priority: int = 0
    at_once: int = 1
    windows: tuple[Window, ...] = ()
    count_only_active: bool = False

    @cached_property
    def _week(self) -> Week:
        return Week.of(self.windows)

    @cached_property
    def _counter(self) -> Counter:
        return Counter.of(self.rota, self._week)

    def turn(self, number: int) -> int:
        """Whose turn shift `number` is: a place in `people`. One that does not count goes on as before it."""
        rota = self.rota
        passed = number - rota.anchor_shift
        if self.count_only_active and self.windows:
            # Anchored to the first shift that counts from the anchor on.
            passed = self._counter.count(number + 1) - 1 - self._counter.count(rota.anchor_shift)
        return (rota.anchor_index + passed) % len(self.people)

    def due(self, number: int) -> int:
        """The turn of shift `number` or, where that does not count, of the next one that does."""
        passed = number - self.rota.anchor_shift
        if self.count_only_active and self.windows:
            passed = self._counter.count(number) - self._counter.count(self.rota.anchor_shift)
        return (self.rota.anchor_index + passed) % len(self.people)

    def turn_at(self, at: datetime) -> int:
        if not self.people or (self.windows and not self._week.is_open(at, self.rota.zone)):
            return IDLE
        return self.turn(shift_number(self.rota, at))

    def turns(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, int]]:
        """The turn at `start` and each other one from its moment on, before `end`; lazily."""
        if self.people and self.windows:
            return self._turns_in_windows(start, end)
        return self._turns(start, end)

    def _turns(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, int]]:
        if len(self.people) < 2:
            yield start, len(self.people) - 1
            return
        last = IDLE
        for number, begins, _ends in handovers(self.rota, start):
            if begins >= end:
                return
            turn = self.turn(number)
            if turn != last:
                yield max(begins, start), turn
            last = turn

    def _turns_in_windows(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, int]]:
        yield start, IDLE
        shifts = handovers(self.rota, start)
        number, _begins, ends = next(shifts)
        for opens, closes in self._week.openings(start, end, self.rota.zone):
            while ends <= opens:
                number, _begins, ends = next(shifts)
            yield opens, self.turn(number)
            while ends < closes:
                number, begins, ends = next(shifts)
                yield begins, self.turn(number)
            if closes < end:
                yield closes, IDLE

    def holders(self, turn: int, absent: Collection[int] = ()) -> list[Holder]:
        """Who is on call at this turn, the first in line first. Whoever left or is absent is passed over."""
        if turn == IDLE:
            return []
        if self.at_once == 1 and (person := self.people[turn]) not in self.away and person not in absent:
            return [Holder(person)]
        in_line = dict.fromkeys(self.people[turn:] + self.people[:turn])
        gone = {p: LEFT if p in self.away else AWAY for p in in_line if p in self.away or p in absent}
        if not gone:
            return [Holder(person) for person in islice(in_line, self.at_once)]
        return _stood_in(list(in_line), self.at_once, gone)


def _stood_in(in_line: list[int], at_once: int, gone: dict[int, str]) -> list[Holder]:
    """The next in line takes the place of each who is gone: the first for the first, and so on."""
    found = [Holder(person) for person in in_line[:at_once] if person not in gone]
    missing = [Skipped(person, gone[person]) for person in in_line[:at_once] if person in gone]
    passed: list[Skipped] = []
    for person in in_line[at_once:]:
        if not missing:
            break
        if person in gone:
            passed.append(Skipped(person, gone[person]))
        else:
            found.append(Holder(person, (missing.pop(0), *passed)))
            passed = []
    if missing and found:  # nobody is left to stand in: said with the last of those who are there
        last = found.pop()
        found.append(Holder(last.person, (*last.skipped, *missing, *passed)))
    return found
