"""Raw events: what became of each, the quarantine, and working them again."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from config.tenancy.scoping import tenant_scope
from incidents.models import Alert, InboundEvent, Outcome
from incidents.operations.event_reads import how_many_to_look_at
from incidents.operations.ingest import take_in
from incidents.operations.replaying import MOST, replay_events
from incidents.operations.sources import revoke_source
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.test_room_view import as_, words
from tests.people import World

ADMIN = "/t/acme/admin/incidents/inboundevent/"


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


def came_in(stage: Stage, engine: Engine, body: bytes, format: str = "json") -> InboundEvent:
    with tenant_scope(stage.world.acme.tenant.pk):
        event = take_in(source_id=stage.source.pk, format=format, body=body, now=engine.clock.now())
        engine.run()
        event.refresh_from_db()
        return event


@pytest.fixture
def broken(stage: Stage, engine: Engine) -> InboundEvent:
    return came_in(stage, engine, b'{"title": "Disk full", ')


@pytest.fixture
def read(stage: Stage, engine: Engine) -> InboundEvent:
    return came_in(stage, engine, b'{"title":"Disk full","key":"k1","severity":"critical"}')


def test_what_could_be_read_says_what_became_of_it(client: Client, stage: Stage, read: InboundEvent) -> None:
    shown = as_(client, stage, "marc").get(f"{ADMIN}{read.pk}/change/")
    for said in ("processed", "Disk full", "INC-1", "the tool", "&quot;key&quot;: &quot;k1&quot;"):
        assert said in words(shown)


def test_what_could_not_says_why_and_stands_in_the_quarantine(
    client: Client, stage: Stage, broken: InboundEvent, read: InboundEvent
) -> None:
    as_(client, stage, "marc")
    shown = words(client.get(f"{ADMIN}{broken.pk}/change/"))
    assert "It is not JSON" in shown
    assert "{&quot;title&quot;: &quot;Disk full&quot;," in shown
    listed = client.get(f"{ADMIN}?quarantine=yes").content.decode()
    assert f"/{broken.pk}/change/" in listed
    assert f"/{read.pk}/change/" not in listed


@pytest.mark.parametrize(
    "query", ["by=tool", "by=test", "by=again", "format=json", "outcome__exact=processed"]
)
def test_they_are_filtered(client: Client, stage: Stage, read: InboundEvent, query: str) -> None:
    listed = as_(client, stage, "marc").get(f"{ADMIN}?{query}").content.decode()
    assert (f"/{read.pk}/change/" in listed) == (query not in {"by=test", "by=again"})


def test_empty_lists_say_what_that_means(client: Client, stage: Stage) -> None:
    as_(client, stage, "marc")
    assert "Nothing has come in yet." in words(client.get(ADMIN))
    assert "could be read" in words(client.get(f"{ADMIN}?quarantine=yes"))


# --- again --------------------------------------------------------------------------------------------------
def test_worked_again_it_is_a_new_event_with_a_name_on_it(
    client: Client, stage: Stage, engine: Engine, read: InboundEvent
) -> None:
    response = as_(client, stage, "marc").post(f"/t/acme/events/{read.pk}/again")
    with tenant_scope(stage.world.acme.tenant.pk):
        again = InboundEvent.objects.exclude(pk=read.pk).get()
        assert (again.replay_of, again.posted_by, bytes(again.body)) == (read.pk, "Marc", bytes(read.body))
        assert again.alert_ids == read.alert_ids
        engine.run()
        again.refresh_from_db()
        assert again.outcome == Outcome.PROCESSED
        assert Alert.objects.get().count == 2
    shown = words(client.get(response["Location"]))
    assert "Marc, once more" in shown
    assert "the first time" in shown
    assert "processed" in words(client.get(f"{ADMIN}{read.pk}/change/"))


def test_many_are_worked_again_at_once(client: Client, stage: Stage, engine: Engine) -> None:
    made = [came_in(stage, engine, b'{"title":"%d"}' % n).pk for n in range(25)]
    as_(client, stage, "marc")
    shown = client.post(ADMIN, {"action": "again", "_selected_action": made}, follow=True)
    assert "25 events are worked again." in words(shown)
    with tenant_scope(stage.world.acme.tenant.pk):
        rows = InboundEvent.objects.exclude(replay_of=None).order_by("pk")
        assert list(rows.values_list("replay_of", flat=True)) == made


def test_what_is_not_worked_again(stage: Stage, engine: Engine, read: InboundEvent) -> None:
    now = engine.clock.now()
    marc, bram = (stage.world.acme.members[name].as_actor() for name in ("marc", "bram"))
    with tenant_scope(stage.world.acme.tenant.pk):
        waits = take_in(source_id=stage.source.pk, format="json", body=b"{}", now=now)
        with pytest.raises(PermissionDenied):
            replay_events(ids=[read.pk], actor=bram, now=now)
        with pytest.raises(ValidationError, match="still waits"):
            replay_events(ids=[read.pk, waits.pk], actor=marc, now=now)
        with pytest.raises(ValidationError, match="At most"):
            replay_events(ids=range(MOST + 1), actor=marc, now=now)
        revoke_source(source=stage.source, actor=marc, now=now)
        with pytest.raises(ValidationError, match="revoked"):
            replay_events(ids=[read.pk], actor=marc, now=now)
        assert InboundEvent.objects.count() == 2


def test_another_tenants_event_is_a_missing_one(client: Client, stage: Stage, read: InboundEvent) -> None:
    assert as_(client, stage, "olga").post(f"/t/other/events/{read.pk}/again").status_code in (403, 404)
    assert as_(client, stage, "bram").post(f"/t/acme/events/{read.pk}/again").status_code == 403


# --- called to mind -----------------------------------------------------------------------------------------
def test_the_now_screen_calls_the_quarantine_to_mind(
    client: Client, stage: Stage, engine: Engine, moved_clock: MovedClock, broken: InboundEvent
) -> None:
    said = "1 event could not be read"
    assert said in words(as_(client, stage, "marc").get("/t/acme/admin/"))
    assert said not in words(as_(client, stage, "bram").get("/t/acme/admin/"))
    as_(client, stage, "marc").post(f"/t/acme/events/{broken.pk}/again")
    assert "could not be read" not in words(client.get("/t/acme/admin/"))
    engine.run()  # and could not be read again
    assert said in words(client.get("/t/acme/admin/"))
    moved_clock.move(days=8)
    with tenant_scope(stage.world.acme.tenant.pk):
        marc = stage.world.acme.members["marc"]
        assert how_many_to_look_at(marc, moved_clock.now()) == 0
