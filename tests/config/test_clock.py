"""The clock: the database's time, due work by name, and beat's second hand."""

from datetime import datetime, timedelta

import pytest
from django.db import ProgrammingError, connection

from config import clock, doorbell, tasks
from config.tenancy.models import Pulse
from tests.conftest import START, Bells, MovedClock


def work(name: str = "test.work", **kwargs: object) -> clock.DueWork:
    words = {
        "run": lambda now: 0,
        "oldest_due": lambda now: None,
        "next_due": lambda now: None,
        **kwargs,
    }
    return clock.DueWork(name, **words)  # type: ignore[arg-type]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, clock.DueWork]:
    only: dict[str, clock.DueWork] = {}
    monkeypatch.setattr(clock, "_registry", only)
    return only


def test_now_is_the_databases_time(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        before = cursor.fetchone()[0]
        now = clock.now()
        cursor.execute("SELECT clock_timestamp()")
        after = cursor.fetchone()[0]
    assert before <= now <= after
    assert now.utcoffset() == timedelta(0)


def test_due_work_runs_until_none_is_left(registry: dict[str, clock.DueWork]) -> None:
    batches = [3, 2, 0, 7]
    clock.register(work(run=lambda now: batches.pop(0)))
    assert clock.run_due("test.work", START) == 5
    assert batches == [7]


def test_due_work_that_never_ends_is_left_to_the_next_bell(registry: dict[str, clock.DueWork]) -> None:
    clock.register(work(run=lambda now: 1))
    assert clock.run_due("test.work", START) == 100


def test_a_name_is_registered_once(registry: dict[str, clock.DueWork]) -> None:
    clock.register(work())
    second = work()
    clock.register(second)
    assert clock.works() == [second]


def test_the_tick_rings_for_what_is_due_and_leaves_a_pulse(
    db: None, registry: dict[str, clock.DueWork], bells: Bells, moved_clock: MovedClock
) -> None:
    clock.register(work("due", oldest_due=lambda now: now))
    clock.register(work("not due"))
    tasks.tick()
    assert bells == ["due"]
    assert Pulse.objects.get(name="beat").at == START


def test_the_tick_sets_an_alarm_for_the_coming_second(
    db: None, registry: dict[str, clock.DueWork], moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms = set_alarms(monkeypatch)
    clock.register(work("soon", next_due=lambda now: now + timedelta(seconds=0.4)))
    clock.register(work("later", next_due=lambda now: now + timedelta(seconds=1.2)))
    tasks.tick()
    assert alarms == [("soon", "clock", 0.402)]


def set_alarms(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, float]]:
    """The alarms that are set from now on, instead of ringing."""
    alarms: list[tuple[str, str, float]] = []
    monkeypatch.setattr(
        doorbell, "ring_in", lambda name, queue, seconds: alarms.append((name, queue, round(seconds, 3)))
    )
    return alarms


def test_work_that_was_done_sets_an_alarm_for_the_next_of_its_kind(
    db: None, registry: dict[str, clock.DueWork], moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two deadlines within one second, the tick knows the first."""
    alarms = set_alarms(monkeypatch)
    clock.register(work("steps", next_due=lambda now: now + timedelta(seconds=0.3)))
    tasks.run_due("steps")
    assert alarms == [("steps", "clock", 0.302)]


def test_an_earlier_alarm_stands_for_a_later_one(monkeypatch: pytest.MonkeyPatch) -> None:
    moment, started = [100.0], []

    class Timer:
        def __init__(self, seconds: float, deed: object) -> None:
            self.seconds = seconds

        def start(self) -> None:
            started.append(self.seconds)

    monkeypatch.setattr(doorbell.threading, "Timer", Timer)
    monkeypatch.setattr(doorbell.time, "monotonic", lambda: moment[0])
    alarms = doorbell._Alarms()
    for seconds in (0.5, 0.7, 0.2):
        alarms.set("steps", "clock", seconds)
    alarms.set("acks", "clock", 0.6)
    moment[0] += 0.5
    alarms.set("steps", "clock", 0.3)
    assert started == [0.5, 0.2, 0.6, 0.3]


def test_the_mails_of_signing_in_are_due_work() -> None:
    assert {work.name: work.queue for work in clock.works()}["tenancy.mails"] == "send"


def test_time_goes_on_while_due_work_runs(
    registry: dict[str, clock.DueWork], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease that is reckoned from when the first batch began would be over before the tenth begins."""
    passed = iter([0.0, 0.2, 15.0, 40.0])
    monkeypatch.setattr(clock.time, "monotonic", lambda: next(passed))
    seen: list[float] = []

    def run(now: datetime) -> int:
        seen.append((now - START).total_seconds())
        return 3 - len(seen)

    clock.register(work(run=run))
    clock.run_due("test.work", START)
    assert seen == [0, 15, 40]


def test_work_that_cannot_tell_what_is_due_does_not_silence_the_rest(
    db: None, registry: dict[str, clock.DueWork], bells: Bells, moved_clock: MovedClock
) -> None:
    def broken(now: datetime) -> datetime | None:
        raise ProgrammingError("no such column")

    clock.register(work("broken", oldest_due=broken))
    clock.register(work("due", oldest_due=lambda now: now))
    tasks.tick()
    assert bells == ["due"]
