"""Tasks, commands and due work: each is classified, and none touches B while it runs for A."""

import pytest
from django.core.management import get_commands

from config import clock
from config.celery import app
from config.tenancy.scoping import tenant_scope
from tests.isolation.oracle import report
from tests.isolation.probing import Prober, digest, taken_back
from tests.isolation.world import IsolationWorld

pytestmark = pytest.mark.django_db

# Celery tasks. What a task takes decides what can be forged: a name of due work is not a row.
TASKS = {
    "clock.run_due": "takes the name of registered due work; each row is then worked in its own scope",
    "clock.tick": "takes nothing",
}
# Management commands of ours: run by whoever has the machine, not by a tenant.
COMMANDS = {
    "up": "starts the processes",
    "watchdog": "runs registered due work",
    "migrate": "over all tenants, named",
    "makemigrations": "no rows",
    "create_tenant": "makes a tenant",
    "load_demo": "makes a tenant",
    "platform_staff": "people of the platform, no tenant's rows",
    "publish_status": "claims over all tenants, then scope per page",
    "who_is_on_call": "one tenant, by its slug",
    "page_preview": "one tenant, by its slug",
}
# Due work: claims over all tenants, then one row in its own scope.
DUE_WORK = {
    "tenancy.mails": "mails about signing in; no tenant's rows",
    "oncall.steps": "claims, then scope per row",
    "oncall.sends": "claims, then scope per row",
    "oncall.acks": "claims, then scope per row",
    "oncall.reminders": "claims, then scope per row",
    "oncall.receipts": "claims, then scope per row",
    "oncall.messages": "claims, then scope per row",
    "oncall.coverage": "claims, then scope per row; repair lists schedules, then scope per row",
    "oncall.calendars": "claims, then scope per row",
    "statuspage.render": "claims, then scope per row",
    "incidents.inbound": "claims, then scope per row",
    "incidents.recovered": "claims, then scope per row",
    "incidents.held": "claims, then scope per row",
    "incidents.rises": "claims, then scope per row",
    "incidents.maintenance": "claims, then scope per row",
    "incidents.silence": "claims, then scope per row",
    "incidents.untouched": "claims, then scope per row",
    "incidents.mails": "claims, then scope per row",
    "incidents.updates_due": "claims, then scope per row",
    "incidents.actions_late": "claims, then scope per row",
    "incidents.morning": "claims, then scope per tenant; repair lists tenants, no rows of theirs",
    "incidents.chat": "claims, then scope per row",
    "incidents.heartbeats": "claims, then scope per row; repair lists those without a deadline",
    "incidents.retention": "ids and ages of the oldest rows, then scope per tenant",
}
OURS = {"config", "config.tenancy", "oncall", "statuspage", "incidents"}


def test_every_task_is_known() -> None:
    app.autodiscover_tasks(force=True)
    app.loader.import_default_modules()
    found = {name for name in app.tasks if not name.startswith("celery.")}
    assert found == set(TASKS), f"Classify in {__name__}: {found ^ set(TASKS)}"


def test_every_command_of_ours_is_known() -> None:
    found = {name for name, owner in get_commands().items() if owner in OURS}
    assert found == set(COMMANDS), f"Classify in {__name__}: {found ^ set(COMMANDS)}"


def test_every_due_work_is_known() -> None:
    found = {work.name for work in clock.works()}
    assert found == set(DUE_WORK), f"Classify in {__name__}: {found ^ set(DUE_WORK)}"


def test_due_work_in_a_tenants_scope_touches_no_other(isolation: IsolationWorld, prober: Prober) -> None:
    """Run where A is bound, as a bug might: the claims may see all, but an unclaimed B keeps what it has.

    `oldest_due` and `next_due` are asked as well: they must answer without raising in anybody's scope.
    """
    found = []
    for work in clock.works():
        with taken_back(), tenant_scope(isolation.a.tenant.pk):
            work.oldest_due(isolation.now)
            work.next_due(isolation.now)
        after = digest(isolation.b.tenant.pk)
        found += [f"{work.name}: {table}" for table, was in prober.before.items() if after[table] != was]
    report(found)
