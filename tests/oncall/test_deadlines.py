"""Deadlines whose work fails: they stay due, and starve nobody."""

from datetime import datetime, timedelta

import pytest

from config.tenancy import deadlines
from config.tenancy.deadlines import Deadlines
from config.tenancy.pauses import LONGEST, REMEMBERED, Pauses
from oncall.models import Escalation
from tests.conftest import START
from tests.oncall.conftest import Pager


def test_rows_that_cannot_be_worked_leave_the_batch_to_others(
    pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "BATCH", 2)
    rows = [pager.start(pager.policy(["bram"], called=f"P{n}"), run=False, key=f"INC-{n}") for n in range(3)]
    for number, row in enumerate(rows):
        Escalation.objects.filter(pk=row.pk).update(remind_at=pager.now + timedelta(seconds=number))
    tried: list[int] = []

    def work(pk: int, now: datetime) -> bool:
        tried.append(pk)
        if pk != rows[2].pk:
            raise KeyError(pk)
        return bool(Escalation.objects.filter(pk=pk).update(remind_at=None))

    due = Deadlines("test", Escalation, "remind_at", work)
    pager.clock.move(seconds=10)
    assert (due.run(pager.now), due.run(pager.now), due.run(pager.now)) == (0, 1, 0)
    assert tried == [row.pk for row in rows]
    assert due.oldest_due(pager.now) == START  # the health page goes on saying so
    pager.clock.move(seconds=2)
    due.run(pager.now)
    assert tried == [row.pk for row in rows] + [rows[0].pk, rows[1].pk]


def test_a_pause_grows_is_forgotten_by_success_and_by_a_clock_that_is_set_back() -> None:
    pauses, now, waits = Pauses(), START, []
    for _ in range(9):
        pauses.failed(1, now)
        second = next(s for s in range(1, 400) if not pauses.waiting(now + timedelta(seconds=s)))
        waits.append(second)
        now += timedelta(seconds=second)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, LONGEST.total_seconds()]
    assert pauses.waiting(now - timedelta(hours=1)) == []
    pauses.worked(1)
    pauses.failed(1, now)
    assert pauses.waiting(now + timedelta(seconds=2)) == []
    for pk in range(2 * REMEMBERED):
        pauses.failed(pk, now)
    assert len(pauses.waiting(now)) == REMEMBERED
