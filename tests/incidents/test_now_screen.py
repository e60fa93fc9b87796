"""The Now screen: what is open, who is on call, and calm when nothing is."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.models import CancelReason
from incidents.operations.cancelling import cancel
from incidents.operations.declaring import declare_incident
from incidents.operations.responding import acknowledge_incident
from oncall.models import Override, Schedule
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.test_room_view import as_, declared, words
from tests.people import World

NOW = "/t/acme/admin/"


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


def test_it_is_the_index_of_the_tenants_admin(client: Client, stage: Stage) -> None:
    shown = words(as_(client, stage, "vera").get(NOW))
    assert "Nothing is open" in shown
    assert "Bram has Checkout" in shown


def test_set_up_keeps_an_address_of_its_own(client: Client, stage: Stage) -> None:
    assert "Alert sources" in words(as_(client, stage, "anna").get(f"{NOW}set-up/"))


def test_the_worst_comes_first_with_its_manager_and_age(
    client: Client, stage: Stage, engine: Engine, moved_clock: MovedClock
) -> None:
    declared(stage, engine, text="Slow exports", not_sure=True)
    moved_clock.move(minutes=14)
    with tenant_scope(stage.world.acme.tenant.pk):
        lesser = stage.severities[2]
        declared_at = moved_clock.now()
        anna, bram = (stage.world.acme.members[name] for name in ("anna", "bram"))
        second = declare_incident(
            text="Search fails",
            severity=lesser,
            found_by="team",
            declared_by=anna,
            actor=anna.as_actor(),
            now=declared_at,
        )
        acknowledge_incident(incident=second, membership=bram, actor=bram.as_actor(), now=declared_at)
    moved_clock.move(minutes=5)
    shown = words(as_(client, stage, "vera").get(NOW))
    assert "2 open" in shown
    assert shown.index("INC-1") < shown.index("INC-2")
    assert "0:19" in shown
    assert "nobody has it" in shown
    assert "Bram · " in shown


def test_a_private_one_is_a_number_to_others_and_a_row_to_its_circle(
    client: Client, stage: Stage, engine: Engine
) -> None:
    declared(stage, engine, text="Data is leaking", private=True)
    outside = as_(client, stage, "marc").get(NOW)
    assert "and 1 private incident" in words(outside)
    assert "leaking" not in words(outside)
    assert "INC-1" not in words(outside)
    assert "leaking" in words(as_(client, stage, "anna").get(NOW))


def test_what_ended_today_is_still_there(
    client: Client, stage: Stage, engine: Engine, moved_clock: Any
) -> None:
    made = declared(stage, engine, not_sure=True)
    bram = stage.world.acme.members["bram"]
    with tenant_scope(stage.world.acme.tenant.pk):
        cancel(incident=made, reason=CancelReason.FALSE_ALARM, actor=bram.as_actor(), now=moved_clock.now())
    assert "false alarm" in words(as_(client, stage, "vera").get(NOW))
    moved_clock.move(hours=25)
    assert "false alarm" not in words(client.get(NOW))


def test_it_says_whether_you_are_on_call_and_how_you_are_woken(client: Client, stage: Stage) -> None:
    shown = words(as_(client, stage, "bram").get(NOW))
    assert "You are on call. Checkout" in shown
    assert "Woken by: e-mail." in shown
    assert "No verified way to reach you" in words(as_(client, stage, "vera").get(NOW))


def test_who_is_on_call_and_hard_to_reach_is_said(client: Client, stage: Stage) -> None:
    assert "Carla: e-mail only" in words(as_(client, stage, "vera").get(NOW))


def test_an_outsider_sees_nothing_of_it(client: Client, stage: Stage, engine: Engine) -> None:
    declared(stage, engine)
    as_(client, stage, "olga")
    assert client.get(NOW).status_code == 404
    assert "Nothing is open" in words(client.get("/t/other/admin/"))


def test_the_hours_ahead_without_anybody_are_said(
    client: Client, stage: Stage, moved_clock: MovedClock
) -> None:
    """Bram is taken off Checkout from 02:00 to 06:00, and nobody is put on."""
    bram = stage.world.acme.members["bram"]
    start = moved_clock.now() + timedelta(hours=15)
    with tenant_scope(stage.world.acme.tenant.pk), acting(ENGINE, now=moved_clock.now()):
        Override.objects.create(
            schedule=Schedule.objects.get(name="Checkout"),
            kind="remove",
            membership=bram,
            starts_at=start,
            ends_at=start + timedelta(hours=4),
        )
    shown = words(as_(client, stage, "vera").get(NOW))
    assert "The next 24 hours" in shown
    assert "nobody Tue 02:00–Tue 06:00" in shown


def test_without_gaps_nothing_is_said_of_them(client: Client, stage: Stage) -> None:
    html = as_(client, stage, "vera").get(NOW).content.decode()
    assert 'id="now-gaps" data-live hidden' in html
    assert "nobody from" not in html
