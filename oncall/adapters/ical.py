"""Reads an iCal calendar that somebody gave: its busy entries in a stretch of time. Knows no Django.

Run apart (`python -m oncall.adapters.ical`, see apart.py): a rule of repetition can be written that takes a
day to expand, and no check of ours would know them all.
"""

import hashlib
import json
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MOST_EVENTS, MOST_ENTRIES = 5_000, 2_000
SLOW = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
DAY = timedelta(days=1)
# What this process may take, whatever it is fed.
BOUNDS = ((resource.RLIMIT_CPU, 10), (resource.RLIMIT_AS, 512 * 2**20))


class CannotRead(Exception):
    """`code`: not_a_calendar, too_many."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read(body: bytes, *, start: datetime, end: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Entries that touch [start, end), by start: `key`, `start`, `end`, `title`, `all_day`.

    Of a whole day they are dates, and the end is the day after; else moments in UTC. A time without a zone is
    one on the clock of `zone`. What is free, cancelled or cannot be read is left out. Raises CannotRead.
    """
    entries = []
    for event in _occurrences(_calendar(body), start, end):
        entry = _entry(event, zone)
        if entry is not None:
            entries.append(entry)
        if len(entries) > MOST_ENTRIES:
            raise CannotRead("too_many")
    return sorted(entries, key=lambda one: (one["start"], one["key"]))


def _calendar(body: bytes) -> Any:
    from icalendar import Calendar

    try:
        calendar = Calendar.from_ical(body)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise CannotRead("not_a_calendar") from error
    if calendar.name != "VCALENDAR":
        raise CannotRead("not_a_calendar")
    events = [part for part in calendar.subcomponents if part.name == "VEVENT"]
    if len(events) > MOST_EVENTS:
        raise CannotRead("too_many")
    calendar.subcomponents = [
        part for part in calendar.subcomponents if part.name != "VEVENT" or _is_busy(part)
    ]
    return calendar


def _is_busy(event: Any) -> bool:
    """Somebody is away, and not every second of the year: what repeats within a day is no absence."""
    free = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    free = free or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
    rules = event.get("RRULE") or []
    rules = rules if isinstance(rules, list) else [rules]
    within_a_day = any(
        str(rule.get("FREQ", ["DAILY"])[0]).upper() not in SLOW
        or any(len(rule.get(part, [])) > 1 for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))
        for rule in rules
    )
    return not free and not within_a_day


def _occurrences(calendar: Any, start: datetime, end: datetime) -> Iterator[Any]:
    import recurring_ical_events

    try:
        query = recurring_ical_events.of(calendar, skip_bad_series=True)
        found = query.between(start - DAY, end + DAY)  # dates have no zone: a day on either side
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise CannotRead("not_a_calendar") from error
    yield from found


def _entry(event: Any, zone: ZoneInfo) -> dict[str, Any] | None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    try:
        begins, ends = event.start, event.end
    except Exception:  # the library raises its own kinds for each way to be wrong
        return None
    all_day = not isinstance(begins, datetime)
    if all_day:
        ends = ends if ends > begins else begins + DAY
    else:
        begins, ends = _moment(begins, zone), _moment(ends, zone)
    if ends <= begins or not 1971 <= begins.year <= 2100 or not 1971 <= ends.year <= 2100:
        return None
    said = f"{event.get('UID', '')}\n{_iso(begins)}"
    return {
        "key": hashlib.sha256(said.encode("utf-8", "replace")).hexdigest(),
        "start": _iso(begins),
        "end": _iso(ends),
        "title": " ".join(str(event.get("SUMMARY", "")).split())[:120],
        "all_day": all_day,
    }


def _moment(value: date, zone: ZoneInfo) -> datetime:
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _iso(value: date) -> str:
    return value.isoformat()


def main() -> None:
    """{"start", "end", "zone", "body"} (latin-1) on stdin; {"entries"} or {"error"} on stdout."""
    for what, most in BOUNDS:
        resource.setrlimit(what, (most, most))
    asked = json.load(sys.stdin)
    try:
        entries = read(
            asked["body"].encode("latin-1"),
            start=datetime.fromisoformat(asked["start"]),
            end=datetime.fromisoformat(asked["end"]),
            zone=ZoneInfo(asked["zone"]),
        )
        answer: dict[str, Any] = {"entries": entries}
    except CannotRead as error:
        answer = {"error": error.code}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
