"""The third hand: does what is late, alone; does nothing in ordinary running; outlives the database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from unittest import mock

import pytest
import structlog
from django.core.management import call_command
from django.db import connection
from django.db.utils import OperationalError, ProgrammingError
from structlog.testing import capture_logs

from config import clock, watchdog
from config.tenancy.models import Pulse
from config.watchdog import Watchdog
from tests.conftest import START, MovedClock


class Fake:
    """Due work with rows that are only their due times."""

    def __init__(self, name: str, *due: datetime) -> None:
        self.name, self.rows, self.broken, self.repairs = name, list(due), False, 0

    def run(self, now: datetime) -> int:
        if self.broken:
            raise ValueError("poison")
        worked = [row for row in self.rows if row <= now]
        self.rows = [row for row in self.rows if row > now]
        return len(worked)

    def repair(self, now: datetime) -> int:
        self.repairs += 1
        return 0

    def as_work(self) -> clock.DueWork:
        return clock.DueWork(
            self.name,
            self.run,
            oldest_due=lambda now: min((row for row in self.rows if row <= now), default=None),
            next_due=lambda now: min((row for row in self.rows if row > now), default=None),
            repair=self.repair,
        )


Register = Callable[..., None]


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    monkeypatch.setattr(clock, "_registry", {})
    monkeypatch.setattr(watchdog, "log", structlog.get_logger("watchdog under test"))

    def put(*fakes: Fake) -> None:
        for fake in fakes:
            clock.register(fake.as_work())

    return put


@pytest.fixture
def dog(db: None, moved_clock: MovedClock) -> Watchdog:
    return Watchdog(side_by_side=False)


def said(logs: list, event: str) -> list:
    return [entry for entry in logs if entry["event"] == event]


def test_in_ordinary_running_it_does_nothing(
    register: Register, dog: Watchdog, moved_clock: MovedClock
) -> None:
    fake = Fake("steps", START, START + timedelta(seconds=30))
    register(fake)
    with capture_logs() as logs:
        for _ in range(60):  # a worker takes each row within three seconds of its time
            dog.look()
            moved_clock.move(seconds=1)
            if fake.rows and moved_clock.now() - fake.rows[0] >= timedelta(seconds=2):
                fake.run(moved_clock.now())
    assert fake.rows == []
    assert said(logs, "watchdog_ran") == []


def test_it_runs_what_is_three_seconds_late_and_says_so_once(
    register: Register, dog: Watchdog, moved_clock: MovedClock
) -> None:
    fake = Fake("steps", START)
    register(fake)
    moved_clock.move(seconds=2.9)
    dog.look()
    assert fake.rows == [START]
    moved_clock.move(seconds=0.1)
    with capture_logs() as logs:
        dog.look()
        dog.look()
    assert fake.rows == []
    assert said(logs, "watchdog_ran") == [
        {"event": "watchdog_ran", "log_level": "warning", "work": "steps", "rows": 1, "late_seconds": 3.0}
    ]


def test_work_that_fails_does_not_stop_the_other(
    register: Register, dog: Watchdog, moved_clock: MovedClock
) -> None:
    broken, fine = Fake("broken", START), Fake("fine", START)
    broken.broken = True
    register(broken, fine)
    moved_clock.move(seconds=5)
    with capture_logs() as logs:
        dog.look()
    assert fine.rows == []
    assert [entry["work"] for entry in said(logs, "watchdog_failed")] == ["broken"]
    assert Pulse.objects.get(name="watchdog").at == moved_clock.now()


def test_it_repairs_once_a_minute(register: Register, dog: Watchdog, moved_clock: MovedClock) -> None:
    fake = Fake("steps")
    register(fake)
    for _ in range(121):
        dog.look()
        moved_clock.move(seconds=1)
    assert fake.repairs == 3


def test_it_leaves_a_pulse(register: Register, dog: Watchdog, moved_clock: MovedClock) -> None:
    register()
    dog.look()
    moved_clock.move(seconds=10)
    dog.look()
    assert Pulse.objects.get(name="watchdog").at == START + timedelta(seconds=10)


def test_it_outlives_a_database_that_goes_away_and_says_so_once(
    register: Register, dog: Watchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(Fake("steps"))
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(connection, "close_pool", lambda: None)
    with capture_logs() as logs:
        with mock.patch.object(clock, "now", side_effect=OperationalError("gone")):
            for _ in range(3):
                dog.look_safely()
        for _ in range(3):
            dog.look_safely()
    events = [entry["event"] for entry in logs]
    assert events == ["watchdog_without_database", "watchdog_has_database_again"]


@pytest.mark.django_db(transaction=True)
def test_it_comes_back_after_every_backend_was_ended(register: Register) -> None:
    register(Fake("steps"))
    dog = Watchdog()
    dog.look()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        mine = cursor.fetchone()[0]
    import psycopg

    with psycopg.connect(**_plain(connection.get_connection_params()), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [mine])
    dog.look_safely()
    dog.look_safely()
    assert Pulse.objects.filter(name="watchdog").exists()


def _plain(params: dict) -> dict:
    kept = ("dbname", "user", "password", "host", "port")
    return {name: params[name] for name in kept if params.get(name)}


@pytest.mark.django_db(transaction=True)
def test_slow_work_does_not_hold_up_the_other(register: Register, moved_clock: MovedClock) -> None:
    import threading

    begun, let_go, done = threading.Event(), threading.Event(), threading.Event()
    slow, quick = Fake("slow", START), Fake("quick", START)

    def block(now: datetime) -> int:
        begun.set()
        assert let_go.wait(20)
        return 0

    slow.run = block  # type: ignore[method-assign]
    quick_run = quick.run
    quick.run = lambda now: (quick_run(now), done.set())[0]  # type: ignore[method-assign]
    register(slow, quick)
    moved_clock.move(seconds=5)
    dog = Watchdog()
    dog.look()
    assert begun.wait(20)
    assert done.wait(20)
    running = dog._at_work["slow"]
    dog.look()
    assert dog._at_work["slow"] is running, "the same work is not begun twice"
    let_go.set()
    for thread in dog._at_work.values():
        thread.join(20)


def test_the_command_looks_once(register: Register, db: None, moved_clock: MovedClock) -> None:
    fake = Fake("steps", START - timedelta(minutes=1))
    register(fake)
    call_command("watchdog", "--once")
    assert fake.rows == []


@pytest.mark.django_db(transaction=True)
def test_the_command_ends_by_itself_when_asked(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    monkeypatch.setattr(watchdog, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr("signal.signal", lambda *args: None)
    call_command("watchdog", "--max-seconds", "0.02")
    assert Pulse.objects.filter(name="watchdog").exists()


def test_work_that_cannot_tell_what_is_due_hides_no_other(
    register: Register, dog: Watchdog, moved_clock: MovedClock
) -> None:
    def broken(now: datetime) -> datetime | None:
        raise ProgrammingError("no such column")

    clock.register(replace(Fake("broken").as_work(), oldest_due=broken))
    late = Fake("late", START - timedelta(seconds=5))
    clock.register(late.as_work())
    with capture_logs() as logs:
        dog.look_safely()
    assert late.rows == []
    assert said(logs, "watchdog_cannot_tell")
    assert Pulse.objects.filter(name="watchdog").exists()
