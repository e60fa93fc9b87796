"""Sources, workers and people at the same moment, with real transactions: one incident, and no deadlock."""

import json
from collections.abc import Callable

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.conflicts import Conflict
from incidents.models import AlertSource, InboundEvent
from incidents.operations import inbound_claims, processing
from incidents.operations.merging import merge
from incidents.operations.responding import acknowledge_incident
from incidents.operations.sources import create_source
from incidents.refusals import Busy
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, alert, pages
from tests.incidents.test_alerts_at_once import at_once
from tests.incidents.test_grouping import another_service, rule, source_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(transactional_db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


def second_source(shop: Shop) -> AlertSource:
    with shop.scope():
        made, _key = create_source(name="Second", service=None, actor=ENGINE, now=shop.clock.now())
    return made


def posted(shop: Shop, source: AlertSource, *names: str, **labels: str) -> None:
    with shop.scope():
        for name in names:
            body = json.dumps({"version": "4", "alerts": [alert(name, **labels)]}).encode()
            shared = {"source_id": source.pk, "format": "alertmanager", "received_at": shop.clock.now()}
            InboundEvent.objects.create(tenant_id=shop.made.tenant.pk, body=body, **shared)


def work_by_source(shop: Shop) -> list[object]:
    """Every source's share in a thread of its own."""
    now = shop.clock.now()
    shares = processing._by_source(inbound_claims.claim_fresh(now))
    done = at_once(*(lambda share=share: processing._work(share, now) for share in shares))
    shop.clock.move(seconds=2)
    shop.run()
    return done


def test_two_sources_routed_to_one_service_open_one_incident(shop: Shop) -> None:
    second = second_source(shop)
    database = another_service(shop)
    rule(shop, service=database)
    for round_ in range(5):
        for source in (shop.made.source, second):
            posted(shop, source, f"Errors{round_}", f"Latency{round_}")
        work_by_source(shop)
    assert {found.incident for found in shop.alerts()} == {shop.incident()}
    assert (len(shop.alerts()), shop.incident().service, len(pages())) == (20, database, 1)


def test_equal_labels_at_once_are_one_incident(shop: Shop) -> None:
    source_of(shop, grouping="labels", grouping_labels=["cluster"])
    for number in range(30):
        posted(shop, shop.made.source, f"Alert{number}", cluster=("eu", "us")[number % 2])
    now = shop.clock.now()
    claimed = inbound_claims.claim_fresh(now)
    at_once(*(lambda share=claimed[n::3]: processing._work(share, now) for n in range(3)))
    shop.run()
    assert (len(shop.incidents()), len(shop.alerts())) == (2, 30)


def test_people_who_acknowledge_and_merge_meanwhile_lock_nobody_out(shop: Shop) -> None:
    """Whoever has to step back says so (Busy, or that it is merged by now); nothing is lost or deadlocked."""
    source_of(shop, grouping="key")
    for round_ in range(4):
        people_and_workers(shop, round_)
    assert set(shop.outcomes()) == {"processed"}
    assert sum(found.count for found in shop.alerts()) == 4 * 9
    assert [found for found in shop.alerts() if found.incident is None] == []


def people_and_workers(shop: Shop, round_: int) -> None:
    owner, now, names = shop.made.owner, shop.clock.now(), [f"A{round_}", f"B{round_}"]
    posted(shop, shop.made.source, *names)
    shop.run()
    one, into = shop.incidents()[-2:]
    posted(shop, shop.made.source, *names, *(f"C{round_}-{number}" for number in range(5)))

    def acknowledge() -> object:
        return acknowledge_incident(incident=one, membership=owner, actor=owner.as_actor(), now=now)

    def merge_them() -> object:
        return merge(incident=one, into=into, actor=owner.as_actor(), now=now)

    deeds = [lambda: in_scope(shop, acknowledge), lambda: in_scope(shop, merge_them)]
    at_once(lambda: processing.run(now), *deeds, lambda: processing.run(now))
    shop.clock.move(seconds=2)
    shop.run()


def in_scope(shop: Shop, deed: Callable[[], object]) -> object:
    with shop.scope():
        try:
            return deed()
        except (Busy, Conflict) as stepped_back:
            return stepped_back
