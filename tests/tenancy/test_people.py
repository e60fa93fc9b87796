"""Members of a tenant: invited, given a role, gone. Never by an outsider, and never the last owner."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.test import Client

from config.tenancy import signals
from config.tenancy.actors import ENGINE, Actor
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership, OutgoingMail, Team, TeamMember, Tenant, User
from config.tenancy.operations import people, teams
from config.tenancy.scoping import tenant_scope
from tests.conftest import START
from tests.people import World


def test_a_new_person_gets_a_password_and_a_mail_with_a_link(acme: Tenant, anna: Membership) -> None:
    member, password = people.invite_member(
        email="eva@acme.test", name="Eva", role="responder", actor=anna.as_actor(), now=START
    )
    assert (str(member), member.role, member.joined_at) == ("Eva", "responder", START)
    assert member.user.check_password(password)
    assert member.user.time_zone == "Europe/Amsterdam"
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.due_at) == ("eva@acme.test", START)
    assert "Anna made you a member of Acme" in mail.body
    assert "/reset/i" in mail.body
    assert password not in mail.body


def test_a_known_person_keeps_their_password_and_name(world: World, acme: Tenant, anna: Membership) -> None:
    member, password = people.invite_member(
        email="OMAR@other.test", name="Somebody Else", role="viewer", actor=anna.as_actor(), now=START
    )
    assert password is None
    assert str(member) == "Omar"
    assert member.user_id == world.other.members["omar"].user_id
    assert "/t/acme/admin/" in OutgoingMail.objects.get().body


def test_history_says_who_invited_and_when(acme: Tenant, anna: Membership) -> None:
    member, _ = people.invite_member(
        email="eva@acme.test", name="Eva", role="viewer", actor=anna.as_actor(), now=START
    )
    row = Membership.history.get(id=member.pk)
    assert (row.actor_kind, row.actor_id, row.actor_label) == ("person", anna.pk, "Anna")
    assert (row.history_date, row.history_type) == (START, "+")


def test_who_is_a_member_cannot_be_invited_again(acme: Tenant, anna: Membership) -> None:
    with pytest.raises(Conflict, match="Bram is a member already"):
        people.invite_member(email="bram@acme.test", name="", role="viewer", actor=anna.as_actor(), now=START)
    assert OutgoingMail.objects.count() == 0


def test_who_comes_back_gets_the_old_row_and_the_new_role(
    acme: Tenant, anna: Membership, bram: Membership
) -> None:
    people.end_membership(membership=bram, actor=anna.as_actor(), now=START)
    again, password = people.invite_member(
        email="bram@acme.test", name="", role="viewer", actor=anna.as_actor(), now=START
    )
    assert (again.pk, again.role, again.ended_at, password) == (bram.pk, "viewer", None, None)


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a@b.test,c@d.test", "x\r\nBcc: y@z.test"])
def test_a_bad_address_is_refused(acme: Tenant, anna: Membership, email: str) -> None:
    before = User.objects.count()
    with pytest.raises(ValidationError):
        people.invite_member(email=email, name="Eve", role="viewer", actor=anna.as_actor(), now=START)
    assert User.objects.count() == before


def test_a_role_that_does_not_exist_is_refused(acme: Tenant, anna: Membership, bram: Membership) -> None:
    with pytest.raises(ValidationError):
        people.change_role(membership=bram, role="superuser", actor=anna.as_actor(), now=START)


def test_a_role_changes_and_the_same_again_writes_nothing(
    acme: Tenant, anna: Membership, bram: Membership
) -> None:
    for _ in range(2):
        assert people.change_role(membership=bram, role="manager", actor=anna.as_actor(), now=START).role == (
            "manager"
        )
    assert Membership.history.filter(id=bram.pk).count() == 2


def test_the_last_owner_stays(acme: Tenant, anna: Membership, bram: Membership) -> None:
    with pytest.raises(Conflict, match="Anna is the last owner"):
        people.change_role(membership=anna, role="viewer", actor=anna.as_actor(), now=START)
    with pytest.raises(Conflict, match="Anna is the last owner"):
        people.end_membership(membership=anna, actor=anna.as_actor(), now=START)
    people.change_role(membership=bram, role="owner", actor=anna.as_actor(), now=START)
    people.end_membership(membership=anna, actor=anna.as_actor(), now=START)
    assert not Membership.objects.get(pk=anna.pk).is_current


def test_leaving_ends_teams_and_tells_whoever_keeps_shifts_once(
    acme: Tenant, anna: Membership, bram: Membership
) -> None:
    teams.create_team(name="Payments", time_zone="UTC", actor=anna.as_actor(), now=START, members=[bram])
    told = []

    def listener(membership: Membership, **kwargs: object) -> None:
        told.append((membership.pk, transaction.get_connection().in_atomic_block))

    signals.membership_ended.connect(listener)
    try:
        for _ in range(2):
            people.end_membership(membership=bram, actor=anna.as_actor(), now=START)
    finally:
        signals.membership_ended.disconnect(listener)
    assert told == [(bram.pk, True)]
    assert TeamMember.objects.count() == 0
    assert Membership.objects.get(pk=bram.pk).grants == frozenset()


def test_anybody_may_leave_but_only_themselves(world: World, acme: Tenant, bram: Membership) -> None:
    vera = world.acme.members["vera"]
    with pytest.raises(PermissionDenied):
        people.end_membership(membership=vera, actor=bram.as_actor(), now=START)
    assert people.end_membership(membership=bram, actor=bram.as_actor(), now=START).ended_at == START


@pytest.mark.parametrize("name", ["marc", "bram", "carla", "vera"])
def test_only_owners_manage_people(world: World, acme: Tenant, anna: Membership, name: str) -> None:
    actor = world.acme.members[name].as_actor()
    with pytest.raises(PermissionDenied):
        people.invite_member(email="eva@acme.test", name="Eva", role="owner", actor=actor, now=START)
    with pytest.raises(PermissionDenied):
        people.change_role(membership=world.acme.members[name], role="owner", actor=actor, now=START)
    with pytest.raises(PermissionDenied):
        people.set_internal_mail(membership=anna, wanted=False, actor=actor, now=START)
    with pytest.raises(PermissionDenied):
        people.ensure_platform_user(email="eva@acme.test", actor=actor, now=START, staff=True)


def test_an_outsiders_member_is_a_missing_one(world: World, acme: Tenant, anna: Membership) -> None:
    olga = world.other.members["olga"]
    with pytest.raises(Membership.DoesNotExist):
        people.end_membership(membership=olga, actor=anna.as_actor(), now=START)
    with pytest.raises(Membership.DoesNotExist):
        people.change_role(membership=olga, role="viewer", actor=anna.as_actor(), now=START)
    with tenant_scope(world.other.tenant.pk):
        assert Membership.objects.get(pk=olga.pk).role == "owner"


def test_the_platform_makes_a_person_once(db: None) -> None:
    user, password = people.ensure_platform_user(email="eva@acme.test", now=START, actor=ENGINE)
    again, none = people.ensure_platform_user(email="Eva@Acme.test", now=START, actor=ENGINE, staff=True)
    assert (user.pk, none, user.name) == (again.pk, None, "eva")
    assert user.check_password(password)
    assert again.is_platform_staff
    assert [row.actor_label for row in User.history.order_by("history_id")] == ["Muster", "Muster"]


def test_staff_have_no_say_inside_a_tenant(acme: Tenant, bram: Membership) -> None:
    staff = Actor.staff(1, "Sam")
    with pytest.raises(PermissionDenied):
        people.change_role(membership=bram, role="owner", actor=staff, now=START)


def test_a_team_takes_present_members_of_its_tenant_only(
    world: World, acme: Tenant, anna: Membership, bram: Membership
) -> None:
    team = teams.create_team(name="Payments", time_zone="UTC", actor=anna.as_actor(), now=START)
    first = teams.add_to_team(team=team, membership=bram, actor=anna.as_actor(), now=START)
    assert teams.add_to_team(team=team, membership=bram, actor=anna.as_actor(), now=START) == first
    people.end_membership(membership=bram, actor=anna.as_actor(), now=START)
    bram.refresh_from_db()
    with pytest.raises(Conflict):
        teams.add_to_team(team=team, membership=bram, actor=anna.as_actor(), now=START)
    with pytest.raises(PermissionDenied):
        teams.create_team(
            name="Mine", time_zone="UTC", actor=world.acme.members["vera"].as_actor(), now=START
        )
    with pytest.raises(ValidationError, match="already exists"):
        teams.create_team(name="Payments", time_zone="UTC", actor=anna.as_actor(), now=START)
    assert Team.objects.count() == 1


def test_the_same_team_name_in_another_tenant_is_free(world: World, anna: Membership) -> None:
    for built in (world.acme, world.other):
        owner = built.members["anna" if built is world.acme else "olga"]
        with tenant_scope(built.tenant.pk):
            teams.create_team(name="Payments", time_zone="UTC", actor=owner.as_actor(), now=START)


def test_the_sessions_of_who_left_end_with_the_next_request(world: World, client: Client) -> None:
    bram = world.acme.members["bram"]
    client.force_login(bram.user)
    assert client.get("/t/acme/admin/set-up/").status_code == 200
    with tenant_scope(world.acme.tenant.pk):
        people.end_membership(membership=bram, actor=world.acme.members["anna"].as_actor(), now=START)
    assert client.get("/t/acme/admin/set-up/").status_code == 404
