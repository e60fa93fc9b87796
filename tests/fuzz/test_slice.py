"""A slice of `python -m tests.fuzz`: the same requests each time, in the ordinary suite."""

import pytest

from tests.conftest import MovedClock
from tests.fuzz.addresses import ADDRESSES
from tests.fuzz.asking import asks
from tests.fuzz.run import Run, generate

OF_EACH = 100


@pytest.fixture
def run(db: None, moved_clock: MovedClock) -> Run:
    return Run(wait=lambda: moved_clock.move(seconds=2))


def test_whatever_is_posted_is_answered_and_can_be_followed(run: Run, moved_clock: MovedClock) -> None:
    for name in ADDRESSES:
        generate(run, OF_EACH, asks(name), derandomize=True)
        moved_clock.move(seconds=20)
    books = run.end()
    assert books.findings == []
    # Not an empty victory: most of it was taken, and it made a bit of everything.
    assert books.posts >= 14 * OF_EACH
    assert books.kept >= 3 * OF_EACH
    assert books.incidents > 10
    outcomes = {outcome for _format, outcome in books.outcomes}
    assert {"processed", "dropped", "quarantined"} <= outcomes
