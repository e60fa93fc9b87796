"""The doorbell: rings after the commit, in a thread of its own, and never makes anybody wait."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from unittest import mock

import pytest
from django.db import transaction

from config import clock, doorbell, tasks
from tests.conftest import START, Bells, MovedClock


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


class Hands:
    """Three kinds of work: alerts ring for steps and sends; steps may be done by whoever rings for them."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.broken = False
        self.waiting = {"alerts": 2, "steps": 1}

    def registry(self) -> dict[str, clock.DueWork]:
        def work(name: str, run: Callable[[datetime], int], **more: Any) -> clock.DueWork:
            return clock.DueWork(name, run, lambda now: None, lambda now: None, **more)

        return {
            "alerts": work("alerts", self.alerts),
            "steps": work("steps", self.steps, at_once=True),
            "sends": work("sends", lambda now: 0, queue="send", at_once=True),
        }

    def alerts(self, now: datetime) -> int:
        if not self.waiting["alerts"]:
            return 0
        self.waiting["alerts"] -= 1
        self.done.append("alerts")
        doorbell.ring("steps")
        doorbell.ring("sends")
        if self.broken:
            raise ZeroDivisionError
        return 1

    def steps(self, now: datetime) -> int:
        if self.waiting["steps"] < 0:
            raise ZeroDivisionError
        if not self.waiting["steps"]:
            return 0
        self.waiting["steps"] -= 1
        self.done.append("steps")
        doorbell.ring("steps")
        return 1


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch, moved_clock: MovedClock) -> Hands:
    found = Hands()
    monkeypatch.setattr(clock, "_registry", found.registry())
    return found


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_what_it_rings_for_itself_between_its_batches(hands: Hands, bells: Bells) -> None:
    tasks.run_due("alerts")
    assert hands.done == ["alerts", "steps", "alerts"]
    # What is of another queue is for its workers; and what steps ring for again is for other hands.
    assert bells == ["sends", "steps", "sends"]


@pytest.mark.django_db(transaction=True)
def test_its_own_kind_of_work_is_for_other_hands(hands: Hands, bells: Bells) -> None:
    tasks.run_due("steps")
    assert (hands.done, bells) == (["steps"], ["steps"])


@pytest.mark.django_db(transaction=True)
def test_what_a_worker_that_fails_had_in_hand_is_rung_for(hands: Hands, bells: Bells) -> None:
    hands.broken = True
    with pytest.raises(ZeroDivisionError):
        tasks.run_due("alerts")
    assert (hands.done, bells) == (["alerts"], ["sends", "steps"])
    doorbell.ring("steps")
    assert bells[2:] == ["steps"]


@pytest.mark.django_db(transaction=True)
def test_work_that_fails_in_hand_stops_nothing_and_is_rung_for(hands: Hands, bells: Bells) -> None:
    hands.waiting["steps"] = -1
    assert tasks.run_due("alerts") == 2
    assert (hands.done, bells) == (["alerts", "alerts"], ["sends", "steps"] * 2)


@pytest.mark.django_db(transaction=True)
def test_outside_a_worker_all_is_rung_for(hands: Hands, bells: Bells) -> None:
    clock.run_due("alerts", START)
    assert (hands.done, bells) == (["alerts", "alerts"], ["steps", "sends"] * 2)


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
