"""Times and durations in words. Pure; in the language that is active.

Published bytes are the same for every reader, so each time is absolute and names its zone: UTC first, then
the page's own. A day is always a day of the page's zone.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as format_date
from django.utils.dates import MONTHS_3
from django.utils.translation import get_language
from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Moments:
    """Words for moments, as seen at `now` from `zone_name`.

    A time without a date is today's. `lasting`: words for a page that is read long after it was made, so each
    time carries its date.
    """

    zone_name: str
    now: datetime
    lasting: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)

    @property
    def place(self) -> str:
        """`Amsterdam`; empty where the page's zone is UTC itself."""
        if self.zone_name in {"UTC", "Etc/UTC", "Etc/GMT", "GMT", "Etc/UCT", "Zulu", "Etc/Zulu"}:
            return ""
        return self.zone_name.rsplit("/", 1)[-1].replace("_", " ")

    @property
    def today(self) -> date:
        return self.day(self.now)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def clock(self, moment: datetime) -> str:
        """`14:02 UTC (15:02 Amsterdam)`; with the date where that is not today's."""
        if not self.place:
            return self.short(moment)
        # The zone's own date stands there only where it is another than the one just said.
        second = _dated(moment.astimezone(self.zone), moment.astimezone(UTC).date())
        return f"{self.short(moment)} ({second} {self.place})"

    def short(self, moment: datetime) -> str:
        """`14:02 UTC` alone: beside a time that names the page's zone as well."""
        return f"{_dated(moment.astimezone(UTC), self._known)} UTC"

    def until(self, start: datetime, end: datetime) -> str:
        """`03:01 to 03:41 UTC (04:01 to 04:41 Amsterdam)`, with dates where they differ from the start's."""
        utc = start.astimezone(UTC), end.astimezone(UTC)
        first = _span(*utc, self._known)
        if not self.place:
            return f"{first} UTC"
        second = _span(start.astimezone(self.zone), end.astimezone(self.zone), utc[0].date())
        return f"{first} UTC ({second} {self.place})"

    @property
    def _known(self) -> date | None:
        """The day that need not be said."""
        return None if self.lasting else self.now.astimezone(UTC).date()

    def bounds(self, days: int) -> list[tuple[date, datetime, datetime]]:
        """(day, start, end) in UTC of the last `days` days of the page's zone, today last. Some last 23 h."""
        first = self.today - timedelta(days=days - 1)
        edges = [self._midnight(first + timedelta(days=number)) for number in range(days + 1)]
        return [(first + timedelta(days=number), edges[number], edges[number + 1]) for number in range(days)]

    def next_midnight(self) -> datetime:
        return self._midnight(self.today + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)


def _span(start: datetime, end: datetime, known: date | None) -> str:
    return _("%(start)s to %(end)s") % {"start": _dated(start, known), "end": _dated(end, start.date())}


def _dated(moment: datetime, known: date | None) -> str:
    """`14:02`, `12 Nov, 14:02`, `12 Nov 2025, 14:02`: as much as is not known."""
    if moment.date() == known:
        return f"{moment:%H:%M}"
    year = "" if known and moment.year == known.year else f" {moment.year}"
    return f"{_short(moment)}{year}, {moment:%H:%M}"


def _short(day: date) -> str:
    """`12 Nov`, `12 nov`. Django's own "j M" writes a capital in every language."""
    name = str(MONTHS_3[day.month])
    return f"{day.day} {name.title() if (get_language() or 'en').startswith('en') else name}"


def weekday(day: date) -> str:
    """`Mon 23 Nov`."""
    return f"{format_date(day, 'D')} {_short(day)}"


def month(day: date) -> str:
    """`November 2026`."""
    return format_date(day, "F Y")


def days(first: date, last: date) -> str:
    """`12 Nov`, `1–6 Nov`, `29 Oct – 3 Nov`: a run of days in one phrase."""
    if first == last:
        return _short(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_short(last)}"
    return f"{_short(first)} – {_short(last)}"


def duration(lasted: timedelta) -> str:
    """`under 1 min`, `14 min`, `2 h 5 min`, `3 d 4 h`. Rounded down."""
    if lasted < MINUTE:
        return _("under 1 min")
    whole_days, rest = divmod(lasted, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes = rest // MINUTE
    if whole_days:
        parts = [_("%(n)s d") % {"n": whole_days}, _("%(n)s h") % {"n": hours} if hours else ""]
    elif hours:
        parts = [_("%(n)s h") % {"n": hours}, _("%(n)s min") % {"n": minutes} if minutes else ""]
    else:
        parts = [_("%(n)s min") % {"n": minutes}]
    return " ".join(part for part in parts if part)
