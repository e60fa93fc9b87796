"""How many Celery tasks alerts cost (PERFORMANCE: at most two an alert; a storm fewer than one)."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from config import doorbell, tasks
from tests.conftest import Bells, MovedClock
from tests.incidents.shop import Shop, alert, pages

pytestmark = pytest.mark.django_db
Committing = Callable[..., Any]


@pytest.fixture
def shop(moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


def come_in(shop: Shop, committing: Committing, *names: str) -> None:
    """Each a post of its own, worked when the last is in; what is rung after the commits is rung."""
    with committing(execute=True):
        for name in names:
            shop.alertmanager(alert(name))
    with committing(execute=True):
        shop.run()


def test_alerts_that_page_cost_at_most_two_each(
    shop: Shop, bells: Bells, django_capture_on_commit_callbacks: Committing
) -> None:
    """Though the bells that the doorbell gathers are counted one by one here."""
    bells.clear()
    come_in(shop, django_capture_on_commit_callbacks, *(f"Errors-{n}" for n in range(4)))
    assert (len(shop.alerts()), len(shop.incidents())) == (4, 1)
    assert set(bells) == {"incidents.inbound", "oncall.steps", "oncall.sends"}
    assert len(bells) <= 2 * 4


@pytest.mark.django_db(transaction=True)
def test_an_alert_that_pages_costs_two(shop: Shop, bells: Bells) -> None:
    """One worker takes it and decides whom to page; the other, of the slow world outside, sends."""
    bells.clear()
    shop.alertmanager(alert("Errors"))
    run = list(bells)
    for name in run:
        tasks.run_due(name)
        run += bells[len(run) :]
    assert run == ["incidents.inbound", "oncall.sends"]
    assert len(pages()) == 1


def test_one_that_joins_or_comes_again_costs_one(
    shop: Shop, bells: Bells, django_capture_on_commit_callbacks: Committing
) -> None:
    come_in(shop, django_capture_on_commit_callbacks, "Errors")
    for name in ("Errors", "Latency"):
        bells.clear()
        come_in(shop, django_capture_on_commit_callbacks, name)
        assert bells == ["incidents.inbound"]


def test_a_storm_coalesces_to_fewer_than_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Committing
) -> None:
    """By the doorbell itself: what is rung while a worker is rung for is one bell."""
    sent: list[str] = []
    last = threading.Event()

    def send_task(task: str, args: list[str], **kwargs: object) -> None:
        sent.append(args[0])
        if args[0] == "last":
            last.set()

    bell = doorbell._Bell()
    monkeypatch.setattr(doorbell._producer, "send_task", send_task)
    monkeypatch.setattr(doorbell, "publish", bell.want)
    come_in(shop, django_capture_on_commit_callbacks, *(f"Errors-{n}" for n in range(60)))
    bell.want("last", "clock")
    assert last.wait(20)
    assert len(shop.alerts()) == 60
    assert 1 <= len(sent) - 1 < 60
