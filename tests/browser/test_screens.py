"""Every screen with believable data: nothing axe calls serious, in light and dark, on a phone and a desk."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from config.tenancy.scoping import tenant_scope
from incidents.models import FoundBy, Incident
from incidents.operations.assessing import confirm
from incidents.operations.calls import call_in
from incidents.operations.channels import open_usual_room
from incidents.operations.declaring import declare_incident
from incidents.operations.ingest import take_in
from incidents.operations.notes import add_note, set_now_line
from incidents.operations.responding import acknowledge_incident
from incidents.operations.roles import give_role
from oncall.models import Page
from tests.browser.conftest import DESK, Person
from tests.browser.looking import look_all_round
from tests.browser.stage import Stage
from tests.conftest import Engine, MovedClock
from tests.incidents.telling import told


@pytest.fixture
def busy(stage: Stage, engine: Engine, moved_clock: MovedClock) -> dict[str, Any]:
    """A night in progress: one SEV1 led by Anna, one paging Bram, one minor, one over."""
    members, clock = stage.world.acme.members, moved_clock
    anna, bram, carla = (members[name] for name in ("anna", "bram", "carla"))
    with tenant_scope(stage.world.acme.tenant.pk):
        big = declare_incident(
            text="Payments fail for all customers",
            service=stage.checkout,
            severity=stage.severities[1],
            found_by=FoundBy.CUSTOMER,
            found_via="social media",
            declared_by=anna,
            actor=anna.as_actor(),
            now=clock.now(),
        )
        _alerts(stage, clock, 3)
        engine.run()
        clock.move(minutes=2)
        acknowledge_incident(incident=big, membership=bram, actor=bram.as_actor(), now=clock.now())
        confirm(incident=big, customers_notice=True, actor=bram.as_actor(), now=clock.now())
        open_usual_room(incident=big, actor=bram.as_actor(), now=clock.now())
        clock.move(minutes=3)
        give_role(
            incident=big,
            role=stage.roles["tech_lead"],
            membership=bram,
            actor=bram.as_actor(),
            now=clock.now(),
        )
        call_in(
            incident=big,
            people=[carla],
            message="words for customers",
            actor=bram.as_actor(),
            now=clock.now(),
        )
        engine.run()
        set_now_line(
            incident=big, text="Roll back 4.2. Bram, to 11:40", actor=bram.as_actor(), now=clock.now()
        )
        told(
            big,
            by=anna,
            reader=carla,
            title="Payments fail",
            body="Paying does not work at the moment. We know, and we are working on it.",
            components={stage.components["Checkout"].uid: "major_outage"},
            now=clock.now(),
        )
        clock.move(minutes=4)
        add_note(
            incident=big,
            text="The replica is 40 seconds behind since the deploy.",
            actor=bram.as_actor(),
            now=clock.now(),
        )
        declare_incident(
            text="Exports are slow",
            service=stage.exports,
            severity=stage.severities[3],
            found_by=FoundBy.TEAM,
            not_sure=True,
            declared_by=anna,
            actor=anna.as_actor(),
            now=clock.now(),
        )
        engine.run()
        clock.move(minutes=5)
        engine.run()
        quiet = Incident.objects.order_by("-number").first()
        page = Page.objects.filter(membership=bram).order_by("id").first()
    return {"big": big, "small": quiet, "page": page}


def _alerts(stage: Stage, clock: MovedClock, many: int) -> None:
    for at in range(many):
        body = {
            "summary": f"Payment API: 5xx on node {at + 1}",
            "source": f"node{at + 1}",
            "severity": "critical",
        }
        take_in(source_id=stage.source.pk, format="json", body=json.dumps(body).encode(), now=clock.now())


SIGNED_IN = [
    ("now", "/t/acme/admin/"),
    ("declare", "/t/acme/declare"),
    ("room", "/t/acme/i/1"),
    ("room-new", "/t/acme/i/2"),
    ("sheet-call", "/t/acme/i/1#sheet-call"),
    ("sheet-tell", "/t/acme/i/1#sheet-tell"),
    ("sheet-severity", "/t/acme/i/1#sheet-severity"),
    ("sheet-resolve", "/t/acme/i/1#sheet-resolve"),
    ("sheet-more", "/t/acme/i/1#sheet-more"),
    ("sheet-note", "/t/acme/i/1#sheet-note"),
    ("sheet-test", "/t/acme/i/1#sheet-test"),
    ("postmortem", "/t/acme/i/1/postmortem"),
    ("list-actions", "/t/acme/admin/incidents/actionitem/"),
    ("list-incidents", "/t/acme/admin/incidents/incident/"),
    ("list-services", "/t/acme/admin/incidents/service/"),
    ("list-alerts", "/t/acme/admin/incidents/alert/"),
    ("source", "/t/acme/admin/incidents/alertsource/1/change/"),
    ("service", "/t/acme/admin/incidents/service/1/change/"),
    ("set-up", "/t/acme/admin/set-up/"),
]


def test_no_screen_is_hard_to_use(busy: dict[str, Any], stage: Stage, someone: Callable[..., Person]) -> None:
    problems: list[str] = []
    stranger = someone(size=DESK)
    stranger.go("/login/")
    look_all_round(stranger, "login", problems)
    stranger.go(busy["page"].url)
    look_all_round(stranger, "page", problems)
    anna = someone(size=DESK)
    anna.sign_in("anna@acme.test", "/t/acme/admin/")
    ids = {
        "/alertsource/1/": f"/alertsource/{stage.source.pk}/",
        "/service/1/": f"/service/{stage.checkout.pk}/",
    }
    for name, path in SIGNED_IN:
        for old, new in ids.items():
            path = path.replace(old, new)
        anna.go("about:blank")
        anna.go(path)
        look_all_round(anna, name, problems)
    assert not problems, "\n".join(problems)
