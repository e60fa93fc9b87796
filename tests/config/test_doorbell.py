"""The doorbell: rings after the commit, in a thread of its own, and never makes anybody wait."""

import threading
from collections.abc import Iterator
from unittest import mock

import pytest
from django.db import transaction

from config import clock, doorbell
from tests.conftest import Bells


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(name: str, queue: str) -> clock.DueWork:
        return clock.DueWork(name, lambda now: 0, lambda now: None, lambda now: None, queue=queue)

    named = {"steps": work("steps", "clock"), "sends": work("sends", "send")}
    monkeypatch.setattr(clock, "_registry", named)


@pytest.mark.django_db(transaction=True)
def test_it_rings_after_the_commit_and_not_before(works: None, bells: Bells) -> None:
    with transaction.atomic():
        doorbell.ring("steps")
        assert bells == []
    assert bells == ["steps"]


@pytest.mark.django_db(transaction=True)
def test_it_does_not_ring_for_what_was_rolled_back(works: None, bells: Bells) -> None:
    with transaction.atomic():
        doorbell.ring("steps")
        transaction.set_rollback(True)
    assert bells == []


def test_a_name_nobody_registered_is_a_mistake(works: None) -> None:
    with pytest.raises(KeyError):
        doorbell.ring("no such work")


class Street:
    """Stands where the broker would: keeps what is published, or does not answer."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, str]] = []
        self.arrived = threading.Semaphore(0)
        self.open = threading.Event()
        self.open.set()
        self.broken = False

    def send_task(self, task: str, args: list[str], queue: str, **kwargs: object) -> None:
        assert task == doorbell.TASK
        self.open.wait(20)
        self.rung.append((args[0], queue))
        self.arrived.release()
        if self.broken:
            raise ConnectionError("nobody there")


@pytest.fixture
def street(monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    stands = Street()
    monkeypatch.setattr(doorbell._producer, "send_task", stands.send_task)
    yield stands
    stands.open.set()


def test_a_bell_reaches_its_queue(street: Street) -> None:
    doorbell._Bell().want("sends", "send")
    assert street.arrived.acquire(timeout=20)
    assert street.rung == [("sends", "send")]


def test_who_rings_never_waits_and_rings_are_gathered(street: Street) -> None:
    """The broker hangs: a thousand rings return at once, and are one when it answers again."""
    street.open.clear()
    bell = doorbell._Bell()
    for _ in range(1000):
        bell.want("steps", "clock")
    street.open.set()
    assert street.arrived.acquire(timeout=20)
    bell.want("last", "clock")
    while ("last", "clock") not in street.rung:
        assert street.arrived.acquire(timeout=20)
    assert len(street.rung) <= 3


def test_a_broker_that_refuses_is_left_alone_for_a_second(street: Street) -> None:
    street.broken = True
    bell = doorbell._Bell()
    bell._publish("steps", "clock")
    bell._publish("steps", "clock")
    assert len(street.rung) == 1
    with mock.patch.object(doorbell.time, "monotonic", return_value=bell._broken_until):
        bell._publish("steps", "clock")
    assert len(street.rung) == 2


def test_a_process_that_was_forked_rings_with_a_thread_of_its_own(street: Street) -> None:
    bell = doorbell._Bell()
    dead = threading.Thread(target=lambda: None)
    dead.start()
    dead.join()
    bell._thread = dead  # what a fork leaves behind
    bell.want("steps", "clock")
    assert street.arrived.acquire(timeout=20)
    assert bell._thread is not dead
