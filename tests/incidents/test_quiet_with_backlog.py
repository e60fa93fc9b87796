"""Silence is what the source does, not what workers have not got to yet."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from incidents.operations import processing, silence
from incidents.operations.sources import save_source
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, alert
from tests.incidents.test_grouping import source_of


@pytest.fixture
def shop(db: None, moved_clock: MovedClock) -> Shop:
    made = Shop(moved_clock)
    source_of(made, quiet_ends_after_minutes=5)
    return made


def test_nothing_is_quiet_while_a_post_of_its_source_waits(shop: Shop) -> None:
    shop.fire("Errors")
    shop.clock.move(minutes=4)
    shop.alertmanager(alert("Errors"))
    said = shop.clock.now()
    shop.clock.move(minutes=2)
    silence.WORK.run(shop.clock.now())
    [only] = shop.alerts()
    assert (only.is_open, only.silent_at) == (True, shop.clock.now() + timedelta(minutes=1))
    processing.run(shop.clock.now())
    [only] = shop.alerts()
    assert (only.count, only.last_seen, only.is_open) == (2, said, True)
    shop.run_for(minutes=12)
    assert shop.outcomes() == ["processed"] * 2


def test_it_is_over_from_when_it_was_believed_no_longer(shop: Shop) -> None:
    shop.fire("Errors")
    until = shop.clock.now() + timedelta(minutes=5)
    shop.clock.move(minutes=30)
    shop.run()
    [only] = shop.alerts()
    assert (only.is_open, only.resolved_at) == (False, until)
    assert shop.incident().is_open


def test_a_change_of_the_minutes_locks_alerts_in_the_order_of_their_ids(shop: Shop) -> None:
    shop.alertmanager(alert("Errors"), alert("Latency"))
    shop.run()
    source = shop.made.source
    with shop.scope(), CaptureQueriesContext(connection) as captured:
        source.quiet_ends_after_minutes = 7
        save_source(source=source, actor=ENGINE, now=shop.clock.now())
    locks = [
        one["sql"]
        for one in captured
        if '"incidents_alert"' in one["sql"] and "FOR NO KEY UPDATE" in one["sql"]
    ]
    assert len(locks) == 1
    assert locks[0].startswith('SELECT "incidents_alert"."id"')
    assert "ORDER BY 1 ASC" in locks[0]
    ends = shop.clock.now() + timedelta(minutes=7)
    assert {found.silent_at for found in shop.alerts()} == {ends}
