"""Small marks: how long ago something was."""

from datetime import timedelta

import pytest

from incidents.drawing import ago
from tests.conftest import START


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (timedelta(0), "just now"),
        (timedelta(minutes=2), "2 min ago"),
        (timedelta(hours=23, minutes=59), "23 h 59 min ago"),
        (timedelta(hours=25), "1 day ago"),
        (timedelta(hours=43, minutes=24), "2 days ago"),
        (timedelta(days=9), "9 days ago"),
    ],
)
def test_beyond_a_day_it_is_said_in_days(since: timedelta, said: str) -> None:
    assert f">{said}</time>" in str(ago(START - since, START))
