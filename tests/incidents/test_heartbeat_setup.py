"""Heartbeats as people set them up: operations, screens, the API; and whoever may not."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from config.tenancy import links
from config.tenancy.actors import ENGINE
from config.tenancy.models import Membership, Tenant
from config.tenancy.scoping import all_tenants, tenant_scope
from incidents.models import AlertSource, Heartbeat
from incidents.operations.heartbeats import (
    delete_heartbeat,
    mute_heartbeat,
    save_heartbeat,
    unmute_heartbeat,
)
from incidents.operations.sources import create_source
from tests.conftest import START, Engine, MovedClock
from tests.incidents.test_heartbeats import Door, alerts, make, state
from tests.people import World

WHY = "The backup host is being moved"
LIST = "/t/acme/admin/incidents/heartbeat/"


@pytest.fixture
def backup(source: tuple[AlertSource, str], acme: Tenant) -> Heartbeat:
    return make(source[0])


@pytest.fixture
def door(client: Client, key: str) -> Door:
    return Door(client, key)


@pytest.fixture
def missing(door: Door, backup: Heartbeat, engine: Engine, moved_clock: MovedClock) -> Heartbeat:
    door.beat()
    moved_clock.move(minutes=65)
    engine.run()
    assert [status for _, status, _ in alerts()] == ["triggered"]
    return Heartbeat.objects.get(pk=backup.pk)


def statuses() -> list[str]:
    return [status for _, status, _ in alerts()]


class TestQuiet:
    def test_silence_is_no_alert_until_then(
        self, door: Door, backup: Heartbeat, anna: Membership, engine: Engine, moved_clock: MovedClock
    ) -> None:
        door.beat()
        until = START + timedelta(hours=4)
        mute_heartbeat(heartbeat=backup, until=until, reason=WHY, actor=anna.as_actor(), now=START)
        assert state()[2] == until
        moved_clock.set(until - timedelta(seconds=1))
        engine.run()
        assert alerts() == []
        moved_clock.set(until)
        engine.run()
        assert statuses() == ["triggered"]

    def test_a_beat_meanwhile_waits_for_the_later_of_both(
        self, door: Door, backup: Heartbeat, anna: Membership, moved_clock: MovedClock
    ) -> None:
        until = START + timedelta(hours=4)
        mute_heartbeat(heartbeat=backup, until=until, reason=WHY, actor=anna.as_actor(), now=START)
        assert state() == ("new", None, None)
        door.beat()
        assert state()[2] == until
        moved_clock.move(hours=3, minutes=30)
        door.beat()
        assert state()[2] == moved_clock.now() + timedelta(minutes=65)

    def test_of_a_missing_one_it_ends_the_alert_and_fires_anew_at_its_end(
        self, missing: Heartbeat, anna: Membership, engine: Engine, moved_clock: MovedClock
    ) -> None:
        until = moved_clock.now() + timedelta(hours=1)
        given: dict[str, Any] = {"actor": anna.as_actor(), "now": moved_clock.now()}
        mute_heartbeat(heartbeat=missing, until=until, reason=WHY, **given)
        engine.run()
        assert (statuses(), state()[0::2]) == (["resolved"], ("missing", until))
        moved_clock.set(until)
        engine.run()
        assert (statuses(), state()[0::2]) == (["resolved", "triggered"], ("missing", None))
        engine.run()
        assert alerts()[1][2] == 1

    def test_of_a_missing_one_that_beats_meanwhile_nothing_comes(
        self, missing: Heartbeat, door: Door, anna: Membership, engine: Engine, moved_clock: MovedClock
    ) -> None:
        until = moved_clock.now() + timedelta(hours=1)
        mute_heartbeat(
            heartbeat=missing, until=until, reason=WHY, actor=anna.as_actor(), now=moved_clock.now()
        )
        moved_clock.move(minutes=30)
        door.beat()
        engine.run()
        assert state()[0] == "beating"
        moved_clock.move(minutes=60)
        engine.run()
        assert statuses() == ["resolved"]

    def test_listened_to_again_a_silent_one_is_an_alert_at_once(
        self, missing: Heartbeat, anna: Membership, engine: Engine, moved_clock: MovedClock
    ) -> None:
        given: dict[str, Any] = {"heartbeat": missing, "actor": anna.as_actor(), "now": moved_clock.now()}
        mute_heartbeat(until=moved_clock.now() + timedelta(days=1), reason=WHY, **given)
        unmute_heartbeat(**given)
        unmute_heartbeat(**given)
        engine.run()
        assert statuses() == ["resolved", "triggered"]
        unmute_heartbeat(**given)
        engine.run()
        assert alerts()[1][2] == 1

    def test_it_needs_a_reason_and_a_moment_to_come(self, backup: Heartbeat, anna: Membership) -> None:
        given: dict[str, Any] = {"heartbeat": backup, "actor": anna.as_actor(), "now": START}
        for until, reason in (
            (START + timedelta(hours=1), "  "),
            (START, WHY),
            (START + timedelta(days=400), WHY),
        ):
            with pytest.raises(ValidationError):
                mute_heartbeat(until=until, reason=reason, **given)

    def test_it_is_on_record_who_and_why(self, backup: Heartbeat, anna: Membership) -> None:
        mute_heartbeat(
            heartbeat=backup,
            until=START + timedelta(hours=1),
            reason=WHY,
            actor=anna.as_actor(),
            now=START,
        )
        row = backup.history.first()
        assert (row.actor_label, row.muted_reason) == ("Anna", WHY)


class TestChanged:
    def test_what_is_awaited_follows_at_once(
        self, door: Door, backup: Heartbeat, engine: Engine, moved_clock: MovedClock
    ) -> None:
        door.beat()
        moved_clock.move(minutes=30)
        backup.interval_minutes = 10
        save_heartbeat(heartbeat=backup, actor=ENGINE, now=moved_clock.now())
        engine.run()
        assert statuses() == ["triggered"]
        backup.interval_minutes = 60
        save_heartbeat(heartbeat=backup, actor=ENGINE, now=moved_clock.now())
        engine.run()
        assert (statuses(), state()[0]) == (["resolved"], "beating")

    def test_a_beat_between_reading_and_saving_is_kept(
        self, door: Door, backup: Heartbeat, moved_clock: MovedClock
    ) -> None:
        stale = Heartbeat.objects.get(pk=backup.pk)
        door.beat()
        stale.name = "weekly backup"
        save_heartbeat(heartbeat=stale, actor=ENGINE, now=START)
        assert state() == ("beating", START, START + timedelta(minutes=65))

    def test_the_alert_of_a_missing_one_is_not_said_twice(
        self, missing: Heartbeat, engine: Engine, moved_clock: MovedClock
    ) -> None:
        missing.name = "weekly backup"
        save_heartbeat(heartbeat=missing, actor=ENGINE, now=moved_clock.now())
        engine.run()
        assert [(status, count) for _, status, count in alerts()] == [("triggered", 1)]

    def test_deleted_its_alert_ends_and_its_address_is_gone(
        self, missing: Heartbeat, client: Client, key: str, engine: Engine, moved_clock: MovedClock
    ) -> None:
        delete_heartbeat(heartbeat=missing, actor=ENGINE, now=moved_clock.now())
        engine.run()
        assert statuses() == ["resolved"]
        assert client.get(f"/ingest/{key}/heartbeat/backup").status_code == 404
        with pytest.raises(Heartbeat.DoesNotExist):
            delete_heartbeat(heartbeat=missing, actor=ENGINE, now=moved_clock.now())

    def test_a_name_is_enough_and_a_short_name_is_taken_once(
        self, source: tuple[AlertSource, str], acme: Tenant
    ) -> None:
        assert make(source[0], "", name="Nightly backup of Ĝ").slug == "nightly-backup-of-g"
        for wrong in ({"slug": "nightly-backup-of-g"}, {"slug": "a b"}, {"name": "Ω", "slug": ""}):
            given = {"slug": "x", "name": "x"} | wrong
            with pytest.raises(ValidationError):
                make(source[0], **given)

    def test_another_source_is_another_address(
        self, source: tuple[AlertSource, str], backup: Heartbeat
    ) -> None:
        second, _ = create_source(name="Second", service=None, actor=ENGINE, now=START)
        backup.source = second
        with pytest.raises(ValidationError):
            save_heartbeat(heartbeat=backup, actor=ENGINE, now=START)


class TestWhoMay:
    def test_an_outsider_finds_nothing(
        self, source: tuple[AlertSource, str], backup: Heartbeat, world: World
    ) -> None:
        olga = world.other.members["olga"].as_actor()
        given: dict[str, Any] = {"actor": olga, "now": START}
        with tenant_scope(world.other.tenant.pk):
            with pytest.raises(Heartbeat.DoesNotExist):
                save_heartbeat(heartbeat=backup, **given)
            with pytest.raises(AlertSource.DoesNotExist):
                save_heartbeat(heartbeat=Heartbeat(source=source[0], name="theirs", slug="x"), **given)
            with pytest.raises(Heartbeat.DoesNotExist):
                mute_heartbeat(heartbeat=backup, until=START + timedelta(hours=1), reason=WHY, **given)
            with pytest.raises(Heartbeat.DoesNotExist):
                unmute_heartbeat(heartbeat=backup, **given)
            with pytest.raises(Heartbeat.DoesNotExist):
                delete_heartbeat(heartbeat=backup, **given)

    def test_a_responder_may_look_only(self, backup: Heartbeat, bram: Membership) -> None:
        given: dict[str, Any] = {"heartbeat": backup, "actor": bram.as_actor(), "now": START}
        for deed in (save_heartbeat, unmute_heartbeat, delete_heartbeat):
            with pytest.raises(PermissionDenied):
                deed(**given)
        with pytest.raises(PermissionDenied):
            mute_heartbeat(until=START + timedelta(hours=1), reason=WHY, **given)


class TestScreens:
    FORM = {
        "name": "nightly backup",
        "slug": "",
        "interval_minutes": "1440",
        "grace_minutes": "30",
        "severity": "error",
        "runbook_url": "",
    }

    def test_made_here_with_a_line_to_copy(
        self, client: Client, source: tuple[AlertSource, str], world: World
    ) -> None:
        client.force_login(world.acme.members["anna"].user)
        answer = client.post(f"{LIST}add/", {**self.FORM, "source": source[0].pk})
        assert answer.status_code == 302, answer.content
        with all_tenants("test"):
            made = Heartbeat.objects.get()
        shown = client.get(f"{LIST}{made.pk}/change/").content.decode()
        address = links.ingest(source[1], "heartbeat/nightly-backup")
        assert f"curl -fsS -m 10 --retry 5 -o /dev/null {address}" in shown
        assert "waits for its first beat" in shown
        taken = client.post(f"{LIST}add/", {**self.FORM, "source": source[0].pk, "slug": made.slug})
        assert taken.status_code == 200

    def test_the_list_says_how_each_is_doing(
        self, client: Client, door: Door, missing: Heartbeat, world: World, moved_clock: MovedClock
    ) -> None:
        client.force_login(world.acme.members["vera"].user)
        shown = client.get(LIST).content.decode()
        assert '<span class="state major">missing</span>' in shown
        assert "1 h 5 min ago" in shown
        assert "1 h + 5 min" in shown
        page = client.get(f"{LIST}{missing.pk}/change/").content.decode()
        assert "/ingest/" not in page
        assert "Keep quiet" not in page

    def test_quiet_and_heard_again_in_few_taps(
        self, client: Client, missing: Heartbeat, world: World, moved_clock: MovedClock
    ) -> None:
        client.force_login(world.acme.members["marc"].user)
        address = f"/t/acme/heartbeats/{missing.uid}/"
        refused = client.post(f"{address}quiet", {"minutes": "60", "reason": ""}, follow=True)
        assert "Say why" in refused.content.decode()
        for odd in ("", "-5", "1e9", "99999999", "٣"):
            client.post(f"{address}quiet", {"minutes": odd, "reason": WHY})
        assert Heartbeat.objects.get().muted_until is None
        done = client.post(f"{address}quiet", {"minutes": "60", "reason": WHY}, follow=True)
        shown = done.content.decode()
        assert "nightly backup is kept quiet." in shown
        assert "quiet until 13:05" in shown
        assert WHY in shown
        assert "Listen again now" in shown
        client.post(f"{address}listen")
        assert Heartbeat.objects.get().muted_until is None

    def test_who_may_not_and_outsiders(self, client: Client, backup: Heartbeat, world: World) -> None:
        client.force_login(world.acme.members["bram"].user)
        assert client.post(f"/t/acme/heartbeats/{backup.uid}/quiet").status_code == 403
        client.force_login(world.other.members["olga"].user)
        assert client.post(f"/t/other/heartbeats/{backup.uid}/quiet").status_code == 404
        assert client.post(f"/t/other/heartbeats/{backup.uid}/listen").status_code == 404


class TestApi:
    API = "/t/acme/api/v1/heartbeats/"

    def test_made_changed_quiet_and_deleted(
        self, client: Client, source: tuple[AlertSource, str], door: Door, world: World
    ) -> None:
        client.force_login(world.acme.members["anna"].user)
        kind = "application/json"
        body = {"name": "nightly backup", "source": source[0].uid, "interval_minutes": 10}
        made = client.post(self.API, body, content_type=kind)
        assert made.status_code == 201, made.content
        row = made.json()
        assert (row["slug"], row["state"], row["last_seen"]) == ("nightly-backup", "new", None)
        assert source[1] not in made.content.decode()
        door.beat("nightly-backup")
        one = f"{self.API}{row['uid']}/"
        assert client.get(one).json()["state"] == "beating"
        changed = client.patch(one, {"grace_minutes": 0}, content_type=kind).json()
        assert changed["due_at"] == "2026-11-23T11:10:00+01:00"
        assert client.patch(one, {"state": "new"}, content_type=kind).status_code == 400
        muted = client.post(
            f"{one}mute/", {"until": "2026-11-23T12:00:00Z", "reason": WHY}, content_type=kind
        )
        assert (muted.json()["muted_until"], muted.json()["muted_reason"]) == (
            "2026-11-23T13:00:00+01:00",
            WHY,
        )
        assert client.post(f"{one}unmute/").json()["muted_until"] is None
        assert client.get(f"{self.API}?state=beating&source={source[0].uid}").json()["results"]
        assert client.get(f"{self.API}?state=missing").json()["results"] == []
        assert client.delete(one).status_code == 204
        assert client.get(one).status_code == 404

    def test_others_may_not(self, client: Client, backup: Heartbeat, world: World) -> None:
        client.force_login(world.acme.members["bram"].user)
        assert client.get(f"{self.API}{backup.uid}/").status_code == 200
        assert client.delete(f"{self.API}{backup.uid}/").status_code == 403
        client.force_login(world.other.members["olga"].user)
        assert client.delete(f"/t/other/api/v1/heartbeats/{backup.uid}/").status_code == 404
