"""Heartbeats: the first beat, late, missing, back, quiet, deleted; through the door as cron jobs call it."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Tenant
from config.tenancy.operations.tenants import close_tenant, reopen_tenant
from config.tenancy.scoping import all_tenants, tenant_scope
from incidents.models import Alert, AlertSource, Heartbeat, Incident
from incidents.operations.heartbeats import (
    delete_heartbeat,
    mute_heartbeat,
    save_heartbeat,
    unmute_heartbeat,
)
from incidents.operations.sources import create_source, revoke_source, rotate_key
from tests.conftest import START, Bells, Engine, MovedClock
from tests.incidents.leading import Lead
from tests.people import World


def make(source: AlertSource, slug: str = "backup", **changes: Any) -> Heartbeat:
    given: dict[str, Any] = {"name": "nightly backup", "interval_minutes": 60, "grace_minutes": 5} | changes
    return save_heartbeat(heartbeat=Heartbeat(source=source, slug=slug, **given), actor=ENGINE, now=START)


@pytest.fixture
def backup(source: tuple[AlertSource, str], acme: Tenant) -> Heartbeat:
    return make(source[0])


class Door:
    """What a cron job does, and what came of it."""

    def __init__(self, client: Client, key: str) -> None:
        self.client, self.key = client, key

    def beat(self, slug: str = "backup", method: str = "get") -> Any:
        answer = getattr(self.client, method)(f"/ingest/{self.key}/heartbeat/{slug}")
        assert answer.status_code == 200, answer.content
        return answer


@pytest.fixture
def door(client: Client, key: str) -> Door:
    return Door(client, key)


def state() -> tuple[str, Any, Any]:
    with all_tenants("test"):
        [row] = Heartbeat.objects.all()
    return row.state, row.last_seen, row.due_at


def alerts() -> list[tuple[str, str, int]]:
    with all_tenants("test"):
        return [(one.title, one.status, one.count) for one in Alert.objects.order_by("id")]


class TestDoor:
    @pytest.mark.parametrize("method", ["get", "head", "post"])
    @pytest.mark.parametrize("path", ["heartbeat/backup", "heartbeat/backup/", "heartbeat", "heartbeat/"])
    def test_every_way_to_call_it_beats(
        self, client: Client, key: str, backup: Heartbeat, method: str, path: str
    ) -> None:
        answer = getattr(client, method)(f"/ingest/{key}/{path}")
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        if method != "head":
            assert answer.json() == {"status": "success", "message": "Beat received"}
        assert state() == ("beating", START, START + timedelta(minutes=65))

    @pytest.mark.parametrize("path", ["heartbeat/backup", "heartbeat", "heartbeat/backup/"])
    def test_the_key_may_come_in_a_header(
        self, client: Client, key: str, backup: Heartbeat, path: str
    ) -> None:
        basic = base64.b64encode(f":{key}".encode()).decode()
        for said in (f"Bearer {key}", f"Basic {basic}"):
            answer = client.post(f"/ingest/{path}", headers={"Authorization": said})
            assert answer.status_code == 200
        refused = client.post(f"/ingest/{path}", headers={"Authorization": "Bearer nosuchkey"})
        assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")

    def test_one_statement(self, client: Client, key: str, backup: Heartbeat, door: Door) -> None:
        door.beat()
        with CaptureQueriesContext(connection) as caught:
            door.beat()
        asked = [one["sql"] for one in caught if "set_config('app.tenant_id', '" not in one["sql"]]
        assert len(asked) == 1, asked

    def test_an_unknown_key_is_a_missing_page(self, client: Client, key: str, backup: Heartbeat) -> None:
        wrong = client.get("/ingest/nosuchkey/heartbeat/backup")
        post = client.post("/ingest/nosuchkey/json", b"{}", content_type="application/json")
        assert (wrong.status_code, wrong.content) == (404, post.content)

    def test_an_unknown_name_says_what_to_do(
        self, client: Client, source: tuple[AlertSource, str], key: str, acme: Tenant
    ) -> None:
        def said(path: str) -> str:
            answer = client.get(f"/ingest/{key}/heartbeat{path}")
            assert (answer.status_code, answer.json()["errors"]) == (404, [answer.json()["message"]])
            return str(answer.json()["message"])

        assert "no heartbeat yet" in said("")
        make(source[0])
        make(source[0], "report")
        assert "has 2 heartbeats" in said("")
        for odd in ("/nightly", "/%00", "/" + "x" * 500, "/%F0%9F%92%93", "/' OR 1=1"):
            assert "no heartbeat of that short name" in said(odd)
        with all_tenants("test"):
            assert set(Heartbeat.objects.values_list("state", flat=True)) == {"new"}

    def test_other_methods_are_refused_in_json(self, client: Client, key: str, backup: Heartbeat) -> None:
        answer = client.put(f"/ingest/{key}/heartbeat/backup")
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")
        assert answer.json()["errors"]

    def test_a_key_beats_its_own_sources_heartbeats_only(
        self, client: Client, key: str, backup: Heartbeat, world: World
    ) -> None:
        with tenant_scope(world.other.tenant.pk):
            theirs, other_key = create_source(name="Prometheus", service=None, actor=ENGINE, now=START)
            make(theirs)
        assert client.get(f"/ingest/{other_key}/heartbeat/backup").status_code == 200
        with all_tenants("test"):
            assert Heartbeat.objects.get(pk=backup.pk).state == "new"
        _, second = create_source(name="Second", service=None, actor=ENGINE, now=START)
        assert client.get(f"/ingest/{second}/heartbeat/backup").status_code == 404

    def test_a_closed_tenants_address_is_a_missing_page(
        self, client: Client, key: str, backup: Heartbeat, acme: Tenant
    ) -> None:
        close_tenant(tenant=acme, actor=ENGINE, now=START)
        assert client.get(f"/ingest/{key}/heartbeat/backup").status_code == 404

    def test_a_beat_of_before_changes_nothing(
        self, door: Door, backup: Heartbeat, moved_clock: MovedClock
    ) -> None:
        moved_clock.move(minutes=1)
        door.beat()
        moved_clock.move(minutes=-1)
        door.beat()
        assert state()[1] == START + timedelta(minutes=1)


class TestMissing:
    def test_nothing_is_awaited_before_the_first_beat(self, backup: Heartbeat, engine: Engine) -> None:
        engine.clock.move(days=3)
        engine.run()
        assert (alerts(), state()) == ([], ("new", None, None))

    def test_late_by_its_grace_it_is_an_alert_once(
        self, door: Door, backup: Heartbeat, engine: Engine, moved_clock: MovedClock
    ) -> None:
        door.beat()
        moved_clock.move(minutes=64, seconds=59)
        engine.run()
        assert alerts() == []
        moved_clock.move(seconds=1)
        engine.run()
        words = "No heartbeat from nightly backup for 1 h 5 min"
        assert alerts() == [(words, "triggered", 1)]
        assert state()[0::2] == ("missing", None)
        moved_clock.move(days=2)
        engine.run()
        assert alerts() == [(words, "triggered", 1)]

    def test_what_the_alert_says(
        self, door: Door, source: tuple[AlertSource, str], acme: Tenant, lead: Lead, engine: Engine
    ) -> None:
        make(source[0], severity="critical", runbook_url="https://wiki.example/backup")
        door.beat()
        engine.clock.move(minutes=65)
        engine.run()
        alert = Alert.objects.select_related("incident").get()
        incident = alert.incident
        assert incident is not None
        assert (alert.severity, alert.labels) == ("critical", {"heartbeat": "backup"})
        assert alert.runbook_url == "https://wiki.example/backup"
        assert alert.dedup_key == f"heartbeat:{Heartbeat.objects.get().uid}"
        assert "2026-11-23 10:00:00 UTC" in alert.summary
        assert incident.summary == "No heartbeat from nightly backup for 1 h 5 min"
        assert incident.started_at == START + timedelta(minutes=60)

    def test_a_beat_ends_it_and_silence_begins_anew(
        self, door: Door, backup: Heartbeat, engine: Engine, moved_clock: MovedClock, bells: Bells
    ) -> None:
        door.beat()
        moved_clock.move(minutes=66)
        engine.run()
        bells.clear()
        door.beat()
        assert state()[0] == "missing"
        engine.run()
        assert state() == ("beating", moved_clock.now(), moved_clock.now() + timedelta(minutes=65))
        assert [status for _, status, _ in alerts()] == ["resolved"]
        moved_clock.move(minutes=65)
        engine.run()
        assert [status for _, status, _ in alerts()] == ["resolved", "triggered"]

    def test_the_beat_of_a_missing_one_rings(
        self,
        door: Door,
        backup: Heartbeat,
        engine: Engine,
        bells: Bells,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        door.beat()
        engine.clock.move(minutes=66)
        engine.run()
        bells.clear()
        with django_capture_on_commit_callbacks(execute=True):
            door.beat()
        assert bells == ["incidents.heartbeats"]

    def test_a_closed_tenant_rests(self, door: Door, backup: Heartbeat, acme: Tenant, engine: Engine) -> None:
        door.beat()
        close_tenant(tenant=acme, actor=ENGINE, now=START)
        engine.clock.move(minutes=90)
        engine.run()
        assert alerts() == []

    def test_one_without_a_deadline_is_found(
        self, door: Door, backup: Heartbeat, engine: Engine, moved_clock: MovedClock
    ) -> None:
        from incidents.operations import missing

        door.beat()
        Heartbeat.objects.update(due_at=None)
        assert missing.repair(moved_clock.now()) == 1
        engine.run()
        assert state() == ("beating", START, START + timedelta(minutes=65))
        assert missing.repair(moved_clock.now()) == 0

    def test_the_alarm_knows_its_moment(self, door: Door, backup: Heartbeat, moved_clock: MovedClock) -> None:
        from config import clock

        door.beat()
        work = clock.named("incidents.heartbeats")
        assert work.next_due(moved_clock.now()) == START + timedelta(minutes=65)
        assert work.oldest_due(moved_clock.now()) is None

    def test_its_source_is_alive_noted_once_a_minute(
        self, door: Door, source: tuple[AlertSource, str], backup: Heartbeat, moved_clock: MovedClock
    ) -> None:
        def heard() -> Any:
            with all_tenants("test"):
                return AlertSource.objects.get(pk=source[0].pk).last_event_at

        assert heard() is None
        door.client.get(f"/ingest/{door.key}/heartbeat/nosuch")
        assert heard() is None
        for seconds, noted in ((0, 0), (59, 0), (2, 61)):
            moved_clock.move(seconds=seconds)
            door.beat()
            assert heard() == START + timedelta(seconds=noted)
        assert state()[1] == moved_clock.now()

    def test_due_while_nobody_looked_it_is_given_time_once_more(
        self, door: Door, backup: Heartbeat, engine: Engine, moved_clock: MovedClock
    ) -> None:
        door.beat()
        back = moved_clock.move(minutes=65 + 30)
        engine.run()
        assert (alerts(), state()) == ([], ("beating", START, back + timedelta(minutes=30)))
        # Down once more, just then: no second time.
        moved_clock.move(minutes=30 + 30)
        engine.run()
        assert [status for _, status, _ in alerts()] == ["triggered"]
        assert state()[0::2] == ("missing", None)

    @pytest.mark.parametrize(("away", "given"), [(3, 15), (14, 15), (60, 60), (600, 600), (3000, 1445)])
    def test_a_daily_one_is_not_told_a_day_late(
        self,
        door: Door,
        source: tuple[AlertSource, str],
        acme: Tenant,
        engine: Engine,
        moved_clock: MovedClock,
        away: int,
        given: int,
    ) -> None:
        """Workers were away when it fell due: as long again as that, and a quarter of an hour at least."""
        make(source[0], interval_minutes=1440)
        door.beat()
        back = moved_clock.move(minutes=1445 + away)
        engine.run()
        assert (alerts(), state()[2]) == ([], back + timedelta(minutes=given))
        moved_clock.move(minutes=given)
        engine.run()
        assert [status for _, status, _ in alerts()] == ["triggered"]

    def test_an_impatient_one_waits_no_longer_than_ever(
        self, door: Door, source: tuple[AlertSource, str], acme: Tenant, engine: Engine
    ) -> None:
        make(source[0], interval_minutes=1, grace_minutes=2)
        door.beat()
        back = engine.clock.move(minutes=30)
        engine.run()
        assert state()[2] == back + timedelta(minutes=3)

    def test_what_beats_after_a_downtime_is_as_ever(
        self, door: Door, backup: Heartbeat, engine: Engine, moved_clock: MovedClock
    ) -> None:
        door.beat()
        moved_clock.move(hours=2)
        engine.run()
        heard = moved_clock.move(minutes=30)
        door.beat()
        assert state() == ("beating", heard, heard + timedelta(minutes=65))
        moved_clock.move(minutes=65)
        engine.run()
        assert [status for _, status, _ in alerts()] == ["triggered"]

    def test_in_a_tenant_opened_again_they_are_not_all_missing(
        self, door: Door, backup: Heartbeat, acme: Tenant, engine: Engine, moved_clock: MovedClock
    ) -> None:
        door.beat()
        close_tenant(tenant=acme, actor=ENGINE, now=START)
        opened = moved_clock.move(days=3)
        reopen_tenant(tenant=acme, actor=ENGINE, now=opened)
        engine.run()
        assert (alerts(), state()[2]) == ([], opened + timedelta(minutes=65))
        moved_clock.move(minutes=65)
        engine.run()
        assert [status for _, status, _ in alerts()] == ["triggered"]

    def test_an_alert_of_silence_does_not_end_by_silence(
        self, door: Door, source: tuple[AlertSource, str], backup: Heartbeat, engine: Engine, lead: Lead
    ) -> None:
        """Its alert is said once: a service that ends silent alerts must not end this one."""
        from incidents.operations.services import save_service

        lead.checkout.alerts_end_after_hours = 1
        save_service(service=lead.checkout, actor=ENGINE, now=START)
        source[0].service = lead.checkout
        with acting(ENGINE, now=START):
            source[0].save()
        door.beat()
        engine.clock.move(minutes=65)
        engine.run()
        engine.clock.move(hours=5)
        engine.run()
        assert [status for _, status, _ in alerts()] == ["triggered"]

    def test_storm_of_a_thousand_counted_in_statements(
        self, source: tuple[AlertSource, str], acme: Tenant, engine: Engine, moved_clock: MovedClock
    ) -> None:
        from config import clock

        given = {"state": "beating", "last_seen": START, "due_at": START + timedelta(minutes=65)}
        Heartbeat.objects.bulk_create(
            Heartbeat(source=source[0], slug=f"job-{n}", name=f"job {n}", created_at=START, **given)
            for n in range(1000)
        )
        moved_clock.move(minutes=65)
        with CaptureQueriesContext(connection) as caught:
            done = clock.run_due("incidents.heartbeats", moved_clock.now())
        assert done >= 5
        assert Alert.objects.filter(status="triggered").count() == 1000
        assert Incident.objects.count() == 1
        assert not Heartbeat.objects.exclude(state="missing", due_at=None).exists()
        # Two a heartbeat to see that others have done it, and a few for each two hundred.
        assert len(caught) < 2000, len(caught)


class TestRevoked:
    """Nobody can beat at a source that was revoked: its heartbeats rest."""

    @pytest.fixture
    def revoked(self, door: Door, source: tuple[AlertSource, str], backup: Heartbeat) -> AlertSource:
        door.beat()
        return revoke_source(source=source[0], actor=ENGINE, now=START)

    def test_their_silence_pages_nobody(self, revoked: AlertSource, engine: Engine) -> None:
        assert state() == ("new", START, None)
        engine.clock.move(days=3)
        engine.run()
        assert alerts() == []

    def test_what_was_due_already_rests_too(
        self, revoked: AlertSource, engine: Engine, moved_clock: MovedClock
    ) -> None:
        Heartbeat.objects.update(state="beating", due_at=START + timedelta(minutes=65))
        moved_clock.move(minutes=65)
        engine.run()
        assert (alerts(), state()) == ([], ("new", START, None))

    def test_to_change_or_mute_one_wakes_none(self, revoked: AlertSource, engine: Engine) -> None:
        [row] = Heartbeat.objects.all()
        now, day = engine.clock.now(), timedelta(days=1)
        save_heartbeat(heartbeat=row, actor=ENGINE, now=now)
        mute_heartbeat(heartbeat=row, until=now + day, reason="R", actor=ENGINE, now=now)
        unmute_heartbeat(heartbeat=row, actor=ENGINE, now=now)
        assert state()[2] is None
        engine.clock.move(days=3)
        engine.run()
        assert alerts() == []

    def test_with_a_new_key_each_begins_with_its_next_beat(
        self, revoked: AlertSource, client: Client, engine: Engine, moved_clock: MovedClock
    ) -> None:
        moved_clock.move(days=3)
        key = rotate_key(source=revoked, actor=ENGINE, now=moved_clock.now())
        engine.run()
        assert (alerts(), state()[2]) == ([], None)
        Door(client, key).beat()
        assert state() == ("beating", moved_clock.now(), moved_clock.now() + timedelta(minutes=65))
        moved_clock.move(minutes=65)
        engine.run()
        assert [status for _, status, _ in alerts()] == ["triggered"]

    def test_an_alert_that_is_open_stays_as_it_is(
        self, door: Door, source: tuple[AlertSource, str], backup: Heartbeat, engine: Engine
    ) -> None:
        door.beat()
        engine.clock.move(minutes=65)
        engine.run()
        revoke_source(source=source[0], actor=ENGINE, now=engine.clock.now())
        engine.run()
        assert ([status for _, status, _ in alerts()], state()[0]) == (["triggered"], "missing")


class TestTurn:
    """The tenant's turn first: a storm's chunk may have it for long, and beats wait for the row."""

    def order(self, deed: Callable[[], Any]) -> list[str]:
        with CaptureQueriesContext(connection) as caught:
            deed()
        locks = ("pg_advisory_xact_lock", 'FOR NO KEY UPDATE OF "incidents_heartbeat"')
        return [name for one in caught for name in locks if name in one["sql"]]

    def test_it_is_taken_before_any_row(self, door: Door, backup: Heartbeat, engine: Engine) -> None:
        from config import clock

        door.beat()
        now = engine.clock.move(minutes=65)
        row, until = Heartbeat.objects.get(pk=backup.pk), now + timedelta(hours=1)
        for deed in (
            lambda: clock.run_due("incidents.heartbeats", now),
            lambda: mute_heartbeat(heartbeat=row, until=until, reason="R", actor=ENGINE, now=now),
            lambda: delete_heartbeat(heartbeat=row, actor=ENGINE, now=now),
        ):
            first, second, *_more = self.order(deed)
            assert (first, second[:3]) == ("pg_advisory_xact_lock", "FOR")
