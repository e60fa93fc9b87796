"""R3, R21 and R31: what is measured, through the screens and the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from config.tenancy.scoping import tenant_scope
from incidents.models import Incident
from incidents.operations.assessing import confirm
from incidents.operations.cancelling import cancel
from incidents.operations.declaring import declare_incident
from incidents.operations.messages import draft_message, publish_message
from tests.conftest import Engine, MovedClock
from tests.incidents.leading import Lead
from tests.incidents.measuring import make
from tests.incidents.test_room_view import words
from tests.people import World


@pytest.fixture
def shop(world: World, engine: Engine) -> Lead:
    """acme set up for incidents, outside its scope: requests bind it themselves."""
    with tenant_scope(world.acme.tenant.pk):
        return Lead(tenant=world.acme.tenant, people=world.acme.members, engine=engine)


@pytest.fixture
def vera(shop: Lead) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(shop.people["vera"].user)
    return client


def figures(client: Client, **query: str) -> Any:
    answer = client.get("/t/acme/api/v1/measures/", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def of_one(client: Client, key: str) -> Any:
    return client.get(f"/t/acme/api/v1/incidents/{key}/measures/").json()


def test_r03_share_found_before_customers_is_a_figure_on_the_dashboard(shop: Lead, vera: Client) -> None:
    with tenant_scope(shop.tenant.pk):
        for found_by in ("monitoring", "team", "team", "customer"):
            shop.declare(found_by=found_by, service=None)
        shop.alerted(service=None)  # never confirmed: not in the figures
    assert figures(vera)["total"]["found_before_customers"] == 0.75
    assert "Found before customers 75 % 3 of 4" in words(vera.get("/t/acme/measures"))
    assert of_one(vera, "INC-4")["found_before_customers"] is False


def test_r21_time_from_confirmed_to_the_first_internal_and_external_word_is_measured(
    shop: Lead, vera: Client, moved_clock: MovedClock
) -> None:
    """Confirmed four minutes after the alert; colleagues told in 2 minutes from then, customers in 9."""
    with tenant_scope(shop.tenant.pk):
        incident = shop.alerted()
        moved_clock.move(minutes=4)
        confirm(incident=incident, customers_notice=True, actor=shop.as_("bram"), now=shop.now)
        for minutes, audience in ((2, "internal"), (7, "external")):
            moved_clock.move(minutes=minutes)
            tell(shop, incident, audience)
    one = of_one(vera, "INC-1")
    assert (one["to_internal"], one["to_external"]) == (120, 540)
    total = figures(vera)["total"]
    assert total["to_internal"] == {"median": 120, "p90": 120}
    assert total["to_external"] == {"median": 540, "p90": 540}
    assert "customers told in 9 min" in words(vera.get("/t/acme/i/1"))
    assert "Customers told in 9 min" in words(vera.get("/t/acme/measures"))


def tell(shop: Lead, incident: Incident, audience: str) -> None:
    """The words of the template, unedited."""
    which: dict[str, Any] = {"incident": incident, "audience": audience, "kind": "start"}
    by: dict[str, Any] = {"actor": shop.as_("carla"), "now": shop.now}
    draft = draft_message(**which, **by)
    publish_message(
        **which,
        **by,
        status="investigating",
        title=draft.title,
        body=draft.body,
        components=draft.components,
        next_update_at=None,
    )


def test_r21_a_false_alarm_owes_no_word_and_is_in_no_figure(shop: Lead, vera: Client) -> None:
    with tenant_scope(shop.tenant.pk):
        incident = shop.alerted()
        cancel(incident=incident, reason="false_alarm", actor=shop.as_("bram"), now=shop.now)
    one, all_of = of_one(vera, "INC-1"), figures(vera)
    assert one["counted"] is False
    assert one["to_external"] is None
    assert (all_of["total"]["counted"], all_of["total"]["false_alarms"]) == (0, 1)
    assert [row["service"]["name"] for row in all_of["false_services"]] == ["Checkout"]


def test_r31_times_called_and_times_woken_are_visible_per_person(
    shop: Lead, vera: Client, moved_clock: MovedClock
) -> None:
    """Bram is called by day and by night; it is night where he lives, not where the machine is."""
    with tenant_scope(shop.tenant.pk):
        for at in (datetime(2026, 11, 23, 13, tzinfo=UTC), datetime(2026, 11, 23, 21, 30, tzinfo=UTC)):
            moved_clock.set(at)
            incident = declare_incident(
                text="Payments fail", service=shop.checkout, severity=shop.sev[1], found_by="team",
                declared_by=shop.people["marc"], actor=shop.as_("marc"), now=at,
            )  # fmt: skip
            shop.engine.run()
            cancel(incident=incident, reason="recovered", actor=shop.as_("bram"), now=at)
            shop.engine.run()
    moved_clock.move(hours=1)
    load = {row["member"]["name"]: row for row in figures(vera)["load"]}
    assert (load["Bram"]["called"], load["Bram"]["woken"]) == (2, 1)  # 22:30 in Amsterdam
    assert "Bram 1 2" in words(vera.get("/t/acme/measures"))


def test_r31_what_was_never_sent_woke_nobody(shop: Lead, vera: Client) -> None:
    with tenant_scope(shop.tenant.pk):
        make(shop.now, {"confirmed_at": shop.now - timedelta(hours=9)})
    assert figures(vera)["load"] == []
