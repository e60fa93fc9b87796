"""Of a closed tenant nothing that waits runs, counts as late or is mended; opened again, it all goes on.

Every due work of the room is looked at, by its registration: a new one fails until something of it waits.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from config import clock
from config.clock import DueWork
from config.tenancy.actors import ENGINE, Actor
from config.tenancy.audit import acting
from config.tenancy.operations.tenants import close_tenant, reopen_tenant
from incidents.models import (
    ActionItem,
    Alert,
    AlertStatus,
    ChatMirror,
    Heartbeat,
    HeartbeatState,
    InboundEvent,
    Incident,
    InternalMail,
    MailKind,
    MaintenanceWindow,
    Morning,
    Service,
)
from incidents.operations.mails import queue_mails
from incidents.operations.maintaining import start_maintenance
from incidents.operations.morning import begin_mornings
from incidents.phases import Phase
from tests.conftest import Engine
from tests.incidents.leading import Lead
from tests.people import World

STAFF = Actor.staff(1, "Platform")
Looks = dict[str, Callable[[], Any]]


# What is old goes by one look over all tenants, closed ones too (operations.retention).
OF_NO_TENANT = {"incidents.retention"}


def works() -> list[DueWork]:
    rooms = [work for work in clock.works() if work.name.startswith("incidents.")]
    return [work for work in rooms if work.name not in OF_NO_TENANT]


def set_on(incident: Incident, **values: Any) -> None:
    with acting(ENGINE, now=incident.declared_at):
        Incident.objects.filter(pk=incident.pk).update(**values)


def post(lead: Lead, incident: Incident, **given: Any) -> None:
    source = lead.alert_on(incident).source
    InboundEvent.objects.create(source=source, format="alertmanager", received_at=lead.now, **given)


def late_heartbeat(lead: Lead, incident: Incident) -> Heartbeat:
    """Missed a moment ago."""
    seen = lead.now - timedelta(minutes=65)
    said = {"state": HeartbeatState.BEATING, "last_seen": seen, "due_at": lead.now}
    source = lead.alert_on(incident).source
    with acting(ENGINE, now=lead.now):
        return Heartbeat.objects.create(
            source=source, slug="backup", name="Backup", created_at=lead.now, **said
        )


def late_item(lead: Lead, incident: Incident) -> None:
    with acting(ENGINE, now=lead.now):
        ActionItem.objects.create(
            incident=incident,
            text="Raise the limit",
            owner=lead.people["bram"],
            due_on=lead.now.date() - timedelta(days=1),
            created_at=lead.now,
            created_by_label="Anna",
            chase_at=lead.now,
        )


@pytest.fixture
def waiting(lead: Lead, engine: Engine, settings: Settings) -> Looks:
    """Of every due work something waits. {its name: what changes once it was worked}"""
    settings.CHAT_VENDOR = "tests.incidents.test_chat.Fake"
    held, promised, clear, lost = (
        lead.declare("Held"),
        lead.declare("Promised"),
        lead.alerted(),
        lead.alerted(),
    )
    engine.run()
    for work in works():
        work.repair(lead.now)
    Morning.objects.all().delete()
    begin_mornings(tenant=lead.tenant, now=lead.now - timedelta(days=2))
    set_on(held, held_until=lead.now)
    set_on(promised, chase_at=lead.now, next_update_at=lead.now)
    lead.alert_on(clear, status=AlertStatus.RESOLVED)
    set_on(clear, recovered_due_at=lead.now)
    lead.alert_on(lost, status=AlertStatus.RESOLVED)  # its deadline is for the repair to find
    late_item(lead, promised)
    post(lead, promised, body=b"unheard")
    post(lead, promised, body=b"left behind", attempts=1)
    queue_mails(incident=promised, kind=MailKind.HELD, memberships=[lead.people["anna"]], now=lead.now)
    ChatMirror.objects.update(due_at=lead.now)
    low, untouched = lead.alerted(2), lead.alerted(2)
    set_on(low, rises_at=lead.now)
    set_on(untouched, untouched_ends_at=lead.now)
    silent = lead.alert_on(low, silent_at=lead.now)
    with acting(ENGINE, now=lead.now):
        other = Service.objects.create(name="Other", team=lead.team)
    window = start_maintenance(service=other, actor=ENGINE, now=lead.now)
    beat = late_heartbeat(lead, low)
    return {
        "incidents.rises": lambda: lead.again(low).rises_at,
        "incidents.untouched": lambda: lead.again(untouched).untouched_ends_at,
        "incidents.silence": lambda: Alert.objects.get(pk=silent.pk).silent_at,
        "incidents.heartbeats": lambda: Heartbeat.objects.get(pk=beat.pk).due_at,
        "incidents.maintenance": lambda: MaintenanceWindow.objects.get(pk=window.pk).next_change_at,
        "incidents.held": lambda: lead.again(held).held_until,
        "incidents.updates_due": lambda: lead.again(promised).chase_at,
        "incidents.recovered": lambda: (lead.again(clear).phase, lead.again(lost).recovered_due_at),
        "incidents.actions_late": lambda: ActionItem.objects.get().chase_at,
        "incidents.mails": lambda: list(InternalMail.objects.order_by("pk").values_list("retry_at")),
        "incidents.chat": lambda: list(ChatMirror.objects.order_by("pk").values_list("due_at")),
        "incidents.inbound": lambda: list(InboundEvent.objects.order_by("pk").values_list("outcome")),
        "incidents.morning": lambda: Morning.objects.get().next_at,
    }


def test_of_a_closed_tenant_nothing_runs_nor_is_late_nor_mended_until_it_is_open_again(
    lead: Lead, world: World, engine: Engine, waiting: Looks
) -> None:
    began = {name: look() for name, look in waiting.items()}
    assert [work.name for work in works() if work.oldest_due(lead.now) is None] == []
    before = lead.now - timedelta(hours=2)

    for tenant in (lead.tenant, world.other.tenant):  # the other one has its own morning
        close_tenant(tenant=tenant, actor=STAFF, now=lead.now)
    for _ in range(3):
        engine.clock.move(hours=20)
        for work in works():
            assert (work.run(lead.now), work.repair(lead.now)) == (0, 0), work.name
            assert (work.oldest_due(lead.now), work.next_due(before)) == (None, None), work.name
        assert {name: look() for name, look in waiting.items()} == began

    reopen_tenant(tenant=lead.tenant, actor=STAFF, now=lead.now)
    for work in works():
        assert work.oldest_due(lead.now) is not None, work.name
        work.repair(lead.now)
    engine.run()
    ended = {name: look() for name, look in waiting.items()}
    assert [name for name in began if ended[name] == began[name]] == []
    assert ended["incidents.recovered"][0] == Phase.CANCELLED
