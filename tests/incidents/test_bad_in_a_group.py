"""One alert of a group that cannot be read does not carry the others with it (`by_group`)."""

from typing import Any

import pytest

from tests.conftest import MovedClock
from tests.incidents.shop import Shop, alert
from tests.incidents.test_grouping import another_service, rule, source_of


@pytest.fixture
def shop(db: None, moved_clock: MovedClock) -> Shop:
    made = Shop(moved_clock)
    source_of(made, by_group=True)
    return made


def bad(**given: str) -> dict[str, Any]:
    made = alert("Bad", team="db", **given)
    deep: dict[str, Any] = {}
    made["annotations"]["deep"] = inner = deep
    for _level in range(80):
        inner["a"] = inner = {}
    return made


def post(shop: Shop, status: str, *alerts: dict[str, Any]) -> None:
    labels = {"team": "db"}
    shared = {"version": "4", "groupKey": "g", "commonLabels": labels, "groupLabels": labels}
    shop.post(f"/ingest/{shop.key}/alertmanager", shared | {"status": status, "alerts": alerts})
    shop.run()


def test_the_group_goes_where_rules_send_it_and_the_bad_one_is_set_apart(shop: Shop) -> None:
    database = another_service(shop)
    rule(shop, "db", service=database, conditions=[{"field": "labels.team", "op": "is", "value": "db"}])
    post(shop, "firing", alert("Good", team="db"), bad())
    whole, apart = shop.alerts()
    assert (whole.service_id, whole.title) == (database.pk, "db")
    assert (apart.service_id, apart.title) == (
        shop.made.service.pk,
        "unreadable alert from Monitoring",
    )
    assert (shop.outcomes(), len(shop.incidents())) == (["quarantined"], 2)


def test_the_whole_resolves_only_once_none_that_is_bad_fires(shop: Shop) -> None:
    post(shop, "firing", alert("Good", team="db"))
    shop.clock.move(minutes=1)
    good = alert("Good", team="db", status="resolved")
    post(shop, "resolved", good, bad())
    assert [found.is_open for found in shop.alerts()] == [True, True]
    shop.clock.move(minutes=1)
    post(shop, "resolved", good, bad(status="resolved"))
    assert [found.is_open for found in shop.alerts()] == [False, False]
