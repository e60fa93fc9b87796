"""Maintenance on screens and in the API: one tap, the Now screen, the set-up, a key."""

from typing import Any

import pytest
from django.test import Client

from config.tenancy.scoping import tenant_scope
from incidents.models import MaintenanceWindow
from incidents.operations.declaring import declare_incident
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.test_room_view import as_, words
from tests.people import World

NOW = "/t/acme/admin/"
API = "/t/acme/api/v1/maintenance-windows/"
BODY: dict[str, Any] = {
    "name": "Database upgrade",
    "time_zone": "Europe/Amsterdam",
    "start_date": "2026-11-24",
    "start_time": "02:00",
    "end_date": "2026-11-24",
    "end_time": "04:00",
    "repeats": "week",
}


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


def windows(stage: Stage) -> list[MaintenanceWindow]:
    with tenant_scope(stage.world.acme.tenant.pk):
        return list(MaintenanceWindow.objects.order_by("id"))


class TestOneTap:
    def test_an_hour_for_a_service_and_its_end(
        self, client: Client, stage: Stage, engine: Engine, moved_clock: MovedClock
    ) -> None:
        as_(client, stage, "bram")
        address = f"/t/acme/maintenance/begin/{stage.checkout.uid}"
        answer = client.post(address, follow=True)
        assert "Nobody is paged for Checkout for an hour." in words(answer)
        assert "Checkout until 12:00" in words(client.get(NOW))
        [window] = windows(stage)
        assert window.occurrence_at(moved_clock.now()) is not None
        assert "is over" in words(client.post(f"/t/acme/maintenance/{window.uid}/end", follow=True))
        [window] = windows(stage)
        assert window.occurrence_at(moved_clock.now()) is None

    def test_who_reads_along_cannot(self, client: Client, stage: Stage) -> None:
        as_(client, stage, "vera")
        answer = client.post(f"/t/acme/maintenance/begin/{stage.checkout.uid}")
        assert (answer.status_code, windows(stage)) == (403, [])

    def test_an_outsider_finds_nothing(self, client: Client, stage: Stage) -> None:
        client.force_login(stage.world.other.members["olga"].user)
        answer = client.post(f"/t/other/maintenance/begin/{stage.checkout.uid}")
        assert (answer.status_code, windows(stage)) == (404, [])

    def test_the_service_offers_it(self, client: Client, stage: Stage) -> None:
        shown = as_(client, stage, "marc").get(f"{NOW}incidents/service/{stage.checkout.pk}/change/")
        assert "Maintenance for 1 h" in words(shown)


def test_what_is_held_for_it_says_so(client: Client, stage: Stage, moved_clock: MovedClock) -> None:
    as_(client, stage, "bram").post(f"/t/acme/maintenance/begin/{stage.checkout.uid}")
    with tenant_scope(stage.world.acme.tenant.pk):
        incident = declare_incident(
            text="Slow",
            service=stage.checkout,
            found_by="team",
            declared_by=stage.world.acme.members["bram"],
            actor=stage.world.acme.members["bram"].as_actor(),
            now=moved_clock.now(),
        )
    assert "maintenance until 12:00" in words(client.get(NOW))
    shown = words(client.get(f"/t/acme/i/{incident.number}"))
    assert "Maintenance until 12:00" in shown
    assert "Page now" in shown


class TestSetUp:
    FORM = {**BODY, "services": [], "mode": "no_page", "every": "1", "until": "", "reroute_on_end": "on"}

    def test_it_is_made_here_and_says_when(self, client: Client, stage: Stage) -> None:
        as_(client, stage, "bram")
        address = f"{NOW}incidents/maintenancewindow/add/"
        answer = client.post(address, {**self.FORM, "services": [stage.checkout.pk]})
        assert answer.status_code == 302, words(answer)
        [window] = windows(stage)
        assert window.created_by_id == stage.world.acme.members["bram"].pk
        shown = words(client.get(f"{NOW}incidents/maintenancewindow/{window.pk}/change/"))
        assert "Tue 24 Nov 02:00–04:00 Europe/Amsterdam" in shown
        assert "Tue 1 Dec 02:00–04:00 Europe/Amsterdam" in shown

    def test_half_a_form_is_said_by_its_fields(self, client: Client, stage: Stage) -> None:
        as_(client, stage, "bram")
        address = f"{NOW}incidents/maintenancewindow/add/"
        for form in ({}, {**self.FORM, "time_zone": "Mars/Olympus", "start_date": ""}):
            answer = client.post(address, form)
            assert (answer.status_code, "This field is required." in words(answer)) == (200, True)
        assert windows(stage) == []

    def test_no_service_is_refused_in_words(self, client: Client, stage: Stage) -> None:
        as_(client, stage, "bram")
        answer = client.post(f"{NOW}incidents/maintenancewindow/add/", self.FORM)
        assert "Choose services, or all of them." in words(answer)
        assert windows(stage) == []


class TestApi:
    def post(self, client: Client, path: str, body: dict[str, Any]) -> Any:
        return client.post(path, body, content_type="application/json")

    def test_made_read_and_ended(self, client: Client, stage: Stage) -> None:
        as_(client, stage, "bram")
        made = self.post(client, API, {**BODY, "services": [stage.checkout.uid]})
        assert made.status_code == 201, made.content
        row = made.json()
        assert (row["services"], row["active"]) == ([stage.checkout.uid], False)
        assert row["next"][0] == {"start": "2026-11-24T02:00:00+01:00", "end": "2026-11-24T04:00:00+01:00"}
        assert client.get(f"{API}?live=true").json()["results"] == [row]
        early = self.post(client, f"{API}{row['uid']}/end/", {})
        assert early.status_code == 409
        ended = self.post(client, f"{API}{row['uid']}/end/", {"for_good": True})
        assert ended.json()["next"] == []

    def test_mistakes_are_named(self, client: Client, stage: Stage) -> None:
        as_(client, stage, "bram")
        assert self.post(client, API, BODY).status_code == 400
        backwards = {**BODY, "all_services": True, "end_time": "01:00"}
        assert self.post(client, API, backwards).status_code == 400

    def test_who_reads_along_cannot(self, client: Client, stage: Stage) -> None:
        as_(client, stage, "vera")
        assert self.post(client, API, {**BODY, "all_services": True}).status_code == 403
