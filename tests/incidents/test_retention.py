"""Old rows go, in batches, of open and closed tenants; what must stay stays, and nobody waits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import KeptMail, OutgoingMail, Pulse, Tenant
from config.tenancy.operations.tenants import close_tenant
from config.tenancy.scoping import all_tenants, tenant_scope
from incidents.models import (
    Alert,
    AlertSource,
    CancelReason,
    Change,
    InboundEvent,
    Incident,
    InternalMail,
    Once,
    SourceMinute,
)
from incidents.operations import retention
from incidents.operations.cancelling import cancel
from incidents.operations.kept import KEPT, Kept
from incidents.operations.locking import lock_incident
from incidents.operations.sources import create_source
from tests.conftest import START, MovedClock
from tests.incidents.leading import Lead
from tests.people import World

RAW = next(kept for kept in KEPT if kept.model is InboundEvent)


def days(count: float) -> datetime:
    return START - timedelta(days=count)


def event(source: AlertSource, age: float, **changes: Any) -> InboundEvent:
    given = {"format": "json", "body": b"{}", "outcome": "processed"} | changes
    return InboundEvent(source=source, received_at=days(age), **given)


def alert(source: AlertSource, key: str, age: float, **changes: Any) -> Alert:
    given = {"status": "resolved", "resolved_at": days(age), "first_seen": days(age), "last_seen": days(age)}
    return Alert(source=source, dedup_key=key, title=key, **(given | changes))


def events() -> int:
    with all_tenants("test"):
        return int(InboundEvent.objects.count())


@pytest.fixture
def prometheus(source: tuple[AlertSource, str], acme: Tenant) -> AlertSource:
    return source[0]


def over(lead: Lead) -> Incident:
    with acting(ENGINE, now=START):
        incident = lock_incident(incident_id=lead.alerted().pk).incident
        cancel(incident=incident, reason=CancelReason.RECOVERED, actor=ENGINE, now=START)
    return incident


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAGE", 10)
    monkeypatch.setattr(retention, "MOST_PAGES", 3)


class TestWhatGoes:
    def test_raw_events_but_those_that_wait(self, prometheus: AlertSource) -> None:
        InboundEvent.objects.bulk_create(
            [
                event(prometheus, 31),
                event(prometheus, 29.9),
                event(prometheus, 31, outcome="quarantined"),
                event(prometheus, 400, outcome="pending"),
            ]
        )
        assert retention.sweep(RAW, START) == 2
        left = InboundEvent.objects.order_by("id").values_list("outcome", "received_at")
        assert list(left) == [("processed", days(29.9)), ("pending", days(400))]

    def test_alerts_but_open_ones_and_those_of_open_incidents(
        self, prometheus: AlertSource, lead: Lead
    ) -> None:
        open_one, closed = lead.alerted(), over(lead)
        Alert.objects.bulk_create(
            [
                alert(prometheus, "old", 401),
                alert(prometheus, "young", 399),
                alert(prometheus, "open", 401, status="triggered", resolved_at=None),
                alert(prometheus, "of an open incident", 401, incident=open_one),
                alert(prometheus, "of a closed incident", 401, incident=closed),
                alert(prometheus, "long open", 399, first_seen=days(900)),
            ]
        )
        kept = next(kept for kept in KEPT if kept.model is Alert)
        gone = retention.sweep(kept, START)
        assert set(Alert.objects.values_list("dedup_key", flat=True)) == {
            "young",
            "open",
            "of an open incident",
            "long open",
        }
        assert gone == 2

    def test_mails_of_what_is_over_that_have_nothing_left_to_do(
        self, prometheus: AlertSource, lead: Lead
    ) -> None:
        open_one, closed = lead.alerted(), over(lead)
        InternalMail.objects.all().delete()
        anna = lead.people["anna"]
        for incident, age, changes in (
            (closed, 91, {"sent_at": days(91)}),
            (closed, 91, {"retry_at": days(91)}),
            (closed, 89, {"sent_at": days(89)}),
            (open_one, 91, {"sent_at": days(91)}),
            (None, 91, {"sent_at": days(91)}),
        ):
            InternalMail.objects.create(
                kind="nudge" if incident else "morning",
                incident=incident,
                membership=anna,
                created_at=days(age),
                **changes,
            )
        kept = next(kept for kept in KEPT if kept.model is InternalMail)
        assert retention.sweep(kept, START) == 2
        assert InternalMail.objects.count() == 3

    def test_everything_else_by_its_age(self, prometheus: AlertSource, acme: Tenant) -> None:
        for old in (True, False):
            year, month, two = (days(n + 1 if old else n - 1) for n in (400, 30, 2))
            Change.objects.create(source=prometheus, summary="x", changed_at=year, received_at=year)
            SourceMinute.objects.create(source=prometheus, minute=two)
            Once.objects.create(token=str(old), done_at=month)
            ninety = days(91 if old else 89)
            KeptMail.objects.create(to="a@b.test", subject="x", body="x", kept_at=ninety)
            OutgoingMail.objects.create(to="a@b.test", subject="x", body="", created_at=ninety)
        OutgoingMail.objects.create(to="a@b.test", subject="x", body="", created_at=days(99), due_at=START)
        retention.repair(START)
        assert retention.run(START) == 5
        assert [kept.model.objects.count() for kept in KEPT if kept.model is not InboundEvent] == [
            0,
            1,
            1,
            1,
            0,
            2,
            1,
        ]

    def test_both_tenants_also_closed_ones(self, prometheus: AlertSource, world: World, acme: Tenant) -> None:
        event(prometheus, 31).save()
        with tenant_scope(world.other.tenant.pk):
            theirs, _key = create_source(name="Prometheus", service=None, actor=ENGINE, now=START)
            event(theirs, 31).save()
        close_tenant(tenant=world.other.tenant, actor=ENGINE, now=START)
        assert retention.sweep(RAW, START) == 2
        assert events() == 0


class TestBatches:
    def test_a_run_has_an_end_and_the_next_goes_on(
        self, prometheus: AlertSource, small_pages: None, moved_clock: MovedClock
    ) -> None:
        InboundEvent.objects.bulk_create(event(prometheus, 40) for _ in range(70))
        InboundEvent.objects.bulk_create(event(prometheus, 1) for _ in range(5))
        retention.repair(START)
        assert (retention.run(START), retention.run(START), events()) == (30, 0, 45)
        assert retention.next_due(START) == START + retention.PAUSE
        moved_clock.move(seconds=10)
        assert retention.oldest_due(moved_clock.now()) == moved_clock.now()
        assert (retention.run(moved_clock.now()), events()) == (30, 15)
        moved_clock.move(seconds=10)
        assert (retention.run(moved_clock.now()), events()) == (10, 5)
        assert retention.next_due(moved_clock.now()) == moved_clock.now() + retention.EVERY

    def test_what_must_stay_at_the_front_keeps_nothing_behind_it(
        self, prometheus: AlertSource, small_pages: None
    ) -> None:
        InboundEvent.objects.bulk_create(event(prometheus, 50, outcome="pending") for _ in range(60))
        InboundEvent.objects.bulk_create(event(prometheus, 40) for _ in range(15))
        assert retention.sweep(RAW, START) == 15
        assert events() == 60

    def test_it_ran_and_is_not_due_again_within_the_hour(self, acme: Tenant) -> None:
        assert retention.oldest_due(START) is None
        assert (retention.repair(START), retention.repair(START)) == (1, 0)
        assert retention.oldest_due(START) == START
        retention.run(START)
        assert retention.oldest_due(START + timedelta(minutes=59)) is None
        # A clock that was set back.
        Pulse.objects.filter(name=retention.RETENTION).update(at=START + timedelta(days=9))
        retention.run(START)
        assert retention.next_due(START) == START + retention.EVERY

    def test_one_table_that_fails_keeps_no_other(
        self, prometheus: AlertSource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = Kept("broken", None, "x", 1)
        monkeypatch.setattr(retention, "KEPT", (broken, RAW))
        event(prometheus, 31).save()
        retention.repair(START)
        assert retention.run(START) == 1


class TestCost:
    def test_nothing_old_is_one_page_by_the_primary_key(self, prometheus: AlertSource) -> None:
        InboundEvent.objects.bulk_create(event(prometheus, 1) for _ in range(20))
        for kept in KEPT:
            with CaptureQueriesContext(connection) as caught:
                assert retention.sweep(kept, START) == 0
            asked = [one["sql"] for one in caught if kept.model._meta.db_table in one["sql"]]
            assert len(asked) == 1, asked
            assert "body" not in asked[0]
            with all_tenants("test"), connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
                cursor.execute(f"EXPLAIN {asked[0]}")
                plan = "\n".join(line for (line,) in cursor.fetchall())
            assert f"Index Scan using {kept.model._meta.db_table}_pkey" in plan, plan
            assert "Sort" not in plan

    def test_a_page_is_four_statements_and_reads_no_bodies(self, prometheus: AlertSource) -> None:
        InboundEvent.objects.bulk_create(event(prometheus, 31) for _ in range(200))
        with CaptureQueriesContext(connection) as caught:
            assert retention.sweep(RAW, START) == 200
        asked = [one["sql"] for one in caught if "incidents_inboundevent" in one["sql"]]
        assert [one.split()[0] for one in asked] == ["SELECT", "SELECT", "DELETE"]
        assert not any('"body"' in one for one in asked)
        assert "SKIP LOCKED" in asked[1]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture
    def prometheus(self, transactional_db: None, world: World) -> AlertSource:
        with tenant_scope(world.acme.tenant.pk):
            source, _key = create_source(name="Prometheus", service=None, actor=ENGINE, now=START)
            InboundEvent.objects.bulk_create(event(source, 31) for _ in range(30))
        return source

    def alone(self) -> int:
        try:
            return retention.sweep(RAW, START)
        finally:
            connection.close()

    def test_a_held_row_is_left_and_keeps_nobody_waiting(self, prometheus: AlertSource, world: World) -> None:
        with tenant_scope(world.acme.tenant.pk), transaction.atomic():
            first = InboundEvent.objects.select_for_update().order_by("id").first()
            assert first is not None
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(self.alone).result(timeout=20) == 29
        assert retention.sweep(RAW, START) == 1

    def test_five_at_once_delete_each_once(self, prometheus: AlertSource) -> None:
        with ThreadPoolExecutor(5) as pool:
            assert sum(pool.map(lambda _: self.alone(), range(5))) == 30
        assert events() == 0

    def test_a_table_that_is_being_changed_is_not_waited_for(
        self, prometheus: AlertSource, world: World
    ) -> None:
        retention.repair(START)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE incidents_inboundevent IN SHARE ROW EXCLUSIVE MODE")

            def work() -> int:
                try:
                    return retention.run(START)
                finally:
                    connection.close()

            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(work).result(timeout=20) == 0
        assert events() == 30
