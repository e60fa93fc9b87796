"""The page of a source: its address and snippets, what comes in, a test, its settings, its key."""

from datetime import timedelta
from html import unescape

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.scoping import tenant_scope
from incidents.models import Alert, AlertSource, InboundEvent, Incident, SourceMinute, Tool
from incidents.operations.source_tests import send_test
from incidents.operations.sources import create_source, save_source
from tests.browser.stage import Stage, set_stage
from tests.conftest import START, Engine, MovedClock
from tests.incidents.test_room_view import as_, words
from tests.people import World

ADMIN = "/t/acme/admin/incidents/alertsource/"


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


@pytest.fixture
def page(stage: Stage) -> str:
    return f"{ADMIN}{stage.source.pk}/change/"


def made(stage: Stage, clock: MovedClock, tool: str, name: str = "Made") -> AlertSource:
    with tenant_scope(stage.world.acme.tenant.pk):
        return create_source(name=name, service=stage.checkout, tool=tool, actor=ENGINE, now=clock.now())[0]


# --- made and changed ---------------------------------------------------------------------------------------
def test_one_is_made_and_its_page_has_the_address(client: Client, stage: Stage) -> None:
    given = {"name": "Zabbix", "tool": "zabbix", "service": stage.checkout.pk}
    shown = as_(client, stage, "marc").post(f"{ADMIN}add/", given, follow=True)
    with tenant_scope(stage.world.acme.tenant.pk):
        source = AlertSource.objects.get(name="Zabbix")
        assert source.history.count() == 1
    assert source.tool == "zabbix"
    assert f"/ingest/{source.key}/json" in words(shown)


@pytest.mark.parametrize("tool", Tool.values)
def test_each_tool_is_told_what_to_do(
    client: Client, stage: Stage, moved_clock: MovedClock, tool: str
) -> None:
    source = made(stage, moved_clock, tool)
    shown = words(as_(client, stage, "marc").get(f"{ADMIN}{source.pk}/change/"))
    assert "Where to post" in shown
    assert source.key in shown


@pytest.mark.parametrize("tool", ["alertmanager", "grafana"])
def test_it_says_what_decides_how_bad_it_is_and_how_the_key_goes_in_a_header(
    client: Client, stage: Stage, moved_clock: MovedClock, tool: str
) -> None:
    source = made(stage, moved_clock, tool)
    shown = words(as_(client, stage, "marc").get(f"{ADMIN}{source.pk}/change/"))
    assert "severity decides: critical, error, warning or info" in " ".join(shown.split())
    assert f"/ingest/{tool} " in " ".join(shown.split())
    given = {"authorization": f"Bearer {source.key}"}
    answer = client.post(f"/ingest/{tool}", b"{}", content_type="application/json", headers=given)
    assert answer.status_code == 202


def test_who_may_not_see_keys_sees_none(client: Client, stage: Stage, page: str) -> None:
    for name in ("vera", "bram"):
        response = as_(client, stage, name).get(page)
        assert response.status_code == 200
        assert stage.key not in response.content.decode()
        assert "owners and managers see it" in words(response)


def test_settings_are_saved_and_nothing_beside_them(
    client: Client, stage: Stage, page: str, moved_clock: MovedClock
) -> None:
    form = {
        "name": "Prometheus", "tool": "alertmanager", "service": stage.checkout.pk, "by_group": "on",
        "grouping": "labels", "grouping_labels": "cluster,alertname", "reopen_minutes": "5",
        "quiet_ends_after_minutes": "90", "limit_per_minute": "600",
        "signature_secret": "hush", "signature_header": "X-Signature", "timestamp_header": "",
    }  # fmt: skip
    with tenant_scope(stage.world.acme.tenant.pk):
        stage.source.tool = Tool.ALERTMANAGER
        save_source(source=stage.source, actor=ENGINE, now=moved_clock.now())
    response = as_(client, stage, "marc").post(page, form)
    assert response.status_code == 302, words(response)
    with tenant_scope(stage.world.acme.tenant.pk):
        source = AlertSource.objects.get(pk=stage.source.pk)
    assert (source.grouping, source.grouping_labels) == ("labels", ["cluster", "alertname"])
    assert (source.by_group, source.quiet_ends_after_minutes, source.limit_per_minute) == (True, 90, 600)
    assert (source.signature_secret, source.key) == ("hush", stage.key)


def test_labels_without_names_are_refused(client: Client, stage: Stage, page: str) -> None:
    form = {
        "name": "Prometheus", "tool": "json", "service": "", "grouping": "labels", "grouping_labels": "",
        "reopen_minutes": "0", "quiet_ends_after_minutes": "", "limit_per_minute": "600",
        "signature_secret": "", "signature_header": "", "timestamp_header": "",
    }  # fmt: skip
    response = as_(client, stage, "marc").post(page, form, follow=True)
    assert "Name the labels" in words(response)


def test_a_secret_needs_the_name_of_a_header(client: Client, stage: Stage, page: str) -> None:
    form = {
        "name": "Prometheus", "tool": "json", "service": "", "grouping": "", "grouping_labels": "",
        "reopen_minutes": "0", "quiet_ends_after_minutes": "", "limit_per_minute": "600",
        "signature_secret": "hush", "signature_header": "  ", "timestamp_header": "",
    }  # fmt: skip
    assert "Name the header" in words(as_(client, stage, "marc").post(page, form, follow=True))
    assert as_(client, stage, "marc").post(page, form | {"signature_secret": ""}).status_code == 302


def test_it_says_who_is_asked_for_a_signature_and_that_posts_were_refused(
    client: Client, stage: Stage, page: str
) -> None:
    shown = unescape(words(as_(client, stage, "marc").get(page)))
    assert "PagerDuty's and Opsgenie's addresses and heartbeats are not asked" in shown
    assert "The key alone is still enough at PagerDuty's" in shown
    assert "were refused" not in shown
    with tenant_scope(stage.world.acme.tenant.pk):
        stage.source.signature_secret = "hush"
        save_source(source=stage.source, actor=ENGINE, now=START)
    path = f"/ingest/{stage.key}/json"
    assert client.post(path, b"{}", content_type="application/json").status_code == 401
    shown = words(as_(client, stage, "marc").get(page))
    assert "Posts were refused because their signature did not fit, last at" in shown


def test_a_mapping_that_is_none_is_refused(stage: Stage, moved_clock: MovedClock) -> None:
    with tenant_scope(stage.world.acme.tenant.pk):
        stage.source.mapping = {"title": "not a path"}
        with pytest.raises(ValidationError, match="has to begin with"):
            save_source(source=stage.source, actor=ENGINE, now=moved_clock.now())


def test_who_only_responds_saves_nothing(stage: Stage, moved_clock: MovedClock) -> None:
    bram = stage.world.acme.members["bram"].as_actor()
    with tenant_scope(stage.world.acme.tenant.pk):
        for work in (save_source, send_test):
            with pytest.raises(PermissionDenied):
                work(source=stage.source, actor=bram, now=moved_clock.now())


# --- what comes in ------------------------------------------------------------------------------------------
def test_it_says_that_nothing_has_come_in_and_what_to_try(client: Client, stage: Stage, page: str) -> None:
    shown = words(as_(client, stage, "marc").get(page))
    assert "Never: nothing has come in yet." in shown
    assert "Send a test from here" in shown


def test_it_says_how_much_comes_in_and_how_near_the_limit(
    client: Client, stage: Stage, page: str, moved_clock: MovedClock
) -> None:
    now = moved_clock.now()
    with tenant_scope(stage.world.acme.tenant.pk):
        for minutes, events in ((0, 3), (50, 1_100), (23 * 60, 7), (30 * 60, 99)):
            at = (now - timedelta(minutes=minutes)).replace(second=0, microsecond=0)
            SourceMinute.objects.create(source=stage.source, minute=at, events=events, over=0)
        AlertSource.objects.filter(pk=stage.source.pk).update(last_event_at=now - timedelta(minutes=2))
    response = as_(client, stage, "marc").get(page)
    shown = words(response)
    assert "2 min ago" in shown
    assert "1110 events in 24 hours, 1103 of them in the last hour" in response.content.decode()
    assert "At most 1100 a minute in 24 hours; the limit is 1200." in shown
    listed = as_(client, stage, "marc").get(ADMIN)
    assert "1103" in words(listed)
    assert '<svg class="spark"' in listed.content.decode()


def test_the_list_asks_the_same_however_many_there_are(
    client: Client, stage: Stage, moved_clock: MovedClock
) -> None:
    as_(client, stage, "marc")
    client.get(ADMIN)
    with CaptureQueriesContext(connection) as few:
        client.get(ADMIN)
    for n in range(8):
        made(stage, moved_clock, "json", f"Source {n}")
    with CaptureQueriesContext(connection) as many:
        client.get(ADMIN)
    assert len(many) == len(few)


# --- a test -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("tool", sorted(set(Tool.values) - {"heartbeat"}))
def test_a_test_comes_through_and_pages_nobody(
    client: Client, stage: Stage, engine: Engine, moved_clock: MovedClock, tool: str
) -> None:
    source = made(stage, moved_clock, tool)
    posted = as_(client, stage, "marc").post(f"/t/acme/sources/{source.uid}/test")
    assert posted.status_code == 303
    assert "It is being worked" in words(client.get(posted["Location"]))
    engine.run()
    with tenant_scope(stage.world.acme.tenant.pk):
        event = InboundEvent.objects.get(source=source)
        assert (event.posted_by, event.problem) == ("Marc", "")
        alert = Alert.objects.get(source=source)
        assert alert.is_test
        assert not Incident.objects.exists()
    shown = words(client.get(posted["Location"]))
    for said in ("It came through.", alert.title, "Checkout", "nobody was paged, since it is a test"):
        assert said in shown


def test_a_test_closes_nothing_that_really_fires(
    stage: Stage, engine: Engine, moved_clock: MovedClock
) -> None:
    source = made(stage, moved_clock, "json")
    marc = stage.world.acme.members["marc"].as_actor()
    with tenant_scope(stage.world.acme.tenant.pk):
        for _ in range(2):
            send_test(source=source, actor=marc, now=moved_clock.now())
        engine.run()
        assert len(set(Alert.objects.values_list("dedup_key", flat=True))) == 2


# --- the key ------------------------------------------------------------------------------------------------
def test_new_key_and_revoke_stand_on_the_page_and_are_confirmed(
    client: Client, stage: Stage, page: str
) -> None:
    shown = words(as_(client, stage, "marc").get(page))
    assert "Yes, make a new key" in shown
    assert "Yes, revoke it" in shown
    shown = words(client.post(f"/t/acme/sources/{stage.source.uid}/new-key", follow=True))
    with tenant_scope(stage.world.acme.tenant.pk):
        source = AlertSource.objects.get(pk=stage.source.pk)
    assert source.key != stage.key
    assert source.key in shown
    shown = words(client.post(f"/t/acme/sources/{stage.source.uid}/revoke", follow=True))
    assert "This source was revoked" in shown
    assert source.key not in shown


@pytest.mark.parametrize("deed", ["test", "new-key", "revoke", "mapping"])
def test_deeds_are_for_who_sets_up(client: Client, stage: Stage, deed: str) -> None:
    address = f"/t/acme/sources/{stage.source.uid}/{deed}"
    assert as_(client, stage, "bram").post(address).status_code == 403
    assert as_(client, stage, "olga").post(address).status_code == 404
    assert as_(client, stage, "olga").post(address.replace("acme", "other")).status_code in (403, 404)
    with tenant_scope(stage.world.acme.tenant.pk):
        assert AlertSource.objects.get(pk=stage.source.pk).key == stage.key
        assert not InboundEvent.objects.exists()


def test_the_list_is_narrowed_to_those_in_use(client: Client, stage: Stage) -> None:
    ready = as_(client, stage, "marc")
    counts = [
        ready.get(f"{ADMIN}?revoked={which}").context["cl"].result_count
        for which in ("no", "yes", "nonsense")
    ]
    with tenant_scope(stage.world.acme.tenant.pk):
        every = AlertSource.objects.count()
    assert counts == [every, 0, every]
