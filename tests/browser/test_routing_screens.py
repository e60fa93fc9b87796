"""Routing rules, and which of them catches an alert: nothing axe calls serious, in all four looks."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.scoping import tenant_scope
from incidents.adapters import Action, IncomingAlert
from incidents.models import Alert, MaintenanceWindow, RoutingRule
from incidents.operations.alerts import trigger_alert
from incidents.operations.maintaining import save_window
from incidents.operations.routing_rules import save_rule
from tests.browser.conftest import DESK, Person
from tests.browser.looking import look_all_round
from tests.browser.stage import Stage
from tests.conftest import MovedClock

LABELS = {
    "alertname": "DiskAlmostFull",
    "instance": "db-1.ams.acme.example:9100",
    "job": "node",
    "team": "storage",
}
LIST = "/t/acme/admin/incidents/routingrule/"


@pytest.fixture
def alert(stage: Stage, moved_clock: MovedClock) -> Alert:
    now = moved_clock.now()
    disks = [{"field": "labels.alertname", "op": "glob", "value": "Disk*"}]
    test = [
        {"field": "labels.instance", "op": "regex", "value": r"^(test|acc)-[0-9]+\."},
        {"field": "labels.job", "op": "missing", "value": ""},
    ]
    rules = (
        RoutingRule(name="Test machines wake nobody", match="any", conditions=test, suppress=True),
        RoutingRule(name="Storage: their own tag", tags=["storage"], goes_on=True, source=stage.source),
        RoutingRule(
            name="Disks are not urgent", conditions=disks, service=stage.checkout, severity="warning"
        ),
        RoutingRule(name="Everything else", conditions=disks, enabled=False),
        RoutingRule(name="Last", service=stage.exports),
    )
    with tenant_scope(stage.world.acme.tenant.pk):
        for rule in rules:
            save_rule(rule=rule, actor=ENGINE, now=now)
        RoutingRule.objects.filter(name="Disks are not urgent").update(hits=128, last_hit_at=now)
        window = MaintenanceWindow(
            name="New disks",
            conditions=disks,
            time_zone="UTC",
            start_date=now.date(),
            start_time=now.time().replace(microsecond=0),
            end_date=now.date(),
            end_time=(now + timedelta(hours=2)).time().replace(microsecond=0),
        )
        save_window(window=window, services=[stage.exports], actor=ENGINE, now=now)
        said = IncomingAlert(
            Action.TRIGGER,
            "disk-1",
            title="Disk almost full on db-1",
            severity="critical",
            labels=LABELS,
        )
        return trigger_alert(source=stage.source, incoming=said, actor=stage.source.as_actor(), now=now)


def test_no_screen_is_hard_to_use(alert: Alert, stage: Stage, someone: Callable[..., Person]) -> None:
    problems: list[str] = []
    with tenant_scope(stage.world.acme.tenant.pk):
        rule = RoutingRule.objects.get(name="Test machines wake nobody")
        window = MaintenanceWindow.objects.get(name="New disks")
    marc = someone(size=DESK)
    marc.sign_in("marc@acme.test", "/t/acme/admin/")
    for name, path in (
        ("rules", LIST),
        ("rule", f"{LIST}{rule.pk}/change/"),
        ("rule-from-alert", f"{LIST}add/?from_alert={alert.uid}"),
        ("which-rule", f"/t/acme/routing/which?alert={alert.uid}"),
        ("which-rule-empty", "/t/acme/routing/which"),
        ("window-by-labels", f"/t/acme/admin/incidents/maintenancewindow/{window.pk}/change/"),
        ("windows-by-labels", "/t/acme/admin/incidents/maintenancewindow/"),
        ("now-by-labels", "/t/acme/admin/"),
    ):
        marc.go("about:blank")
        marc.go(path)
        look_all_round(marc, name, problems)
    assert problems == []


def test_a_rule_moves_and_is_tried_by_taps_alone(
    alert: Alert, stage: Stage, someone: Callable[..., Person]
) -> None:
    marc = someone(size=DESK)
    marc.sign_in("marc@acme.test", LIST)
    marc.page.get_by_role("button", name="Last: up").click()
    names = [one.strip() for one in marc.page.locator("#result_list tbody th").all_inner_texts()]
    assert names[-2:] == ["Last", "Everything else"]
    marc.go(f"/t/acme/routing/which?alert={alert.uid}")
    marc.sees("Caught by Storage: their own tag + Disks are not urgent:")
