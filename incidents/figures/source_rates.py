"""How much a source posts: events a minute and an hour, for sparklines and for how near its limit is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from incidents.models import AlertSource, SourceMinute

MINUTES, HOURS = 60, 24


@dataclass(frozen=True)
class Rate:
    """Counts, the oldest first; the last one is of the minute or hour that is not over yet.

    `over`: how many of the day's events were over a limit. `most`: the most within one minute of the day.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    most: int
    over: int

    @property
    def last_hour(self) -> int:
        return sum(self.minutes)

    @property
    def last_day(self) -> int:
        return sum(self.hours)

    @property
    def now(self) -> int:
        """The last whole minute, or the one under way if it has more already."""
        return max(self.minutes[-2:])


def rate_of(source: AlertSource, now: datetime) -> Rate:
    """One statement, of at most 1,440 rows."""
    since = _whole_hour(now) - timedelta(hours=HOURS - 1)
    rows = SourceMinute.objects.filter(source=source, minute__gte=since)
    found = list(rows.values_list("minute", "events", "over"))
    hours = [0] * HOURS
    minutes = [0] * MINUTES
    for minute, events, _over in found:
        _add(hours, (_whole_hour(now) - _whole_hour(minute)) // timedelta(hours=1), events)
        _add(minutes, (_whole_minute(now) - minute) // timedelta(minutes=1), events)
    return Rate(
        minutes=tuple(reversed(minutes)),
        hours=tuple(reversed(hours)),
        most=max((events for _minute, events, _over in found), default=0),
        over=sum(over for _minute, _events, over in found),
    )


def last_hours(sources: Iterable[AlertSource], now: datetime) -> dict[int, tuple[int, ...]]:
    """{source id: events in each of the last 60 minutes}. One statement, whatever the sources."""
    ids = [source.pk for source in sources]
    counted = {pk: [0] * MINUTES for pk in ids}
    since = _whole_minute(now) - timedelta(minutes=MINUTES - 1)
    rows = SourceMinute.objects.filter(source__in=ids, minute__gte=since).order_by()
    for pk, minute, events in rows.values_list("source_id", "minute").annotate(n=Sum("events")):
        _add(counted[pk], (_whole_minute(now) - minute) // timedelta(minutes=1), events)
    return {pk: tuple(reversed(minutes)) for pk, minutes in counted.items()}


def _add(counts: list[int], back: int, events: int) -> None:
    if 0 <= back < len(counts):
        counts[back] += events


def _whole_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _whole_hour(moment: datetime) -> datetime:
    """In UTC, as minutes are stored: a zone of half an hour makes no difference to a small line."""
    return moment.replace(minute=0, second=0, microsecond=0)
