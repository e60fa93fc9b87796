"""Who was and will be on call on many schedules: until now as it was, then by the rules as they stand."""

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import pairwise

from oncall.operations.reading import rosters_of
from oncall.operations.replaying import Replay
from oncall.roster import Roster, Span, spans


def spans_of_all(
    schedule_ids: Collection[int],
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    rosters: Mapping[int, Roster] | None = None,
) -> dict[int, list[Span]]:
    """[start, end) of each, in order; nothing for the time before a schedule was there.

    Neighbours may be alike where a rule was recorded in between (drawing.lanes.stretches joins them).
    `rosters` are those of rosters_of at `now` or before, where the caller has read them. Sixteen queries at
    most, whatever the number of schedules.
    """
    found: dict[int, list[Span]] = {pk: [] for pk in schedule_ids}
    if start < now:
        _past(found, start, min(now, end))
    if end > now:
        ahead = max(start, now)
        rosters = rosters if rosters is not None else rosters_of(schedule_ids, since=ahead)
        for pk in found:
            found[pk] += spans(rosters[pk], ahead, end)
    return found


def _past(found: dict[int, list[Span]], start: datetime, end: datetime) -> None:
    replay = Replay(set(found), start=start, end=end)
    born = _born(replay)
    for begins, ends in pairwise([start, *replay.changes(start, end), end]):
        rosters = replay.rosters(begins)
        for pk in found:
            since = max(begins, born.get(pk, end))
            if since < ends:
                found[pk] += spans(rosters[pk], since, ends)


def _born(replay: Replay) -> dict[int, datetime]:
    """When each schedule was first recorded."""
    found: dict[int, datetime] = {}
    for row in replay.schedules.versions:
        found.setdefault(row.id, row.history_date)
    return found
