"""What becomes of a rung at a moment: it fires, is passed over, takes its time for nothing, or is held. Pure.

Whom a rung has at a moment is asked of a `Crew`; the ladder knows only whether that is anybody.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple, Protocol

from oncall import ladder as pure
from oncall.hours import open_from
from oncall.ladder import HOLD, WAIT, Ladder, Place, Rung

FIRES, PASSED, TAKES, HELD = "fires", "passed", "takes", "held"
# Why it does not fire as it stands.
EMPTY, ANSWERED, SEVERITY, HOURS = "empty", "answered", "severity", "hours"
# What a crew says of a rung: somebody to wake, only people who have it already, channels alone, nobody.
PEOPLE, HAVE_IT, CHANNELS, NOBODY = "people", "have_it", "channels", "nobody"


class Crew(Protocol):
    def presence(self, rung: Rung, at: datetime, loop: int) -> str: ...

    def somebody_from(self, rung: Rung, at: datetime) -> datetime | None:
        """When somebody is next on call there, after `at`; None where that is not in sight."""


class Verdict(NamedTuple):
    """`why` is empty where people are paged; a rung that only tells channels fires with CHANNELS."""

    kind: str
    why: str = ""
    until: datetime | None = None


class Seen(NamedTuple):
    """A rung as the ladder comes to it: at `at`, with what becomes of it."""

    at: datetime
    place: Place
    verdict: Verdict


def verdict(rung: Rung, *, severity: int, at: datetime, loop: int, crew: Crew) -> Verdict:
    """Of one rung. Severity 1 is the worst. What a severity rules out is not waited for."""
    if rung.severity_up_to is not None and severity > rung.severity_up_to:
        return Verdict(PASSED, SEVERITY)
    closed = [hours for hours in rung.hours if not hours.are_open(at)]
    if closed:
        # Of all that wait, not only those that are closed now: they could close each other out for ever.
        waiting = [hours for hours in rung.hours if hours.waits]
        opens = open_from(waiting, at) if all(hours.waits for hours in closed) else None
        return Verdict(HELD, HOURS, opens) if opens else Verdict(PASSED, HOURS)
    there = crew.presence(rung, at, loop)
    if there in (PEOPLE, CHANNELS):
        return Verdict(FIRES, "" if there == PEOPLE else CHANNELS)
    if there == HAVE_IT:
        return Verdict(PASSED, ANSWERED)
    if rung.if_empty == HOLD and (until := crew.somebody_from(rung, at)):
        return Verdict(HELD, EMPTY, until)
    return Verdict(TAKES if rung.if_empty == WAIT else PASSED, EMPTY)


def look(ladder: Ladder, place: Place, *, severity: int, at: datetime, crew: Crew) -> list[Seen]:
    """What happens at `at` to a ladder that is due: rungs passed over, and at the end the one that is not.

    Each rung once. Where all were passed over, the last one was as well; empty where the ladder is exhausted.
    """
    found = []
    for candidate in pure.candidates(ladder, place):
        rung = ladder.rungs[candidate.rung]
        seen = Seen(at, candidate, verdict(rung, severity=severity, at=at, loop=candidate.loop, crew=crew))
        found.append(seen)
        if seen.verdict.kind != PASSED:
            break
    return found


def foresee(ladder: Ladder, place: Place, *, severity: int, at: datetime, crew: Crew) -> Iterator[Seen]:
    """The same as time goes on and nobody answers, without end where it repeats for ever.

    A held rung is seen twice: held, and when it is let go. Ends where it is exhausted, or where a whole round
    would be passed over at once.
    """
    while True:
        seen = look(ladder, place, severity=severity, at=at, crew=crew)
        yield from seen
        if not seen or seen[-1].verdict.kind == PASSED:
            return
        _moment, stood, (kind, _why, until) = seen[-1]
        if kind == HELD:
            assert until is not None
            place, at = stood, until
        else:
            place, at = pure.after(ladder, stood), at + ladder.rungs[stood.rung].delay


def wakes_somebody(ladder: Ladder, place: Place, *, severity: int, at: datetime, crew: Crew) -> bool:
    """Whether anybody will be paged within one round from `place`, which is reached at `at`."""
    rungs_left = len(ladder.rungs)
    # Each is seen at most three times: held for its hours, held for its people, let go.
    for seen in islice(foresee(ladder, place, severity=severity, at=at, crew=crew), 3 * rungs_left):
        if seen.verdict.kind == FIRES and not seen.verdict.why:
            return True
        rungs_left -= seen.verdict.kind != HELD
        if rungs_left <= 0:
            return False
    return False
