"""What is worked again is as it was the first time: of when it came in, a test if it was one, in no limit."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from incidents.adapters import Action, IncomingAlert
from incidents.models import InboundEvent, SourceMinute
from incidents.operations import processing
from incidents.operations.alerts import trigger_alert
from incidents.operations.replaying import replay_events
from incidents.operations.source_tests import send_test
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, pages
from tests.incidents.test_grouping import source_of


@pytest.fixture
def shop(db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


def again(shop: Shop, *events: InboundEvent) -> None:
    with shop.scope():
        actor = shop.made.owner.as_actor()
        replay_events(ids=[event.pk for event in events], actor=actor, now=shop.clock.now())
    shop.run()


def test_an_old_all_clear_ends_nothing_that_began_since(shop: Shop) -> None:
    shop.send("trigger", "k")
    shop.clock.move(minutes=1)
    shop.send("resolve", "k")
    old = shop.posts()[-1]
    shop.clock.move(hours=5)
    shop.send("trigger", "k")
    again(shop, old)
    # And once more of what was worked again: the first one is what counts.
    again(shop, shop.posts()[-1])
    assert [found.is_open for found in shop.alerts()] == [False, True]
    assert shop.outcomes()[-2:] == ["dropped", "dropped"]


def test_an_old_report_is_of_when_it_came_in(shop: Shop) -> None:
    shop.post(f"/ingest/{shop.key}/json", {"name": "disk full", "key": "disk"})
    came_in = shop.clock.now()
    shop.run()
    shop.clock.move(hours=5)
    source_of(shop, mapping={"key": "$.name"})
    again(shop, shop.posts()[0])
    first, mended = shop.alerts()
    assert (mended.dedup_key, mended.first_seen) == ("disk full", came_in)
    assert first.is_open


def test_a_test_stays_one(shop: Shop) -> None:
    with shop.scope():
        actor, now = shop.made.owner.as_actor(), shop.clock.now()
        test = send_test(source=shop.made.source, actor=actor, now=now)
    shop.run()
    shop.clock.move(hours=5)
    again(shop, test)
    again(shop, shop.posts()[-1])
    assert [found.is_test for found in shop.alerts()] == [True] * 3
    assert shop.alerts()[-1].is_open
    assert (shop.incidents(), pages()) == ([], [])


def test_it_counts_against_no_limit(shop: Shop) -> None:
    source_of(shop, limit_per_minute=10)
    for number in range(25):
        shop.clock.move(minutes=1)
        shop.post(f"/ingest/{shop.key}/json", {"name": "x", "key": "one", "real": f"k{number}"})
    shop.run()
    source_of(shop, mapping={"key": "$.real"})
    shop.clock.move(minutes=1)
    again(shop, *shop.posts())
    assert Counter(shop.outcomes()) == {"processed": 50}
    assert len(shop.alerts()) == 26
    with shop.scope():
        assert not SourceMinute.objects.filter(minute__gte=shop.clock.now() - timedelta(seconds=59)).exists()


def test_a_test_of_a_tool_does_not_reopen_what_was_real(shop: Shop) -> None:
    source_of(shop, reopen_minutes=10)
    shop.send("trigger", "k")
    shop.clock.move(minutes=1)
    shop.send("resolve", "k")
    shop.clock.move(minutes=1)
    source = shop.made.source
    given = IncomingAlert(action=Action.TRIGGER, dedup_key="k", title="a test", is_test=True)
    with shop.scope():
        trigger_alert(source=source, incoming=given, actor=source.as_actor(), now=shop.clock.now())
    real, test = shop.alerts()
    assert (real.is_open, real.is_test, real.count) == (False, False, 1)
    assert (test.is_test, test.incident, test.flaps) == (True, None, 0)


def test_halves_find_the_one_that_spoils_the_chunk(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    real = processing.take_alerts
    sizes: list[int] = []

    def spoiled(**given: object) -> object:
        reports = given["reports"]
        sizes.append(len(reports))  # type: ignore[arg-type]
        if any(one.incoming.dedup_key == "k11" for one in reports):  # type: ignore[attr-defined]
            raise RuntimeError("spoiled")
        return real(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(processing, "take_alerts", spoiled)
    now, source = shop.clock.now(), shop.made.source
    with shop.scope():
        for number in range(64):
            body = json.dumps({"name": f"n{number}", "key": f"k{number}"}).encode()
            row = InboundEvent(source_id=source.pk, format="json", body=body, received_at=now)
            row.tenant_id = source.tenant_id
            row.save()
    shop.run()
    assert Counter(shop.outcomes()) == {"processed": 63, "quarantined": 1}
    assert shop.outcomes()[11] == "quarantined"
    # Seven that fail (64 to 1), six good halves, and the page for what was set apart.
    assert len(sizes) == 14
