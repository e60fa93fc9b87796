from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from oncall import ladder
from oncall.ladder import FOOT, Ladder, Place, Rung, Target

ANNA, BRAM = Target("person", 1, "Anna"), Target("person", 2, "Bram")
TWO = Ladder("Default", 1, (Rung(5, (ANNA,)), Rung(10, (BRAM,))))
ladders = st.builds(
    Ladder,
    name=st.just("x"),
    repeat=st.integers(0, 9),
    rungs=st.lists(st.builds(Rung, st.integers(1, 9000), st.just((ANNA,))), min_size=1, max_size=6).map(
        tuple
    ),
)


def climb(climbed: Ladder) -> list[Place]:
    """Every place that fires, from the foot to exhaustion."""
    place, fired = FOOT, []
    while ladder.at(climbed, place) is not None:
        fired.append(ladder.settled(climbed, place))
        place = ladder.after(climbed, place)
    return fired


def test_two_steps_repeated_once_fire_four_times_and_end() -> None:
    assert climb(TWO) == [(0, 0), (1, 0), (0, 1), (1, 1)]


@given(ladders)
def test_every_rung_fires_once_a_round_in_order_whatever_the_policy(some: Ladder) -> None:
    rungs = range(len(some.rungs))
    assert climb(some) == [(rung, loop) for loop in range(some.repeat + 1) for rung in rungs]


@given(ladders)
def test_a_snapshot_survives_storage(some: Ladder) -> None:
    assert Ladder.from_json(some.as_json()) == some


def test_an_empty_rung_gives_way_to_those_after_it_each_once() -> None:
    assert list(ladder.candidates(TWO, Place(1, 0))) == [(1, 0), (0, 1)]
    assert list(ladder.candidates(TWO, Place(1, 1))) == [(1, 1)]
    assert list(ladder.candidates(TWO, Place(0, 2))) == []


def test_it_is_due_only_while_paging_and_from_its_moment_on() -> None:
    from tests.conftest import START

    assert ladder.is_due("paging", START, START)
    assert not ladder.is_due("paging", START + timedelta(microseconds=1), START)
    assert not ladder.is_due("acknowledged", START, START)
    assert not ladder.is_due("paging", None, START)
