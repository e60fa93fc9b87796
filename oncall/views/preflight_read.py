"""What the pre-flight shows: a night, and everybody on call in it who would not wake up."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_date
from django.utils.formats import date_format

from oncall.drawing import words
from oncall.operations.preflight import Unwakeable, who_cannot_be_woken

AHEAD = timedelta(hours=24)
SHOWN_NIGHTS = 7
NOON = 12
FARTHEST = timedelta(days=366)


@dataclass(frozen=True)
class Night:
    """[begins_at, ends_at). `chosen`: a night was asked for, else it is the next 24 hours."""

    begins_at: datetime
    ends_at: datetime
    chosen: date | None = None


@dataclass(frozen=True)
class Row:
    found: Unwakeable
    when: str


def nights(asked: str, zone: ZoneInfo, now: datetime) -> Night:
    """The night that begins on the day asked for, from noon to noon; the next 24 hours for what is none."""
    try:
        day = parse_date(asked)
    except ValueError:
        day = None
    if day is None or not abs(day - now.astimezone(zone).date()) <= FARTHEST:
        return Night(now, now + AHEAD)
    following = day + timedelta(days=1)
    begins, ends = (datetime(d.year, d.month, d.day, NOON, tzinfo=zone) for d in (day, following))
    return Night(begins, ends, day)


def preflight_of(night: Night, zone: ZoneInfo, *, now: datetime) -> dict[str, Any]:
    found = who_cannot_be_woken(begins_at=night.begins_at, ends_at=night.ends_at, now=now)
    rows = [Row(one, words.from_to(one.starts_at, one.ends_at, zone)) for one in found]
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=ahead) for ahead in range(SHOWN_NIGHTS)]
    return {
        "night": night,
        "when": words.from_to(night.begins_at, night.ends_at, zone),
        "zone": zone.key,
        "sure": [row for row in rows if not row.found.doubt],
        "doubts": [row for row in rows if row.found.doubt],
        "nights": [(day.isoformat(), date_format(day, "D j M"), day == night.chosen) for day in days],
    }
