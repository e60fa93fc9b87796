"""Heartbeats with real transactions: many workers, beats in between, a row that somebody holds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client

from config.tenancy import door_pool
from config.tenancy.actors import ENGINE
from config.tenancy.scoping import tenant_scope
from incidents.models import AlertSource, Heartbeat
from incidents.operations.heartbeats import save_heartbeat
from incidents.operations.missing import WORK
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, pages
from tests.incidents.test_alerts_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(transactional_db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


def make(shop: Shop, *slugs: str) -> None:
    with shop.scope():
        source = AlertSource.objects.get()
        for slug in slugs:
            row = Heartbeat(source=source, slug=slug, name=slug)
            save_heartbeat(heartbeat=row, actor=ENGINE, now=shop.clock.now())


def beat(shop: Shop, slug: str) -> None:
    assert shop.client.get(f"/ingest/{shop.key}/heartbeat/{slug}").status_code == 200


def states(shop: Shop) -> dict[str, str]:
    with shop.scope():
        return dict(Heartbeat.objects.values_list("slug", "state"))


def test_five_workers_at_once_flip_each_once_and_page_once(shop: Shop) -> None:
    slugs = [f"job-{number}" for number in range(12)]
    make(shop, *slugs)
    for slug in slugs:
        beat(shop, slug)
    now = shop.clock.move(minutes=65)
    at_once(*[lambda: WORK.run(now)] * 5)
    shop.run()
    assert set(states(shop).values()) == {"missing"}
    assert [(one.count, one.status) for one in shop.alerts()] == [(1, "triggered")] * 12
    assert {one.incident for one in shop.alerts()} == {shop.incident()}
    assert len(pages()) == 1


def test_beats_and_workers_at_once_end_in_agreement(shop: Shop) -> None:
    """Whoever comes first: what beats has no open alert in the end, what does not has one."""
    slugs = [f"job-{number}" for number in range(8)]
    make(shop, *slugs)
    for slug in slugs:
        beat(shop, slug)
    now = shop.clock.move(minutes=65)
    beats = [lambda slug=slug: beat(shop, slug) for slug in slugs[:4]]
    at_once(*beats, *[lambda: WORK.run(now)] * 4)
    shop.run()
    assert states(shop) == {slug: "beating" if slug in slugs[:4] else "missing" for slug in slugs}
    assert {one.labels["heartbeat"] for one in shop.alerts() if one.is_open} == set(slugs[4:])


def test_one_that_somebody_holds_keeps_no_other_waiting(shop: Shop) -> None:
    make(shop, "held", "free")
    beat(shop, "held")
    beat(shop, "free")
    now = shop.clock.move(minutes=65)
    with shop.scope(), transaction.atomic():
        Heartbeat.objects.select_for_update().get(slug="held")

        def work() -> int:
            try:
                return WORK.run(now)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(work).result(timeout=20) == 1
    assert states(shop) == {"held": "beating", "free": "missing"}
    shop.run()
    assert states(shop) == {"held": "missing", "free": "missing"}


def test_a_beat_that_has_to_wait_for_its_row_is_told_to_come_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doors have six connections for all tenants: none waits for long, and the beat is not lost silently."""
    make(shop, "backup")
    door_pool.close()
    monkeypatch.setattr(door_pool, "LOCK_TIMEOUT", "50ms")
    with shop.scope(), transaction.atomic():
        Heartbeat.objects.select_for_update().get()
        with ThreadPoolExecutor(1) as pool:
            path = f"/ingest/{shop.key}/heartbeat/backup"
            answer = pool.submit(Client(SERVER_NAME="localhost").get, path).result(timeout=20)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert states(shop) == {"backup": "new"}
    beat(shop, "backup")
    assert states(shop) == {"backup": "beating"}
    door_pool.close()


def test_the_statement_finds_its_row_whatever_the_planner_likes(shop: Shop) -> None:
    """Row security hides a row that is read before the tenant is bound: the order is not the planner's."""
    make(shop, "backup")
    for off in ("nestloop", "indexscan", "seqscan", "hashjoin", "mergejoin", "bitmapscan"):
        shop.clock.move(minutes=1)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL enable_{off} = off")
            beat(shop, "backup")
        with shop.scope():
            assert Heartbeat.objects.get().last_seen == shop.clock.now(), off


def test_due_is_due_in_both_tenants_in_turns(shop: Shop, moved_clock: MovedClock) -> None:
    other = Shop(moved_clock, "other-shop")
    for each in (shop, other):
        make(each, "backup")
        beat(each, "backup")
    now = moved_clock.move(minutes=65)
    assert WORK.oldest_due(now) == now
    assert WORK.run(now) == 2
    for each in (shop, other):
        with tenant_scope(each.made.tenant.pk):
            [row] = Heartbeat.objects.all()
            assert (row.state, row.last_seen) == ("missing", now - timedelta(minutes=65))
        assert [one.title for one in each.alerts()] == ["No heartbeat from backup for 1 h 5 min"]
