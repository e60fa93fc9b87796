from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.roster import Cover, Layer, Roster, next_change, on_duty, until
from oncall.rota import Rota

ANNA, BRAM, CARLA = 1, 2, 3
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 09:00 in Amsterdam
WEEKLY = Rota(ZoneInfo("Europe/Amsterdam"), datetime(2026, 11, 23, 9, 0), "week", 1, 2)
TWO = Layer("Weekly", WEEKLY, (ANNA, BRAM))
HOUR = timedelta(hours=1)


def who(roster: Roster, at: datetime) -> list[int]:
    return list(on_duty(roster, at))


def cover(kind: str, person: int, instead_of: int | None = None, hours: int = 2) -> Cover:
    return Cover(kind, person, instead_of, MONDAY + HOUR, MONDAY + (1 + hours) * HOUR)


def test_the_turn_changes_at_the_handover_and_not_before() -> None:
    roster = Roster((TWO,))
    assert who(roster, MONDAY - timedelta(seconds=1)) == [BRAM]
    assert who(roster, MONDAY) == [ANNA]
    assert until(roster, ANNA, MONDAY) == MONDAY + timedelta(weeks=1)


def test_replace_holds_within_its_bounds_only() -> None:
    roster = Roster((TWO,), (cover("replace", CARLA, ANNA),))
    assert who(roster, MONDAY) == [ANNA]
    assert who(roster, MONDAY + HOUR) == [CARLA]
    assert who(roster, MONDAY + 3 * HOUR) == [ANNA]
    assert until(roster, CARLA, MONDAY + HOUR) == MONDAY + 3 * HOUR
    assert until(roster, ANNA, MONDAY) == MONDAY + HOUR


def test_replacing_somebody_who_is_not_on_call_changes_nothing() -> None:
    roster = Roster((TWO,), (cover("replace", CARLA, BRAM),))
    assert who(roster, MONDAY + HOUR) == [ANNA]


def test_a_cover_of_a_cover_holds() -> None:
    roster = Roster((TWO,), (cover("replace", BRAM, ANNA), cover("replace", CARLA, BRAM)))
    assert who(roster, MONDAY + HOUR) == [CARLA]


def test_add_takes_nobody_off_and_remove_can_leave_a_gap() -> None:
    assert who(Roster((TWO,), (cover("add", CARLA),)), MONDAY + HOUR) == [ANNA, CARLA]
    gap = Roster((TWO,), (cover("remove", ANNA),))
    assert who(gap, MONDAY + HOUR) == []
    assert next_change(gap, MONDAY + HOUR) is not None


def test_whoever_left_is_passed_over_for_the_next_in_line() -> None:
    assert who(Roster((Layer("Weekly", WEEKLY, (ANNA, BRAM), away=frozenset({ANNA})),)), MONDAY) == [BRAM]
    assert who(Roster((Layer("Weekly", WEEKLY, (ANNA,), away=frozenset({ANNA})),)), MONDAY) == []


def test_a_rotation_of_one_has_no_end_in_sight() -> None:
    alone = Roster((Layer("Weekly", WEEKLY, (ANNA,)),))
    assert until(alone, ANNA, MONDAY) is None
    assert next_change(alone, MONDAY) is None


def test_the_next_change_is_to_other_people_not_merely_another_shift() -> None:
    alone_then_covered = Roster(
        (Layer("Weekly", WEEKLY, (ANNA,)),),
        (Cover("replace", BRAM, ANNA, MONDAY + timedelta(days=10), MONDAY + timedelta(days=11)),),
    )
    found = next_change(alone_then_covered, MONDAY)
    assert found is not None
    assert (found[0], list(found[1])) == (MONDAY + timedelta(days=10), [BRAM])


def test_two_rotations_put_two_people_on_call() -> None:
    second = Layer("Second line", WEEKLY, (CARLA, ANNA))
    assert who(Roster((TWO, second)), MONDAY) == [ANNA, CARLA]
