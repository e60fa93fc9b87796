"""Which alerts wake people for nothing, what was seen and woke nobody, and the list and page of alerts."""

from datetime import timedelta
from json import dumps
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.figures.seen_quiet import noisy, quiet
from incidents.models import Alert, Incident
from incidents.operations.cancelling import cancel
from incidents.operations.circle import make_private
from incidents.operations.ingest import take_in
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.test_room_view import as_, words
from tests.people import World

ADMIN = "/t/acme/admin/incidents/alert/"
QUIET = "/t/acme/measures/quiet"


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


def fires(stage: Stage, engine: Engine, title: str, status: str = "firing", **labels: str) -> Alert:
    said = {"title": title, "key": title, "severity": "critical", "status": status, "labels": labels}
    body = dumps(said).encode()
    with tenant_scope(stage.world.acme.tenant.pk):
        take_in(source_id=stage.source.pk, format="json", body=body, now=engine.clock.now())
        engine.run()
        return Alert.objects.filter(dedup_key=title).latest("id")


def false_alarm(stage: Stage, engine: Engine, alert: Alert) -> None:
    bram = stage.world.acme.members["bram"]
    with tenant_scope(stage.world.acme.tenant.pk):
        incident = Incident.objects.get(pk=alert.incident_id)
        cancel(incident=incident, reason="false_alarm", actor=bram.as_actor(), now=engine.clock.now())


@pytest.fixture
def night(stage: Stage, engine: Engine, moved_clock: MovedClock) -> Alert:
    """A false alarm at three in the morning."""
    moved_clock.set(moved_clock.now().replace(hour=2) + timedelta(days=1))
    alert = fires(stage, engine, "Disk full on node1", alertname="DiskFull", instance="node1")
    engine.run()
    false_alarm(stage, engine, alert)
    return alert


def test_what_wakes_for_nothing_is_ranked_with_a_way_to_mend_it(
    client: Client, stage: Stage, night: Alert
) -> None:
    with tenant_scope(stage.world.acme.tenant.pk):
        since = night.first_seen - timedelta(days=1)
        [one] = noisy(since, membership=stage.world.acme.members["marc"])
    assert (one.name, one.fired, one.opened, one.for_nothing, one.percent) == ("DiskFull", 1, 1, 1, 100)
    assert one.nights == 1
    shown = words(as_(client, stage, "marc").get(QUIET))
    assert "DiskFull" in shown
    assert "1 / 1" in shown
    assert "Fix the rule" not in words(as_(client, stage, "vera").get(QUIET))


def test_what_was_suppressed_is_seen_there_too(
    client: Client, stage: Stage, engine: Engine, night: Alert
) -> None:
    with tenant_scope(stage.world.acme.tenant.pk), acting(ENGINE, now=engine.clock.now()):
        for n, given in enumerate(({"suppressed": True}, {"is_test": True}, {})):
            night.pk, night.uid, night.dedup_key, night.incident = None, f"Q{n}", f"q{n}", None
            night.title, night.labels = f"Quiet {n}", {}
            for name in ("suppressed", "is_test"):
                setattr(night, name, given.get(name, False))
            night._state.adding = True
            night.save(force_insert=True)
        found = quiet(night.first_seen - timedelta(days=1), membership=None)
    assert {one.name for one in found} == {"Quiet 0", "Quiet 1", "Quiet 2"}
    shown = words(as_(client, stage, "vera").get(QUIET))
    for said in ("suppressed", "a test", "under maintenance"):
        assert said in shown


def test_a_private_one_is_not_in_the_ranking(client: Client, stage: Stage, engine: Engine) -> None:
    alert = fires(stage, engine, "Secret leak", alertname="SecretLeak")
    anna = stage.world.acme.members["anna"]
    with tenant_scope(stage.world.acme.tenant.pk):
        incident = Incident.objects.get(pk=alert.incident_id)
        make_private(incident=incident, actor=anna.as_actor(), now=engine.clock.now())
    false_alarm(stage, engine, alert)
    assert "SecretLeak" not in words(as_(client, stage, "vera").get(QUIET))


def test_it_asks_the_same_however_much_fired(
    client: Client, stage: Stage, engine: Engine, night: Alert
) -> None:
    as_(client, stage, "marc").get(QUIET)
    with CaptureQueriesContext(connection) as few:
        client.get(QUIET)
    for n in range(4):
        false_alarm(stage, engine, fires(stage, engine, f"Other {n}", alertname=f"Other{n}"))
    with CaptureQueriesContext(connection) as many:
        client.get(f"{QUIET}?days=90")
    assert len(many) == len(few)


# --- the list and the page ----------------------------------------------------------------------------------
def test_the_list_shows_labels_as_chips_and_filters_what_was_quiet(
    client: Client, stage: Stage, night: Alert
) -> None:
    as_(client, stage, "vera")
    assert "alertname=DiskFull" in words(client.get(ADMIN))
    assert "DiskFull" not in words(client.get(f"{ADMIN}?quiet=suppressed"))


def test_its_page_has_what_it_did_before_and_its_posts(
    client: Client, stage: Stage, engine: Engine, night: Alert
) -> None:
    fires(stage, engine, "Disk full on node1", status="resolved")
    again = fires(stage, engine, "Disk full on node1", alertname="DiskFull")
    assert again.pk != night.pk
    shown: Any = as_(client, stage, "marc").get(f"{ADMIN}{again.pk}/change/")
    said = words(shown)
    for word in ("The same, before", "INC-1", "Posts that told of it", "Payload"):
        assert word in said
    assert "/inboundevent/" in shown.content.decode()
    assert (
        "/inboundevent/" not in as_(client, stage, "vera").get(f"{ADMIN}{again.pk}/change/").content.decode()
    )
