"""Maintenance in words: "Tue 24 Nov 02:00–04:00 Europe/Amsterdam"."""

from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from incidents.maintenance import Occurrence, Recurring
from oncall.rota import wall_clock


def occurrence_words(occurrence: Occurrence, zone: ZoneInfo) -> str:
    """On the window's own clock; the day of the end only where it is another."""
    # Naive: an aware one would be turned to the reader's zone.
    start, end = (wall_clock(moment, zone) for moment in (occurrence.start, occurrence.end))
    until = date_format(end, "H:i" if start.date() == end.date() else "D j M H:i")
    return f"{date_format(start, 'D j M H:i')}–{until} {zone.key}"


def next_words(times: Recurring, now: datetime, most: int = 3) -> list[str]:
    """The present one first, where there is one."""
    return [occurrence_words(found, times.zone) for found in islice(times.after(now), most)]
