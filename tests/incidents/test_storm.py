"""Storms: one page, nothing lost, and nobody else waits (RELIABILITY rows 24 and 25). Through the engine."""

import json
from collections import Counter

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from incidents.models import InboundEvent
from incidents.operations import inbound_claims, processing
from incidents.operations.cancelling import cancel
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, alert, pages
from tests.incidents.test_grouping import service_of, source_of

MANY = 2_000


@pytest.fixture
def shop(db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


def stored(shop: Shop, names: list[str]) -> None:
    """As the door stores them, without going through it: what it takes is measured elsewhere."""
    bodies = [json.dumps({"version": "4", "alerts": [alert(name)]}).encode() for name in names]
    shared = {"source_id": shop.made.source.pk, "format": "alertmanager", "received_at": shop.clock.now()}
    with shop.scope():
        rows = [InboundEvent(tenant_id=shop.made.tenant.pk, body=body, **shared) for body in bodies]
        InboundEvent.objects.bulk_create(rows, batch_size=1000)


class TestOfOneKey:
    def test_none_is_lost_and_one_page_goes_out_in_bounded_statements(self, shop: Shop) -> None:
        source_of(shop, limit_per_minute=100_000)
        shop.fire("Errors")
        stored(shop, ["Errors"] * MANY)
        with CaptureQueriesContext(connection) as captured:
            while processing.run(shop.clock.now()):
                pass
        shop.run()
        [only] = shop.alerts()
        assert (only.count, len(shop.incidents()), len(pages())) == (MANY + 1, 1, 1)
        assert Counter(shop.outcomes()) == {"processed": MANY + 1}
        assert len(captured) < MANY / 4


class TestOfManyKeys:
    def test_by_service_they_are_one_incident_and_one_page(self, shop: Shop) -> None:
        source_of(shop, limit_per_minute=100_000)
        stored(shop, [f"Alert{number}" for number in range(MANY)])
        shop.run()
        assert (len(shop.alerts()), len(shop.incidents()), len(pages())) == (MANY, 1, 1)
        assert {found.incident for found in shop.alerts()} == {shop.incident()}

    def test_by_key_the_guard_gathers_them_and_says_how_many(self, shop: Shop) -> None:
        source_of(shop, grouping="key")
        service_of(shop, storm_per_minute=5)
        stored(shop, [f"Alert{number}" for number in range(219)])
        shop.run()
        *ordinary, storm = shop.incidents()
        assert ([one.gathers_storm for one in ordinary], storm.gathers_storm) == ([False] * 5, True)
        assert storm.summary == f"Storm: 214 alerts of {shop.made.service.name}"
        assert Counter(found.incident for found in shop.alerts())[storm] == 214
        assert len(pages()) == 1  # the others fold into it: one person, five minutes

    def test_as_long_as_it_storms_nothing_more_opens_and_then_it_does(self, shop: Shop) -> None:
        source_of(shop, grouping="key")
        service_of(shop, storm_per_minute=5)
        for minute in range(4):
            stored(shop, [f"Alert{minute}-{number}" for number in range(20)])
            shop.run()
            shop.clock.move(seconds=50)
        assert len(shop.incidents()) == 6
        assert shop.incidents()[-1].summary.startswith("Storm: 75 alerts")
        shop.clock.move(minutes=2)
        shop.fire("Later")
        assert len(shop.incidents()) == 7

    def test_it_ends_like_any_incident(self, shop: Shop) -> None:
        source_of(shop, grouping="key")
        service_of(shop, storm_per_minute=2)
        names = [f"Alert{number}" for number in range(10)]
        shop.alertmanager(*map(alert, names))
        shop.run()
        shop.alertmanager(*(alert(name, status="resolved") for name in names))
        shop.run()
        shop.run_for(minutes=11)
        assert {one.phase for one in shop.incidents()} == {"cancelled"}

    def test_people_have_the_last_word_on_its_title(self, shop: Shop) -> None:
        source_of(shop, grouping="key")
        service_of(shop, storm_per_minute=2)
        shop.alertmanager(*(alert(f"Alert{number}") for number in range(10)))
        shop.run()
        with shop.scope(), acting(ENGINE, now=shop.clock.now()):
            storm = shop.incidents()[-1]
            storm.summary = "The switch in rack 4"
            storm.save()
        shop.alertmanager(*(alert(f"More{number}") for number in range(10)))
        shop.run()
        assert shop.incidents()[-1].summary == "The switch in rack 4"

    def test_one_that_is_over_gathers_nothing_more(self, shop: Shop) -> None:
        source_of(shop, grouping="key")
        service_of(shop, storm_per_minute=2)
        shop.alertmanager(*(alert(f"Alert{number}") for number in range(10)))
        shop.run()
        with shop.scope():
            cancel(incident=shop.incidents()[-1], reason="recovered", actor=ENGINE, now=shop.clock.now())
        mail.outbox.clear()
        shop.alertmanager(*(alert(f"More{number}") for number in range(10)))
        shop.run()
        assert [one.gathers_storm for one in shop.incidents()] == [False, False, True, True]


class TestQuietTenants:
    def test_are_claimed_with_the_first_batch_however_long_the_noisy_ones_queue_is(
        self, shop: Shop, moved_clock: MovedClock
    ) -> None:
        """Twelve stand for two hundred: the claim takes one of each tenant before a second of any."""
        quiet = [Shop(moved_clock, f"quiet{number}") for number in range(12)]
        stored(shop, [f"Alert{number}" for number in range(1_000)])
        for one in quiet:
            one.alertmanager(alert("Errors"))
        worked: list[int] = []
        work = processing._work

        def noting(chunk: list[inbound_claims.Claimed], now: object) -> int:
            worked.append(chunk[0].tenant_id)
            return work(chunk, now)  # type: ignore[arg-type]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(processing, "_work", noting)
            processing.run(moved_clock.now())
        assert worked[: len(quiet)] == sorted(one.made.tenant.pk for one in quiet)
        assert set(worked[len(quiet) :]) == {shop.made.tenant.pk}
