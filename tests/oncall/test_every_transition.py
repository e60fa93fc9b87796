"""Every jump of the clock from 2024 to 2030, minute by minute; all zones: tests.oncall.every_transition."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.oncall.every_transition import check_zone, jumps

# With jumps of half an hour and of two, around Ramadan, at midnight, on a Friday; offsets of a quarter.
ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Adak",
    "America/Anchorage",
    "America/Asuncion",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Havana",
    "America/Los_Angeles",
    "America/Miquelon",
    "America/New_York",
    "America/Nuuk",
    "America/Phoenix",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Scoresbysund",
    "America/St_Johns",
    "Antarctica/Macquarie",
    "Antarctica/Troll",
    "Asia/Almaty",
    "Asia/Beirut",
    "Asia/Famagusta",
    "Asia/Gaza",
    "Asia/Hebron",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Atlantic/Canary",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Amsterdam",
    "Europe/Chisinau",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/Lisbon",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Norfolk",
]


@pytest.mark.parametrize("zone", ZONES)
def test_who_is_on_call_around_every_jump_is_who_the_wall_clock_says(zone: str) -> None:
    moments, changed = check_zone(zone, timedelta(hours=3))
    assert changed >= 5 * moments  # one rotation is hourly


def test_the_walk_finds_the_jumps() -> None:
    assert len(list(jumps(ZoneInfo("Europe/Amsterdam")))) == 14
    assert len(list(jumps(ZoneInfo("Africa/Casablanca")))) == 15
    assert not list(jumps(ZoneInfo("Asia/Kolkata")))
