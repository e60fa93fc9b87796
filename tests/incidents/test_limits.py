"""Over a limit nothing is refused and nothing is lost: counted, coalesced, told. Through the door."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from config.tenancy.actors import ENGINE
from incidents.models import SourceMinute
from incidents.operations.recovery import repair
from incidents.operations.sources import create_source
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, alert, pages
from tests.incidents.test_grouping import another_service, rule, said, source_of
from tests.incidents.test_storm import stored


@pytest.fixture
def shop(db: None, moved_clock: MovedClock) -> Shop:
    made = Shop(moved_clock)
    source_of(made, limit_per_minute=10)
    return made


def minutes(shop: Shop) -> list[tuple[int, int]]:
    with shop.scope():
        return list(SourceMinute.objects.order_by("minute").values_list("events", "over"))


def told() -> list[Any]:
    return [message for message in mail.outbox if "Over the limit" in message.subject]


def test_events_are_counted_in_the_minute_they_came_in(shop: Shop) -> None:
    for count in (3, 5):
        stored(shop, ["Errors"] * count)
        shop.run()
    shop.clock.move(minutes=1)
    shop.fire("Errors")
    assert minutes(shop) == [(8, 0), (1, 0)]


def test_new_alerts_over_it_come_together_in_one_and_every_event_is_accounted_for(shop: Shop) -> None:
    stored(shop, [f"Alert{number}" for number in range(25)])
    shop.run()
    *known, together = shop.alerts()
    assert (len(known), together.count, together.incident) == (10, 15, shop.incident())
    assert together.dedup_key == f"over-limit:{shop.made.service.uid}"
    assert Counter(shop.outcomes()) == {"processed": 10, "coalesced": 15}
    assert {tuple(post.alert_ids or ()) for post in shop.posts()[10:]} == {(together.pk,)}
    assert minutes(shop) == [(25, 15)]
    assert len(pages()) == 1


def test_what_is_known_goes_on_as_ever(shop: Shop) -> None:
    shop.fire("Errors", severity="error")
    stored(shop, ["Noise"] * 30)
    shop.run()
    shop.fire("Errors", severity="critical")
    assert (shop.alerts()[0].count, shop.incident().severity_word) == (2, "SEV1?")
    shop.clock.move(seconds=1)
    shop.clear("Errors")
    assert not shop.alerts()[0].is_open
    assert set(shop.outcomes()) == {"processed"}


def test_in_the_next_minute_they_are_alerts_of_their_own_and_the_one_ends_when_quiet(shop: Shop) -> None:
    stored(shop, [f"Alert{number}" for number in range(12)])
    shop.run()
    shop.clock.move(minutes=1)
    shop.fire("Alert11")
    assert len(shop.alerts()) == 12
    together = next(found for found in shop.alerts() if found.count == 2)
    assert together.silent_at == together.last_seen + timedelta(minutes=10)
    shop.run_for(minutes=10)
    assert not next(found for found in shop.alerts() if found.pk == together.pk).is_open


def test_it_is_as_bad_as_the_worst_of_them_and_goes_where_they_would(shop: Shop) -> None:
    database = another_service(shop)
    rule(shop, "db", service=database, conditions=[{"field": "title", "op": "glob", "value": "db*"}])
    rule(shop, "quiet", suppress=True, conditions=said("info"))
    stored(shop, ["Noise"] * 10)
    shop.alertmanager(alert("db-1", severity="warning"))
    shop.alertmanager(alert("db-2", severity="critical"))
    shop.alertmanager(alert("small", severity="info"))
    shop.run()
    by_count = sorted(shop.alerts(), key=lambda found: (-found.count, found.suppressed))
    noise, together, suppressed = by_count
    assert (noise.service_id, together.service_id) == (shop.made.service.pk, database.pk)
    assert (together.count, together.severity) == (2, "critical")
    assert (suppressed.suppressed, suppressed.incident) == (True, None)
    assert shop.outcomes()[10:] == ["coalesced"] * 3


def test_one_post_over_the_limit_still_pages(shop: Shop) -> None:
    stored(shop, ["Noise"] * 10)
    shop.run()
    source_of(shop, grouping="key")
    shop.clock.move(seconds=30)
    mail.outbox.clear()
    stored(shop, ["Fire"])
    shop.run()
    assert len(shop.incidents()) == 2


def test_all_sources_of_a_tenant_have_a_limit_too(shop: Shop, settings: Any) -> None:
    source_of(shop, limit_per_minute=1000)
    settings.INGEST_TENANT_PER_MINUTE = 5
    stored(shop, [f"Alert{number}" for number in range(8)])
    shop.run()
    assert Counter(shop.outcomes()) == {"processed": 5, "coalesced": 3}


def test_owners_are_told_once_an_hour(shop: Shop) -> None:
    for _minute in range(3):
        stored(shop, ["Noise"] * 12)
        shop.run()
        shop.clock.move(minutes=1)
    [message] = told()
    assert message.to == ["olga@shop.test"]
    assert "more than 10 events a minute" in message.body
    assert "Monitoring" in message.subject
    shop.clock.move(minutes=60)
    stored(shop, ["Noise"] * 12)
    shop.run()
    assert len(told()) == 2
    with shop.scope():
        shop.made.source.refresh_from_db()
    assert shop.made.source.over_limit_at == shop.clock.now()


def test_what_came_together_does_not_recover_by_itself(shop: Shop) -> None:
    """A critical that PagerDuty says once is in it: nobody knows that it is over because no more came."""
    stored(shop, ["Noise"] * 10)
    shop.send("trigger", "db-dead", summary="database is dead")
    shop.clock.move(seconds=1)
    shop.clear("Noise")
    before = len(pages())
    shop.run_for(minutes=40)
    assert shop.incident().is_open
    assert not any(found.is_open for found in shop.alerts())
    assert any("people end it" in text for _kind, text in shop.timeline())
    assert len(pages()) > before
    assert repair(shop.clock.now()) == 0


def test_over_the_tenants_limit_a_source_below_its_share_is_heard_as_ever(shop: Shop, settings: Any) -> None:
    settings.INGEST_TENANT_PER_MINUTE = 20
    source_of(shop, limit_per_minute=1000, grouping="key")
    now = shop.clock.now()
    with shop.scope():
        noisy, key = create_source(name="Noisy", service=shop.made.service, actor=ENGINE, now=now)
    for number in range(30):
        shop.post(f"/ingest/{key}/json", {"title": f"n{number}", "key": f"n{number}"})
    shop.run()
    assert Counter(shop.outcomes()) == {"processed": 20, "coalesced": 10}
    together = next(found for found in shop.alerts() if found.dedup_key.startswith("over-limit:"))
    assert (together.source_id, together.title) == (
        noisy.pk,
        "Over the limit: further alerts of Noisy, counted together",
    )
    for letter in "abc":
        shop.send("trigger", letter, summary=f"{letter} is dead")
    assert [found.summary for found in shop.incidents()[1:]] == ["a is dead", "b is dead", "c is dead"]
    # Its own share is half of it.
    stored(shop, [f"Alert{number}" for number in range(10)])
    shop.run()
    assert Counter(shop.outcomes()[30:]) == {"processed": 10, "coalesced": 3}
