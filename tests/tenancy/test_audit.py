"""The audit trail: who, when and why, or no row at all; and nobody changes it afterwards."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client

from config.tenancy.actors import ENGINE, Actor
from config.tenancy.audit import UnknownActor, acting, current_act
from config.tenancy.models import Membership, Team, Tenant, User
from config.tenancy.rowsecurity import purging
from config.tenancy.scoping import tenant_scope
from tests.conftest import START
from tests.people import World

LATER = START + timedelta(minutes=1)


def test_a_history_row_carries_actor_time_and_reason(acme: Tenant, bram: Membership) -> None:
    with acting(bram.as_actor(), now=LATER, reason="we moved"):
        team = Team.objects.create(name="Payments")
    row = Team.history.get(id=team.pk)
    assert (row.actor_kind, row.actor_id, row.actor_label) == ("person", bram.pk, "Bram")
    assert (row.history_user_id, row.history_date, row.history_change_reason) == (bram.pk, LATER, "we moved")
    assert row.tenant_id == acme.pk


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (ENGINE, ("engine", None, "Muster")),
        (Actor.monitor(7, "Prometheus"), ("monitor", 7, "Prometheus")),
        (Actor.link(8, "Anna", frozenset()), ("link", 8, "Anna")),
        (Actor.staff(9, "Sam"), ("staff", 9, "Sam")),
        (Actor.account(9, "Sam"), ("account", 9, "Sam")),
    ],
)
def test_every_kind_of_actor_is_told_apart(acme: Tenant, actor: Actor, expected: tuple) -> None:
    with acting(actor, now=START):
        team = Team.objects.create(name="Payments")
    row = Team.history.get(id=team.pk)
    assert (row.actor_kind, row.actor_id, row.actor_label) == expected


def test_a_tracked_row_saved_outside_acting_raises_and_is_not_kept(acme: Tenant) -> None:
    with pytest.raises(UnknownActor), transaction.atomic():
        Team.objects.create(name="Payments")
    assert Team.objects.count() == 0
    with pytest.raises(UnknownActor):
        current_act()


def test_an_error_takes_row_and_history_back_together(acme: Tenant) -> None:
    def fail() -> None:
        with acting(ENGINE, now=START):
            Team.objects.create(name="Payments")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert Team.objects.count() == Team.history.count() == 0


def test_the_inner_act_is_over_when_it_is_left(acme: Tenant, bram: Membership) -> None:
    with acting(ENGINE, now=START):
        with acting(bram.as_actor(), now=LATER):
            Team.objects.create(name="Inner")
        Team.objects.create(name="Outer")
    labels = {row.name: (row.actor_label, row.history_date) for row in Team.history.all()}
    assert labels == {"Inner": ("Bram", LATER), "Outer": ("Muster", START)}


@pytest.mark.parametrize("table", ["tenancy_historicalmembership", "tenancy_historicaltenant"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET actor_label = 'nobody'", "DELETE FROM {}"])
def test_history_can_only_be_added_to(world: World, acme: Tenant, table: str, deed: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(deed.format(table))


def test_purging_is_for_the_purge_only(world: World, acme: Tenant) -> None:
    with purging():
        assert Membership.history.all().delete()[0] == 5
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        Tenant.history.all().delete()


def test_an_error_while_purging_takes_the_permission_back(world: World, acme: Tenant) -> None:
    with pytest.raises(ZeroDivisionError), purging():
        _ = 1 / 0
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        Membership.history.all().delete()


def test_purging_reaches_no_other_tenant(world: World, acme: Tenant) -> None:
    with purging():
        Membership.history.all().delete()
    with tenant_scope(world.other.tenant.pk):
        assert Membership.history.count() == 2


def test_an_actor_without_the_permission_is_refused_in_words(bram: Membership) -> None:
    with pytest.raises(PermissionDenied, match="Your role does not allow this"):
        bram.as_actor().must("tenancy.setup")
    ENGINE.must("tenancy.setup")


def test_signing_in_is_no_act_but_a_changed_person_is(world: World, client: Client) -> None:
    anna = world.acme.members["anna"].user
    before = User.history.count()
    client.force_login(anna)
    anna.refresh_from_db()
    assert anna.last_login is not None
    assert User.history.count() == before
    anna.is_platform_staff = True
    with pytest.raises(UnknownActor), transaction.atomic():
        anna.save()
    with pytest.raises(UnknownActor), transaction.atomic():
        anna.save(update_fields=["is_platform_staff"])


def test_history_keeps_neither_passwords_nor_names_of_people() -> None:
    kept = {field.name for field in User.history.model._meta.fields}
    assert not kept & {"password", "last_login", "email", "name"}
    assert {"is_active", "is_platform_staff"} <= kept
