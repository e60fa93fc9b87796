"""Many posts and several workers at the same moment, with real transactions."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from config.env import PROJECT
from incidents.operations import inbound_claims, processing
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, alert, pages

pytestmark = pytest.mark.django_db(transaction=True)

DIES_READING = """
import os, signal
import django
django.setup()
from django.utils.dateparse import parse_datetime
from incidents.operations import processing
processing.adapters.read = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
processing.run(parse_datetime(os.environ["AT"]))
"""


@pytest.fixture
def shop(transactional_db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """All of them, each in a thread and on a connection of its own; raises what any of them raised."""

    def alone(deed: Callable[[], object]) -> object:
        try:
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(alone, deeds))


def test_fifty_identical_posts_at_once_are_one_incident_and_one_page(shop: Shop) -> None:
    now = shop.clock.now()
    posts = [lambda: shop.alertmanager(alert("Errors")) for _ in range(50)]
    workers = [lambda: processing.run(now) for _ in range(6)]
    at_once(*posts[:25], *workers[:3], *posts[25:], *workers[3:])
    shop.run()
    [only] = shop.alerts()
    assert (only.count, only.incident) == (50, shop.incident())
    assert shop.outcomes() == ["processed"] * 50
    assert len(pages()) == 1


def test_different_alerts_of_a_service_at_once_open_one_incident(shop: Shop) -> None:
    for number in range(30):
        shop.alertmanager(alert(f"Alert{number}"))
    now = shop.clock.now()
    # One claim would take them all: each worker gets a share by hand.
    claimed = inbound_claims.claim_fresh(now)
    at_once(*(lambda share=claimed[n::3]: processing._work(share, now) for n in range(3)))
    shop.run()
    assert len(shop.alerts()) == 30
    assert {found.incident for found in shop.alerts()} == {shop.incident()}
    assert len(pages()) == 1


def test_posts_of_a_tenant_that_another_worker_has_are_passed_by(shop: Shop) -> None:
    """Else a storm of one would have all workers wait for their turn, and nobody serve the others."""
    quiet = Shop(shop.clock, "quiet")
    now = shop.clock.now()
    shop.alertmanager(alert("Errors"))
    quiet.alertmanager(alert("Errors"))
    with transaction.atomic():
        inbound_claims.take_the_tenant(shop.made.tenant.pk)
        assert at_once(lambda: processing.run(now)) == [1]
    assert (shop.outcomes(), quiet.outcomes()) == (["pending"], ["processed"])
    assert processing.run(now) == 1
    assert shop.outcomes() == ["processed"]


def test_workers_at_once_work_each_post_once(shop: Shop) -> None:
    for number in range(20):
        shop.alertmanager(alert(f"Alert{number % 4}"))
    now = shop.clock.now()
    done = at_once(*[lambda: processing.run(now)] * 5)
    assert sum(int(str(one)) for one in done) == 20
    assert sum(found.count for found in shop.alerts()) == 20


@pytest.mark.processes
def test_a_worker_killed_while_reading_loses_nothing(shop: Shop) -> None:
    """kill -9 of a real process: the attempt is on record, the post stays, and pages when the lease ends."""
    shop.alertmanager(alert("Errors"))
    now = shop.clock.now()
    name = str(connection.settings_dict["NAME"])
    environment = os.environ | {"AT": now.isoformat(), "DJANGO_SETTINGS_MODULE": "config.settings"}
    program = f"from config import settings\nsettings.DATABASES['default']['NAME'] = {name!r}\n{DIES_READING}"
    died = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, env=environment, timeout=60, check=False
    )
    assert died.returncode == -signal.SIGKILL
    [post] = shop.posts()
    assert (post.outcome, post.attempts) == ("pending", 1)
    shop.run()
    assert shop.incidents() == []
    shop.clock.set(now + inbound_claims.LEASE)
    shop.run()
    assert shop.incident().summary == "Errors is bad"
    assert len(pages()) == 1
