"""A body that breaks the reader, or kills the worker, still pages; and nobody else waits for it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.db.utils import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.adapters import IncomingAlert
from incidents.operations import inbound_claims, processing
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, alert, pages
from tests.incidents.test_ingest import TestPoison

TITLE = "unreadable alert from Monitoring"
DEEP = TestPoison.DEEP
GARBAGE = b"\x00\xff this is not JSON"


class Killed(BaseException):
    """Stands for a worker that dies: nothing after it runs."""


@pytest.fixture
def shop(db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[bytes], None]], None]:
    """`reader(look)`: `look` is called with each body before it is read."""
    read = processing.adapters.read

    def set_look(look: Callable[[bytes], None]) -> None:
        def looking(format: str, body: bytes, *given: Any) -> list[IncomingAlert]:
            look(body)
            return read(format, body, *given)

        monkeypatch.setattr(processing.adapters, "read", looking)

    return set_look


class TestUnreadable:
    @pytest.mark.parametrize("format", ["alertmanager", "json"])
    @pytest.mark.parametrize(
        "body", [GARBAGE, DEEP, b"", b"[" * 500_000], ids=["garbage", "deep", "empty", "open"]
    )
    def test_on_a_path_it_opens_an_incident_titled_so_and_pages(
        self, shop: Shop, format: str, body: bytes
    ) -> None:
        shop.post(f"/ingest/{shop.key}/{format}", body)
        shop.run()
        assert shop.incident().summary == TITLE
        [page] = pages()
        assert TITLE in page.subject
        [post] = shop.posts()
        assert (post.outcome, bytes(post.body)) == ("quarantined", body)
        assert post.problem

    @pytest.mark.parametrize(
        "body",
        [TestPoison.NUL_VALUE, TestPoison.NUL_KEY, TestPoison.SURROGATE],
        ids=["value", "key", "surrogate"],
    )
    def test_what_can_be_cleaned_is_read(self, shop: Shop, body: bytes) -> None:
        shop.post(f"/ingest/{shop.key}/json", body)
        shop.run()
        assert shop.incident().summary in ("disk�full", "T", "� lone")
        assert len(pages()) == 1
        assert shop.outcomes() == ["processed"]

    @pytest.mark.parametrize("body", TestPoison.BODIES, ids=["value", "key", "surrogate", "deep"])
    def test_in_a_pagerduty_payload_it_pages_under_its_key(self, shop: Shop, body: bytes) -> None:
        envelope = b'"routing_key": "%s", "event_action": "trigger", "dedup_key": "d1"' % shop.key.encode()
        assert shop.post("/v2/enqueue", b'{%s, "payload": %s}' % (envelope, body)).status_code == 202
        shop.run()
        assert shop.alerts()[0].dedup_key == "d1"
        assert len(pages()) == 1
        shop.send("resolve")
        assert shop.alerts()[0].status == "resolved"

    def test_the_same_bytes_again_are_the_same_alert(self, shop: Shop) -> None:
        for _ in range(3):
            shop.post(f"/ingest/{shop.key}/json", GARBAGE)
        shop.run()
        [only] = shop.alerts()
        assert only.count == 3
        assert len(pages()) == 1

    def test_many_of_them_are_one_incident(self, shop: Shop) -> None:
        for number in range(5):
            shop.post(f"/ingest/{shop.key}/json", GARBAGE + bytes([number]))
            shop.run()
        assert len(shop.alerts()) == 5
        assert shop.incident().summary == TITLE

    def test_neither_joins_the_other(self, shop: Shop) -> None:
        shop.fire("Errors")
        shop.post(f"/ingest/{shop.key}/json", GARBAGE)
        shop.run()
        shop.fire("Latency")
        assert [incident.summary for incident in shop.incidents()] == ["Errors is bad", TITLE]
        assert [found.incident.number for found in shop.alerts()] == [1, 2, 1]


class TestPoisonRow:
    def test_a_reader_that_raises_sets_it_apart_and_pages(
        self, shop: Shop, reader: Callable[..., None]
    ) -> None:
        def look(body: bytes) -> None:
            if b"poison" in body:
                raise ZeroDivisionError

        reader(look)
        for name in ("one", "poison", "two"):
            shop.alertmanager(alert(name))
        shop.run()
        assert shop.outcomes() == ["processed", "quarantined", "processed"]
        assert {found.title for found in shop.alerts()} == {"one is bad", TITLE, "two is bad"}

    def test_one_that_kills_the_worker_is_tried_alone_then_set_apart_and_pages(
        self, shop: Shop, reader: Callable[..., None]
    ) -> None:
        def look(body: bytes) -> None:
            if b"poison" in body:
                raise Killed

        reader(look)
        for name in ("one", "poison", "two"):
            shop.alertmanager(alert(name))
        deaths = 0
        while deaths < 10:
            try:
                shop.run()
                break
            except Killed:
                deaths += 1
                shop.clock.set(shop.clock.now() + inbound_claims.LEASE)
        assert deaths == processing.MOST_ATTEMPTS
        assert shop.outcomes() == ["processed", "quarantined", "processed"]
        assert TITLE in {found.title for found in shop.alerts()}
        assert len(mail.outbox) >= 1

    def test_what_comes_in_meanwhile_does_not_wait(self, shop: Shop, reader: Callable[..., None]) -> None:
        def look(body: bytes) -> None:
            if b"poison" in body:
                raise Killed

        reader(look)
        shop.alertmanager(alert("poison"))
        with pytest.raises(Killed):
            shop.run()
        shop.fire("Errors")
        assert shop.outcomes() == ["pending", "processed"]
        assert len(pages()) == 1

    def test_a_passing_fault_gives_it_back_untried(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        take, faults = processing.take_alerts, [OperationalError("deadlock detected")]

        def faulty(**kwargs: Any) -> Any:
            if faults:
                raise faults.pop()
            return take(**kwargs)

        monkeypatch.setattr(processing, "take_alerts", faulty)
        shop.fire()
        [post] = shop.posts()
        assert (post.outcome, post.attempts) == ("pending", 0)
        shop.clock.move(seconds=1)
        shop.run()
        assert shop.outcomes() == ["processed"]
        assert len(pages()) == 1

    def test_where_even_paging_fails_it_is_tried_after_each_lease(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        take, faults = processing.take_alerts, [ValueError("broken")] * 4

        def faulty(**kwargs: Any) -> Any:
            if faults:
                raise faults.pop()
            return take(**kwargs)

        monkeypatch.setattr(processing, "take_alerts", faulty)
        shop.alertmanager(alert("Errors"))
        for _ in range(5):
            shop.run()
            shop.clock.set(shop.clock.now() + inbound_claims.LEASE)
        assert shop.outcomes() == ["quarantined"]
        assert len(pages()) == 1


class TestClaims:
    def test_a_storm_of_one_tenant_does_not_keep_another_waiting(self, shop: Shop) -> None:
        quiet = Shop(shop.clock, "quiet")
        with shop.scope(), connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO incidents_inboundevent (tenant_id, source_id, format, body, given_key,
                     received_at, outcome, problem, attempts)
                   SELECT %s, %s, 'json', convert_to('{"title": "storm"}', 'UTF8'), '', %s, 'pending', '', 0
                     FROM generate_series(1, 5000)""",
                [shop.made.tenant.pk, shop.made.source.pk, shop.clock.now()],
            )
        quiet.alertmanager(alert("Errors"))
        processing.run(shop.clock.now())
        assert quiet.outcomes() == ["processed"]

    def test_what_is_leased_is_not_claimed_again_until_the_lease_ends(self, shop: Shop) -> None:
        now = shop.clock.now()
        shop.alertmanager(alert("Errors"))
        assert len(inbound_claims.claim_fresh(now)) == 1
        assert inbound_claims.oldest_due(now) is None
        assert inbound_claims.claim_fresh(now) + inbound_claims.claim_left_behind(now) == []
        later = now + inbound_claims.LEASE
        assert inbound_claims.oldest_due(later) == now
        assert [one.attempts for one in inbound_claims.claim_left_behind(later)] == [2]

    def test_who_slept_through_its_lease_does_nothing(self, shop: Shop) -> None:
        now = shop.clock.now()
        shop.alertmanager(alert("Errors"))
        slept = inbound_claims.claim_fresh(now)
        inbound_claims.claim_left_behind(now + inbound_claims.LEASE)
        assert processing._work(slept, now) == 0
        assert shop.incidents() == []

    def test_the_oldest_that_waits_is_known(self, shop: Shop) -> None:
        assert inbound_claims.oldest_due(shop.clock.now()) is None
        first = shop.clock.now()
        shop.alertmanager(alert("Errors"))
        shop.clock.move(seconds=5)
        shop.alertmanager(alert("Errors"))
        assert inbound_claims.oldest_due(shop.clock.now()) == first


class TestAnyBytes:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(body=st.binary(max_size=400), format=st.sampled_from(["alertmanager", "json"]))
    def test_are_taken_and_worked(self, shop: Shop, body: bytes, format: str) -> None:
        before = len(shop.posts())
        assert shop.post(f"/ingest/{shop.key}/{format}", body).status_code == 202
        processing.run(shop.clock.now())
        assert shop.posts()[before].outcome in ("processed", "quarantined", "dropped")

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(tail=st.binary(max_size=200))
    def test_in_an_event_are_never_a_5xx(self, shop: Shop, tail: bytes) -> None:
        event = b'{"routing_key": "%s", "event_action": "trigger", "payload": %s}' % (shop.key.encode(), tail)
        assert shop.post("/v2/enqueue", event).status_code in (202, 400)
