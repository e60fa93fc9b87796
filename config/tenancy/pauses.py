"""Rows that could not be worked wait, longer each time, so that they take no place from others."""

from datetime import datetime, timedelta

LONGEST = timedelta(minutes=5)
# Beyond so many the first are forgotten: those are only tried again sooner.
REMEMBERED = 1000


class Pauses:
    """In the memory of this process: a new one tries all again. Safe among threads."""

    def __init__(self) -> None:
        self._failed: dict[int, tuple[int, datetime]] = {}

    def failed(self, pk: int, now: datetime) -> None:
        """Waits 2, 4, 8 … seconds, at most LONGEST."""
        times = self._failed.pop(pk, (0, now))[0] + 1
        self._failed[pk] = times, now + min(timedelta(seconds=2 ** min(times, 10)), LONGEST)
        for first in list(self._failed)[:-REMEMBERED]:
            self._failed.pop(first, None)

    def worked(self, pk: int) -> None:
        self._failed.pop(pk, None)

    def waiting(self, now: datetime) -> list[int]:
        """Ids that are not to be tried at `now`."""
        # A clock that was set back must make nobody wait for longer.
        return [pk for pk, (_, until) in list(self._failed.items()) if now < until <= now + LONGEST]
