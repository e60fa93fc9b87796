"""Who really was on call: the rules replayed from their history, each for as long as it stood.

A rule counts from the moment at which it was recorded: a cover entered at noon "since the morning" says
nothing about the morning. What is to come is asked of operations.resolve, by the rules as they stand.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from oncall.models import Schedule
from oncall.operations.replaying import Replay
from oncall.operations.resolve import OnCall, all_on_call, on_call_for
from oncall.roster import Roster, Span, spans


def rosters_as_of(schedule_ids: Iterable[int], *, at: datetime) -> dict[int, Roster]:
    """The rules of these schedules as they were recorded at `at`. Eleven queries at most.

    Every id asked for is in the answer: a schedule that was not there yet had nobody.
    """
    ids = set(schedule_ids)
    return Replay(ids, start=at, end=at).rosters(at) if ids else {}


def past_spans(schedule: Schedule, start: datetime, end: datetime) -> list[Span]:
    """Who was on call in [start, end), all past: no gap, no overlap. Eleven queries at most."""
    replay = Replay({schedule.pk}, start=start, end=end)
    found: list[Span] = []
    moments = [start, *replay.changes(start, end), end]
    for begins, ends in pairwise(moments):
        found = _joined(found, spans(replay.rosters(begins)[schedule.pk], begins, ends))
    return found


def on_call_then(*, schedules: Sequence[Schedule], at: datetime, now: datetime) -> dict[int, list[OnCall]]:
    """As on_call_for; for a moment before `now` by the rules of then. `until` is what was planned then."""
    if at >= now:
        return on_call_for(schedules=schedules, at=at)
    return all_on_call(rosters_as_of((schedule.pk for schedule in schedules), at=at), at)


def _joined(found: list[Span], following: list[Span]) -> list[Span]:
    if found and following and found[-1].duties == following[0].duties:
        joined = found[-1]._replace(end=following[0].end)
        return [*found[:-1], joined, *following[1:]]
    return found + following
