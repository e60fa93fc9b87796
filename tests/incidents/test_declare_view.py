"""One line of text opens an incident; before the button it says who will be paged."""

import re
from typing import Any

import pytest
from django.test import Client

from config.tenancy.scoping import tenant_scope
from incidents.models import FoundBy, Incident
from oncall.models import Page
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.test_room_view import as_, declared, words
from tests.people import World

DECLARE = "/t/acme/declare"


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


@pytest.fixture
def bram(client: Client, stage: Stage) -> Client:
    return as_(client, stage, "bram")


def opened(stage: Stage) -> list[Incident]:
    with tenant_scope(stage.world.acme.tenant.pk):
        return list(Incident.objects.select_related("service", "severity").order_by("number"))


def test_one_line_is_enough(bram: Client, stage: Stage, engine: Engine) -> None:
    response = bram.post(DECLARE, {"text": "Payments fail"})
    assert (response.status_code, response["Location"]) == (303, "/t/acme/i/1")
    (made,) = opened(stage)
    assert made.summary == "Payments fail"
    assert made.found_by == FoundBy.TEAM
    assert made.confirmed_at is not None
    with tenant_scope(stage.world.acme.tenant.pk):
        engine.run()
        assert [str(page.membership) for page in Page.objects.all()] == ["Anna"]


def test_everything_that_may_be_said_is_kept(bram: Client, stage: Stage) -> None:
    bram.post(
        DECLARE,
        {
            "text": "Payments fail",
            "service": stage.checkout.uid,
            "severity": stage.severities[1].uid,
            "found_by": "customer",
            "found_via": "ticket 12",
            "not_sure": "1",
            "private": "1",
        },
    )
    (made,) = opened(stage)
    assert made.service == stage.checkout
    assert made.severity_word == "SEV1?"
    assert (made.found_by, made.found_via) == ("customer", "ticket 12")
    assert made.private
    assert made.confirmed_at is None


def test_the_same_form_twice_is_one_incident(bram: Client, stage: Stage) -> None:
    once = re.search(r'name="once" value="([^"]+)"', bram.get(DECLARE).content.decode()).group(1)
    answers = [bram.post(DECLARE, {"text": "Payments fail", "once": once}) for _again in range(2)]
    assert [answer["Location"] for answer in answers] == ["/t/acme/i/1"] * 2
    assert len(opened(stage)) == 1


def test_no_words_is_said_and_what_was_chosen_stays(bram: Client, stage: Stage) -> None:
    response = bram.post(
        DECLARE, {"text": " ", "service": stage.checkout.uid, "once": "kept", "found_via": "phone"}
    )
    assert response.status_code == 422
    html = response.content.decode()
    assert "Say in one line what is broken." in html
    assert f'value="{stage.checkout.uid}" checked' in html
    assert 'value="kept"' in html
    assert 'value="phone"' in html
    assert opened(stage) == []


def test_it_says_who_is_paged_for_the_service_chosen(bram: Client, stage: Stage) -> None:
    shown = words(bram.get(f"{DECLARE}/preview", {"service": stage.checkout.uid, "text": ""}))
    assert "at once Bram" in shown
    assert "5 min Anna" in shown
    assert "Declare and page Bram" in shown
    assert "Declare and page Anna" in words(bram.get(DECLARE))


def test_it_shows_what_is_open_on_that_service_already(bram: Client, stage: Stage, engine: Engine) -> None:
    declared(stage, engine)
    assert "INC-1 Payments fail" in words(bram.get(f"{DECLARE}/preview", {"service": stage.checkout.uid}))
    assert "INC-1" not in words(bram.get(f"{DECLARE}/preview", {"service": stage.exports.uid}))


def test_a_private_one_is_no_look_alike_outside_its_circle(
    client: Client, stage: Stage, engine: Engine
) -> None:
    declared(stage, engine, private=True)
    as_(client, stage, "marc")
    assert "INC-1" not in words(client.get(f"{DECLARE}/preview", {"service": stage.checkout.uid}))


def test_a_link_may_fill_it_in(bram: Client, stage: Stage) -> None:
    response = bram.get(DECLARE, {"text": "Payments fail", "service": stage.checkout.uid})
    html = response.content.decode()
    assert response.status_code == 200
    assert 'value="Payments fail"' in html
    assert f'value="{stage.checkout.uid}" checked' in html
    assert opened(stage) == []


def test_a_viewer_may_declare_too(client: Client, stage: Stage) -> None:
    as_(client, stage, "vera")
    assert client.post(DECLARE, {"text": "Payments fail"}).status_code == 303
    assert len(opened(stage)) == 1


@pytest.mark.parametrize("path", [DECLARE, f"{DECLARE}/preview", "/t/other/declare"])
def test_a_foreign_service_does_not_exist_here(client: Client, stage: Stage, path: str) -> None:
    as_(client, stage, "olga")
    fields: dict[str, Any] = {"text": "Payments fail", "service": stage.checkout.uid}
    if path == "/t/other/declare":
        assert client.post(path, fields).status_code == 422
    else:
        assert client.get(path).status_code == 404
        assert client.post(path, fields).status_code in {404, 405}
    assert opened(stage) == []


def test_for_the_worst_it_says_which_roles_are_called_too(bram: Client, stage: Stage) -> None:
    chosen = {"service": stage.checkout.uid, "severity": stage.severities[1].uid}
    assert "also called: Comms Carla" in words(bram.get(f"{DECLARE}/preview", chosen))
    assert "also called" not in words(bram.get(f"{DECLARE}/preview", {**chosen, "not_sure": "1"}))


def test_a_small_one_outside_office_hours_says_until_when_it_is_held(
    bram: Client, stage: Stage, moved_clock: MovedClock
) -> None:
    chosen = {"service": stage.checkout.uid, "severity": stage.severities[3].uid}
    assert "Declare and page Bram" in words(bram.get(f"{DECLARE}/preview", chosen))
    moved_clock.move(hours=7)  # Monday, 18:00
    shown = words(bram.get(f"{DECLARE}/preview", chosen))
    assert "held until Tue 09:00" in shown
    assert "and page" not in shown
    bram.post(DECLARE, {"text": "Exports are slow", **chosen})
    (made,) = opened(stage)
    assert f"{made.held_until:%a %H:%M}" == "Tue 08:00"
