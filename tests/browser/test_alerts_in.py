"""The screens of alerts in: nothing axe calls serious, no sideways scroll, light and dark, phone and desk."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from config.tenancy.scoping import tenant_scope
from incidents.models import Alert, AlertSource, InboundEvent, Incident, SourceMinute
from incidents.operations.cancelling import cancel
from incidents.operations.ingest import take_in
from tests.browser.conftest import DESK, Person
from tests.browser.looking import look_all_round
from tests.browser.stage import Stage
from tests.conftest import Engine, MovedClock

ADMIN = "/t/acme/admin/incidents"
FULL = (
    b'{"title": "Disk of db-1 is full", "key": "disk-db-1", "severity": "critical", "labels": {"alertname":'
    b' "DiskFull", "instance": "db-1.fra.example.org:9100", "mountpoint": "/var/lib/postgresql"}}'
)


@pytest.fixture
def busy(stage: Stage, engine: Engine, moved_clock: MovedClock) -> Stage:
    """A day of events, a false alarm, and one that could not be read."""
    bram, now = stage.world.acme.members["bram"], moved_clock.now()
    with tenant_scope(stage.world.acme.tenant.pk):
        for minutes in range(2, 1_400, 7):
            at = (now - timedelta(minutes=minutes)).replace(second=0, microsecond=0)
            SourceMinute.objects.create(source=stage.source, minute=at, events=minutes % 40, over=0)
        for body in (FULL, b'{"title": "Disk of db-1 is full", "key":'):
            take_in(source_id=stage.source.pk, format="json", body=body, now=now)
        engine.run()
        [alert] = Alert.objects.filter(dedup_key="disk-db-1")
        incident = Incident.objects.get(pk=alert.incident_id)
        cancel(incident=incident, reason="false_alarm", actor=bram.as_actor(), now=now)
        AlertSource.objects.filter(pk=stage.source.pk).update(last_event_at=now - timedelta(minutes=2))
    return stage


def test_the_screens_of_alerts_in(busy: Stage, someone: Callable[..., Person], engine: Engine) -> None:
    problems: list[str] = []
    marc = someone(size=DESK)
    marc.sign_in("marc@acme.test", "/t/acme/admin/")
    marc.sees("1 event could not be read")
    with tenant_scope(busy.world.acme.tenant.pk):
        unread = InboundEvent.objects.get(outcome="quarantined").pk
        alert = Alert.objects.get(dedup_key="disk-db-1").pk
    page = f"{ADMIN}/alertsource/{busy.source.pk}/change/"
    for name, address in {
        "sources": f"{ADMIN}/alertsource/",
        "source-add": f"{ADMIN}/alertsource/add/",
        "events": f"{ADMIN}/inboundevent/?quarantine=yes",
        "event": f"{ADMIN}/inboundevent/{unread}/change/",
        "alerts": f"{ADMIN}/alert/",
        "alert": f"{ADMIN}/alert/{alert}/change/",
        "quiet": "/t/acme/measures/quiet",
    }.items():
        marc.go(address)
        look_all_round(marc, name, problems)
    # A test is sent, worked, and its end comes into the page by itself.
    marc.go(page)
    marc.page.set_viewport_size(DESK)
    marc.tap("Send a test", role="button")
    marc.sees("It is being worked")
    engine.run()
    marc.sees("It came through.")
    marc.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    look_all_round(marc, "source", problems)
    marc.go(f"/t/acme/sources/{busy.source.uid}/mapping")
    marc.write("#mapping", '{"title": "$.title", "labels.host": "$.labels.instance", "key": "$.nothing"}')
    marc.write("textarea[name=pasted]", FULL.decode())
    marc.tap("Try it out", role="button")
    marc.sees("What comes of it")
    look_all_round(marc, "mapping", problems)
    assert not problems, "\n".join(problems)
