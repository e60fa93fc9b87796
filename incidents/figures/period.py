"""Which days, in the tenant's zone. Pure: the present is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

CHIPS = (30, 90, 365)
USUAL = 90
MOST_DAYS = 366


@dataclass(frozen=True)
class Period:
    """From the morning of `first` to the night of `last`, both days included, on the tenant's clock.

    `refused` says in words why it is not what was asked for.
    """

    first: date
    last: date
    zone: ZoneInfo
    days: int | None = None  # a chip: so many days up to today
    refused: str = ""

    @property
    def begins_at(self) -> datetime:
        return datetime.combine(self.first, time(0), tzinfo=self.zone)

    @property
    def ends_at(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(0), tzinfo=self.zone)

    @property
    def mondays(self) -> list[date]:
        """The weeks it touches, by their Mondays."""
        monday = self.first - timedelta(days=self.first.weekday())
        return [monday + timedelta(weeks=n) for n in range((self.last - monday).days // 7 + 1)]


def period_of(said: Mapping[str, str], *, zone: ZoneInfo, now: datetime) -> Period:
    """`days=30`, or `from=` and `to=` as ISO dates; the usual one where nothing, or no sense, is said."""
    today = now.astimezone(zone).date()
    usual = _last_days(USUAL, today, zone)
    begin, end, days = said.get("from", ""), said.get("to", ""), said.get("days", "")
    if not (begin or end):
        known = {str(chip): chip for chip in CHIPS}
        if days in known or not days:
            return _last_days(known.get(days, USUAL), today, zone)
        return _refusing(usual, _("Choose 30, 90 or 365 days."))
    first, last = _date(begin), _date(end) if end else today
    if first is None or last is None:
        return _refusing(usual, _("That is not a date."))
    if last < first:
        return _refusing(usual, _("The last day lies before the first."))
    if (last - first).days >= MOST_DAYS:
        return _refusing(usual, _("Choose at most %(most)d days.") % {"most": MOST_DAYS})
    return Period(first, last, zone)


def _last_days(days: int, today: date, zone: ZoneInfo) -> Period:
    return Period(today - timedelta(days=days - 1), today, zone, days=days)


def _refusing(usual: Period, words: str) -> Period:
    return Period(usual.first, usual.last, usual.zone, days=usual.days, refused=words)


def _date(said: str) -> date | None:
    """None for what is no date, 30 February and years that no clock shows included."""
    try:
        found = parse_date(said)
    except ValueError:
        return None
    return found if found and 2000 <= found.year <= 2200 else None
