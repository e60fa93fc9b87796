"""The shift changes around now, and when a manager is away. Pure."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from incidents.absence import away_since
from incidents.shifts import changes_around, next_shift
from oncall.roster import Cover, Layer, Roster
from oncall.rota import Rota

ANNA, BRAM, CARLA = 1, 2, 3
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 09:00 in Amsterdam: Bram hands over to Anna
WEEKLY = Rota(ZoneInfo("Europe/Amsterdam"), datetime(2026, 11, 23, 9, 0), "week", 1, 2)
ROSTER = Roster((Layer("Weekly", WEEKLY, (ANNA, BRAM)),))
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("at", "spoken_of"), [(-31, False), (-29, True), (0, True), (29, True), (31, False)])
def test_a_change_is_spoken_of_half_an_hour_before_and_after(at: int, spoken_of: bool) -> None:
    found = list(changes_around(ROSTER, MONDAY + at * MINUTE))
    assert bool(found) is spoken_of
    if found:
        assert (found[0].leaving, found[0].arriving, found[0].at) == ({BRAM}, (ANNA,), MONDAY)
        assert found[0].is_past(MONDAY + at * MINUTE) is (at >= 0)


def test_an_override_is_a_change_too() -> None:
    begins = MONDAY + timedelta(hours=3)
    cover = Cover("replace", CARLA, ANNA, begins, begins + timedelta(hours=2))
    [change] = changes_around(Roster(ROSTER.layers, (cover,)), begins - 10 * MINUTE)
    assert (change.leaving, change.arriving) == ({ANNA}, (CARLA,))


def test_where_nobody_relieves_anybody_there_is_nothing_to_hand_over() -> None:
    begins = MONDAY + timedelta(hours=3)
    joined = Cover("add", CARLA, None, begins, begins + timedelta(hours=2))
    alone = Cover("remove", ANNA, None, begins, begins + timedelta(hours=2))
    for cover in (joined, alone):
        assert not list(changes_around(Roster(ROSTER.layers, (cover,)), begins))


def test_the_next_shift() -> None:
    assert next_shift(ROSTER, BRAM, MONDAY) == MONDAY + timedelta(weeks=1)
    assert next_shift(ROSTER, CARLA, MONDAY) is None


@pytest.mark.parametrize(
    ("seen", "acted", "given", "away"),
    [
        (40, 40, 60, 40),
        (40, 10, 60, None),  # acts elsewhere than in the room: in chat, by the API
        (10, None, 60, None),
        (None, None, 20, None),  # has had the role for twenty minutes: still on the way
        (None, None, 45, 45),
        (30, None, 60, 30),
        (29, None, 60, None),
    ],
)
def test_a_manager_is_away_after_half_an_hour_without_a_sign(
    seen: int | None, acted: int | None, given: int, away: int | None
) -> None:
    def ago(minutes: int | None) -> datetime | None:
        return None if minutes is None else MONDAY - minutes * MINUTE

    found = away_since(
        given_at=MONDAY - given * MINUTE, seen_at=ago(seen), acted_at=ago(acted), left_at=None, now=MONDAY
    )
    assert found == ago(away)


def test_who_has_left_the_tenant_is_away_at_once() -> None:
    left = MONDAY - MINUTE
    assert away_since(given_at=left, seen_at=left, acted_at=MONDAY, left_at=left, now=MONDAY) == left
