"""Who is on call, and why: layers, windows, several at once, absences, temporary schedules, covers, swaps."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.roster import (
    Absence,
    Cover,
    Duty,
    Layer,
    Roster,
    Skipped,
    Stint,
    Temporary,
    Window,
    gaps,
    next_change,
    on_duty,
    spans,
    until,
)
from oncall.rota import Rota

ANNA, BRAM, CARLA, DAAN = 1, 2, 3, 4
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 09:00 in Amsterdam
WEEKLY = Rota(AMSTERDAM, datetime(2026, 11, 23, 9, 0), "week", 1, 2)
DAILY = Rota(AMSTERDAM, datetime(2026, 11, 23, 0, 0), "day", 1, 3)
THREE = Rota(AMSTERDAM, datetime(2026, 11, 23, 9, 0), "day", 1, 3)
FOUR = Rota(AMSTERDAM, datetime(2026, 11, 23, 9, 0), "day", 1, 4)
DAY = timedelta(days=1)
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


def test_whoever_has_two_layers_at_once_is_on_call_for_the_first() -> None:
    both = Roster((TWO, Layer("Second line", WEEKLY, (ANNA, BRAM))))
    assert on_duty(both, MONDAY) == {ANNA: Duty(ANNA, "Weekly")}


def test_a_higher_layer_stands_in_the_place_of_lower_ones_only_where_it_has_somebody() -> None:
    nights = (Window(frozenset(range(1, 8)), time(18), time(9)),)
    night = Layer("Night", WEEKLY, (CARLA,), id=9, priority=1, windows=nights)
    roster = Roster((TWO, night))
    evening = MONDAY + 9 * HOUR  # 18:00
    assert who(roster, MONDAY) == [ANNA]
    assert who(roster, evening) == [CARLA]
    assert on_duty(roster, evening)[CARLA].layer_id == 9
    assert until(roster, CARLA, evening) == MONDAY + timedelta(days=1)
    gone = Layer("Night", WEEKLY, (CARLA,), frozenset({CARLA}), priority=1, windows=nights)
    assert who(Roster((TWO, gone)), evening) == [ANNA]


def test_several_at_once_are_those_next_in_line_and_never_one_twice() -> None:
    pairs = Layer("Pairs", THREE, (ANNA, BRAM, CARLA), at_once=2)
    assert who(Roster((pairs,)), MONDAY) == [ANNA, BRAM]
    assert who(Roster((pairs,)), MONDAY + DAY) == [BRAM, CARLA]
    twice = Layer("Pairs", THREE, (ANNA, ANNA, BRAM), at_once=2)
    assert who(Roster((twice,)), MONDAY) == [ANNA, BRAM]
    assert who(Roster((Layer("All", THREE, (ANNA, BRAM, ANNA), at_once=9),)), MONDAY) == [ANNA, BRAM]


def test_whoever_is_away_is_passed_over_and_it_is_said() -> None:
    roster = Roster((TWO,), absences=(Absence(ANNA, MONDAY + HOUR, MONDAY + 3 * HOUR),))
    assert [list(span.duties) for span in spans(roster, MONDAY, MONDAY + DAY)] == [[ANNA], [BRAM], [ANNA]]
    assert on_duty(roster, MONDAY + HOUR)[BRAM].skipped == (Skipped(ANNA, "away"),)
    assert on_duty(roster, MONDAY + 3 * HOUR)[ANNA].skipped == ()
    left = Roster((Layer("Weekly", WEEKLY, (ANNA, BRAM), away=frozenset({ANNA})),))
    assert on_duty(left, MONDAY)[BRAM].skipped == (Skipped(ANNA, "left"),)


def test_of_two_at_once_the_one_who_is_away_has_the_next_who_is_not_on_already() -> None:
    absences = (Absence(ANNA, MONDAY, MONDAY + DAY), Absence(CARLA, MONDAY, MONDAY + DAY))
    people = (ANNA, BRAM, CARLA, DAAN)
    roster = Roster((Layer("Pairs", FOUR, people, at_once=2),), absences=absences)
    assert on_duty(roster, MONDAY) == {
        BRAM: Duty(BRAM, "Pairs"),
        DAAN: Duty(DAAN, "Pairs", skipped=(Skipped(ANNA, "away"), Skipped(CARLA, "away"))),
    }


def test_where_nobody_is_left_to_stand_in_it_is_said_with_those_who_are_there() -> None:
    pair = Layer("Pairs", WEEKLY, (ANNA, BRAM), at_once=2)
    roster = Roster((pair,), absences=(Absence(ANNA, MONDAY, MONDAY + DAY),))
    assert on_duty(roster, MONDAY) == {BRAM: Duty(BRAM, "Pairs", skipped=(Skipped(ANNA, "away"),))}


def test_a_temporary_schedule_stands_in_the_place_of_the_layers_and_leaves_its_holes() -> None:
    stints = (
        Stint(CARLA, MONDAY + HOUR, MONDAY + 4 * HOUR),
        Stint(DAAN, MONDAY - DAY, MONDAY + 2 * HOUR),  # begins before: counts within the bounds only
    )
    whole = Temporary(7, "Christmas", MONDAY + HOUR, MONDAY + 5 * HOUR, stints)
    roster = Roster((TWO,), temporaries=(whole,))
    found = spans(roster, MONDAY, MONDAY + 6 * HOUR)
    assert [sorted(span.duties) for span in found] == [[ANNA], [CARLA, DAAN], [CARLA], [], [ANNA]]
    assert on_duty(roster, MONDAY + HOUR)[CARLA].temporary == whole
    assert gaps(roster, MONDAY, MONDAY + 6 * HOUR) == [(MONDAY + 4 * HOUR, MONDAY + 5 * HOUR)]


def test_a_cover_holds_within_a_temporary_schedule_and_keeps_what_it_covers() -> None:
    whole = Temporary(7, "Christmas", MONDAY, MONDAY + DAY, (Stint(CARLA, MONDAY, MONDAY + DAY),))
    roster = Roster((TWO,), (cover("replace", DAAN, CARLA),), (whole,))
    duty = on_duty(roster, MONDAY + HOUR)[DAAN]
    assert (duty.temporary, duty.cover) == (whole, roster.covers[0])


def test_a_swap_splits_the_shift_and_comes_after_the_overrides() -> None:
    covers = (cover("swap", CARLA, BRAM), cover("replace", BRAM, ANNA))
    roster = Roster((TWO,), covers)
    assert [list(span.duties) for span in spans(roster, MONDAY, MONDAY + DAY)] == [[ANNA], [CARLA], [ANNA]]
    duty = on_duty(roster, MONDAY + HOUR)[CARLA]
    assert (duty.cover, duty.layer) == (covers[0], "Weekly")


def test_a_gap_that_goes_on_is_cut_at_the_end() -> None:
    office = Layer("Office", WEEKLY, (ANNA,), windows=(Window(frozenset({1}), time(9), time(17)),))
    assert gaps(Roster((office,)), MONDAY, MONDAY + DAY) == [(MONDAY + 8 * HOUR, MONDAY + DAY)]
    assert gaps(Roster(()), MONDAY, MONDAY + DAY) == [(MONDAY, MONDAY + DAY)]
    assert spans(Roster((office,)), MONDAY, MONDAY) == []


@pytest.mark.parametrize(("rota", "start", "end"), [(DAILY, time(0), time(0)), (THREE, time(9), time(17))])
def test_on_weekdays_only_the_turns_pass_by_the_days_that_are_worked(
    rota: Rota, start: time, end: time
) -> None:
    """Sunday's shift ends as Monday's window opens: it is not worked."""
    weekdays = (Window(frozenset({1, 2, 3, 4, 5}), start, end),)
    calendar = Layer("Daily", rota, (ANNA, BRAM, CARLA), windows=weekdays)
    worked = Layer("Daily", rota, (ANNA, BRAM, CARLA), windows=weekdays, count_only_active=True)
    noon = MONDAY + 3 * HOUR

    def fortnight(layer: Layer) -> list[list[int]]:
        return [who(Roster((layer,)), noon + number * DAY) for number in (0, 1, 2, 3, 4, 5, 6, 7, 8)]

    a, b, c = [ANNA], [BRAM], [CARLA]
    assert fortnight(calendar) == [a, b, c, a, b, [], [], b, c]
    assert fortnight(worked) == [a, b, c, a, b, [], [], c, a]


def test_the_round_of_worked_shifts_is_the_same_years_later_and_earlier() -> None:
    weekdays = (Window(frozenset({1, 2, 3, 4, 5}), time(9), time(17)),)
    layer = Layer("Daily", DAILY, (ANNA, BRAM, CARLA), windows=weekdays, count_only_active=True)
    # 1500 weeks are 7500 worked days, a multiple of three.
    for weeks in (-1500, 1500):
        at = datetime(2026, 11, 23, 12, tzinfo=AMSTERDAM) + timedelta(weeks=weeks)
        assert [who(Roster((layer,)), at + number * DAY) for number in range(3)] == [[ANNA], [BRAM], [CARLA]]


def test_a_rotation_that_begins_on_a_closed_day_begins_with_the_first_in_line() -> None:
    saturday = Rota(AMSTERDAM, datetime(2026, 11, 21, 0, 0), "day", 1, 2)
    weekdays = (Window(frozenset({1, 2, 3, 4, 5}), time(9), time(17)),)
    layer = Layer("Daily", saturday, (ANNA, BRAM), windows=weekdays, count_only_active=True)
    assert who(Roster((layer,)), MONDAY + 3 * HOUR) == [ANNA]
    assert who(Roster((layer,)), MONDAY + 3 * HOUR + DAY) == [BRAM]


@pytest.mark.parametrize("windows", [(), (Window(frozenset(), time(9), time(17)),)])
def test_no_windows_are_always_open_and_windows_on_no_day_never(windows: tuple[Window, ...]) -> None:
    layer = Layer("Weekly", WEEKLY, (ANNA, BRAM), windows=windows, count_only_active=True)
    assert who(Roster((layer,)), MONDAY) == ([] if windows else [ANNA])


def test_a_window_across_midnight_belongs_to_the_day_it_began_on() -> None:
    friday = (Window(frozenset({5}), time(22), time(6)),)
    roster = Roster((Layer("Night", WEEKLY, (ANNA,), windows=friday),))
    opens = datetime(2026, 11, 27, 22, tzinfo=AMSTERDAM).astimezone(UTC)
    closed = [(MONDAY, opens), (opens + 8 * HOUR, MONDAY + timedelta(weeks=1))]
    assert gaps(roster, MONDAY, MONDAY + timedelta(weeks=1)) == closed


def test_on_the_night_with_25_hours_a_window_is_open_for_the_hour_that_comes_twice() -> None:
    layer = Layer("Night", WEEKLY, (ANNA,), windows=(Window(frozenset({7}), time(2), time(2, 30)),))
    night = datetime(2026, 10, 24, 22, tzinfo=UTC)
    [_before, span, _after] = spans(Roster((layer,)), night, night + 8 * HOUR)
    assert (span.start, span.end) == (night + 2 * HOUR, night + 3.5 * HOUR)
    spring = datetime(2026, 3, 28, 22, tzinfo=UTC)  # 02:00 to 03:00 is left out: it does not open
    assert gaps(Roster((layer,)), spring, spring + 8 * HOUR) == [(spring, spring + 8 * HOUR)]
