"""The admin of one tenant: its own rows in every list, choice, filter, history; each write recorded."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client, RequestFactory

from config.tenancy.actors import ENGINE
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.sites import platform_site, tenant_site
from config.tenancy.audit import acting
from config.tenancy.models import (
    ApiKey,
    Door,
    KeptMail,
    Membership,
    OutgoingMail,
    Team,
    TeamMember,
    Tenant,
    TenantSettings,
    User,
)
from config.tenancy.scoping import tenant_scope
from tests.conftest import START
from tests.people import World

ADMIN = "/t/acme/admin/tenancy"
CANARY = "CanaryOfOther"


@pytest.fixture
def teams(world: World) -> dict[str, Team]:
    """One team in each tenant; the other's carries the canary."""
    made = {}
    for slug, built, name in (("acme", world.acme, "Payments"), ("other", world.other, CANARY)):
        with tenant_scope(built.tenant.pk), acting(ENGINE, now=START):
            made[slug] = Team.objects.create(name=name)
    return made


@pytest.fixture
def as_anna(world: World, client: Client) -> Client:
    client.force_login(world.acme.members["anna"].user)
    return client


def team_form(**words: str) -> dict[str, str]:
    return {
        "name": "Network",
        "time_zone": "Europe/Amsterdam",
        "office_days": "12345",
        "office_start": "09:00",
        "office_end": "17:00",
        "team_members-TOTAL_FORMS": "0",
        "team_members-INITIAL_FORMS": "0",
        **words,
    }


def test_lists_show_the_tenants_own_rows(as_anna: Client, teams: dict[str, Team]) -> None:
    page = as_anna.get(f"{ADMIN}/team/").content.decode()
    assert "Payments" in page
    assert CANARY not in page


@pytest.mark.parametrize("part", ["change/", "delete/", "history/", "history/1/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_tenants_row_is_a_missing_one(
    as_anna: Client, teams: dict[str, Team], part: str, method: str
) -> None:
    foreign, missing = teams["other"].pk, 999_999_999
    replies = [
        getattr(as_anna, method)(f"{ADMIN}/team/{pk}/{part}", team_form()) for pk in (foreign, missing)
    ]
    assert replies[0].status_code == replies[1].status_code
    assert replies[0].status_code in {302, 404}
    assert replies[0].get("Location") == replies[1].get("Location")
    assert CANARY.encode() not in replies[0].content
    with tenant_scope(teams["other"].tenant_id):
        assert Team.objects.get().name == CANARY


@pytest.mark.parametrize("key", ["abc", "1' OR 1=1", "9" * 40, "-1", "½", "1_0"])
def test_nonsense_keys_are_missing_rows(as_anna: Client, teams: dict[str, Team], key: str) -> None:
    for part in ("change/", "history/", f"history/{key}/"):
        assert as_anna.get(f"{ADMIN}/team/{key}/{part}").status_code in {302, 404}
    assert as_anna.get(f"{ADMIN}/team/{teams['acme'].pk}/history/{key}/").status_code == 404


def test_a_team_is_added_with_members_and_everything_is_recorded(
    as_anna: Client, world: World, teams: dict[str, Team]
) -> None:
    bram = world.acme.members["bram"]
    words = {"team_members-TOTAL_FORMS": "1", "team_members-0-membership": str(bram.pk)}
    assert as_anna.post(f"{ADMIN}/team/add/", team_form(**words)).status_code == 302
    with tenant_scope(world.acme.tenant.pk):
        team = Team.objects.get(name="Network")
        assert [place.membership_id for place in team.team_members.all()] == [bram.pk]
        for history in (Team.history.get(name="Network"), TeamMember.history.get()):
            assert (history.actor_kind, history.actor_label) == ("person", "Anna")
            assert history.history_date == START
    assert LogEntry.objects.count() == 0


def test_choices_hold_the_tenants_own_present_members(
    as_anna: Client, world: World, teams: dict[str, Team]
) -> None:
    with tenant_scope(world.acme.tenant.pk), acting(ENGINE, now=START):
        vera = Membership.objects.get(user__name="Vera")
        vera.ended_at = START
        vera.save()
    page = as_anna.get(f"{ADMIN}/team/{teams['acme'].pk}/change/").content.decode()
    select = re.search(r'<select name="team_members-__prefix__-membership".*?</select>', page, re.S)
    assert select
    names = re.findall(r">([A-Z][a-z]+)</option>", select.group())
    assert sorted(names) == ["Anna", "Bram", "Carla", "Marc"]


@pytest.mark.parametrize("whose", ["foreign", "missing"])
def test_a_posted_choice_of_another_tenant_is_no_choice(
    as_anna: Client, world: World, teams: dict[str, Team], whose: str
) -> None:
    pk = world.other.members["olga"].pk if whose == "foreign" else 999_999_999
    words = {"team_members-TOTAL_FORMS": "1", "team_members-0-membership": str(pk)}
    response = as_anna.post(f"{ADMIN}/team/add/", team_form(**words))
    assert response.status_code == 200
    assert b"Select a valid choice" in response.content
    with tenant_scope(world.acme.tenant.pk):
        assert not Team.objects.filter(name="Network").exists()


@pytest.mark.parametrize("deed", ["team_members-0-DELETE", "team_members-0-nothing"])
def test_a_forged_row_of_an_inline_is_not_reached(
    as_anna: Client, world: World, teams: dict[str, Team], deed: str
) -> None:
    with tenant_scope(world.other.tenant.pk), acting(ENGINE, now=START):
        foreign = TeamMember.objects.create(team=teams["other"], membership=world.other.members["olga"])
    words = {
        "team_members-TOTAL_FORMS": "1",
        "team_members-INITIAL_FORMS": "1",
        "team_members-0-id": str(foreign.pk),
        "team_members-0-team": str(teams["acme"].pk),
        "team_members-0-membership": str(world.acme.members["bram"].pk),
        deed: "on",
    }
    as_anna.post(f"{ADMIN}/team/{teams['acme'].pk}/change/", team_form(name="Payments", **words))
    with tenant_scope(world.other.tenant.pk):
        row = TeamMember.objects.get()
        assert (row.pk, row.team, row.membership) == (foreign.pk, foreign.team, foreign.membership)
    with tenant_scope(world.acme.tenant.pk):
        assert TeamMember.objects.count() == 0


def test_a_name_that_is_taken_is_said_in_the_form(as_anna: Client, teams: dict[str, Team]) -> None:
    response = as_anna.post(f"{ADMIN}/team/add/", team_form(name="Payments"))
    assert response.status_code == 200
    assert b"Team with this Name already exists" in response.content


def test_another_tenants_name_is_free_and_answers_nothing(
    as_anna: Client, world: World, teams: dict[str, Team]
) -> None:
    assert as_anna.post(f"{ADMIN}/team/add/", team_form(name=CANARY)).status_code == 302


def test_actions_reach_the_tenants_own_rows_only(
    as_anna: Client, world: World, teams: dict[str, Team]
) -> None:
    words = {"action": "delete_selected", "_selected_action": [teams["other"].pk], "post": "yes"}
    as_anna.post(f"{ADMIN}/team/", {**words, "select_across": "0"})
    with tenant_scope(world.other.tenant.pk):
        assert Team.objects.count() == 1
    as_anna.post(f"{ADMIN}/team/", {**words, "select_across": "1", "_selected_action": [teams["acme"].pk]})
    with tenant_scope(world.other.tenant.pk):
        assert Team.objects.count() == 1
    with tenant_scope(world.acme.tenant.pk):
        assert Team.objects.count() == 0
        assert Team.history.latest("history_id").actor_label == "Anna"


@pytest.mark.parametrize(
    "query",
    [
        "uid__startswith=A",
        "tenant__slug=other",
        "tenant=1",
        "team_members__membership__user__password__startswith=p",
        "history__name=x",
        "id__gt=0",
    ],
)
def test_a_list_is_no_oracle_for_hidden_fields(as_anna: Client, teams: dict[str, Team], query: str) -> None:
    response = as_anna.get(f"{ADMIN}/team/?{query}")
    assert response.status_code == 400 or response["Location"].endswith("?e=1")


def test_a_members_hidden_fields_are_no_oracle_either(as_anna: Client) -> None:
    for query in ("user__password__startswith=p", "user__email__startswith=a", "user__is_platform_staff=1"):
        response = as_anna.get(f"{ADMIN}/membership/?{query}")
        assert response.status_code == 400 or response["Location"].endswith("?e=1")
    assert as_anna.get(f"{ADMIN}/membership/?role__exact=viewer").status_code == 200
    assert as_anna.get(f"{ADMIN}/membership/?ended_at__isempty=1").status_code == 200


def test_popups_and_to_field_are_no_way_round(as_anna: Client, teams: dict[str, Team]) -> None:
    assert CANARY not in as_anna.get(f"{ADMIN}/team/?_popup=1").content.decode()
    for field in ("uid", "name", "tenant"):
        assert as_anna.get(f"{ADMIN}/team/?_to_field={field}").status_code == 400
        url = f"{ADMIN}/team/{teams['other'].pk}/change/?_to_field={field}&_popup=1"
        assert as_anna.get(url).status_code in {302, 400}


def test_history_shows_who_and_when_and_one_version_can_be_read_not_written(
    as_anna: Client, world: World, teams: dict[str, Team]
) -> None:
    url = f"{ADMIN}/team/{teams['acme'].pk}"
    as_anna.post(f"{url}/change/", team_form(name="Billing"))
    page = as_anna.get(f"{url}/history/").content.decode()
    assert "Anna" in page
    assert "Muster" in page
    assert "Payments → Billing" in page
    with tenant_scope(world.acme.tenant.pk):
        first = Team.history.earliest("history_id")
    version = f"{url}/history/{first.pk}/"
    assert "Payments" in as_anna.get(version).content.decode()
    assert as_anna.post(version, team_form(name="Reverted")).status_code == 404
    with tenant_scope(world.acme.tenant.pk):
        assert Team.objects.get().name == "Billing"


def test_a_foreign_version_of_an_own_row_is_missing(as_anna: Client, teams: dict[str, Team]) -> None:
    with tenant_scope(teams["other"].tenant_id):
        foreign = Team.history.get()
    assert as_anna.get(f"{ADMIN}/team/{teams['acme'].pk}/history/{foreign.pk}/").status_code == 404
    assert as_anna.get(f"{ADMIN}/team/{teams['other'].pk}/history/{foreign.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("name", "may_look", "may_set_up", "may_manage"),
    [
        ("anna", True, True, True),
        ("marc", True, True, False),
        ("bram", True, False, False),
        ("carla", True, False, False),
        ("vera", True, False, False),
    ],
)
def test_roles_decide(
    world: World,
    client: Client,
    teams: dict[str, Team],
    name: str,
    may_look: bool,
    may_set_up: bool,
    may_manage: bool,
) -> None:
    client.force_login(world.acme.members[name].user)
    bram = world.acme.members["bram"]
    assert (client.get(f"{ADMIN}/team/").status_code == 200) == may_look
    assert (client.get(f"{ADMIN}/team/{teams['acme'].pk}/change/").status_code == 200) == may_look
    assert (client.get(f"{ADMIN}/membership/{bram.pk}/change/").status_code == 200) == may_look
    saved = client.post(f"{ADMIN}/team/{teams['acme'].pk}/change/", team_form(name="Billing"))
    assert (saved.status_code == 302) == may_set_up
    assert (client.post(f"{ADMIN}/team/add/", team_form()).status_code == 302) == may_set_up
    promoted = client.post(f"{ADMIN}/membership/{bram.pk}/change/", {"role": "owner"})
    assert (promoted.status_code == 302) == may_manage
    assert (client.get(f"{ADMIN}/apikey/").status_code == 200) == may_manage
    assert (client.get(f"{ADMIN}/apikey/add/").status_code == 200) == may_manage
    deleted = client.post(f"{ADMIN}/team/{teams['acme'].pk}/delete/", {"post": "yes"})
    assert (deleted.status_code == 302) == may_set_up
    assert client.post(f"{ADMIN}/membership/{bram.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_owner_invites_and_the_password_is_shown_where_no_mail_goes(as_anna: Client, world: World) -> None:
    page = as_anna.post(
        f"{ADMIN}/membership/add/", {"email": "eva@acme.test", "name": "Eva", "role": "viewer"}
    )
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    shown = re.search(r'value="([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})"', page.content.decode())
    assert shown
    eva = User.objects.get(email="eva@acme.test")
    assert eva.check_password(shown.group(1))
    again = as_anna.get(f"{ADMIN}/membership/").content.decode()
    assert shown.group(1) not in again
    assert "Eva" in again


def test_with_mail_no_password_is_shown(as_anna: Client, world: World, settings) -> None:
    settings.EMAIL_URL = "smtp://mail.acme.test"
    words = {"email": "eva@acme.test", "name": "Eva", "role": "viewer"}
    response = as_anna.post(f"{ADMIN}/membership/add/", words)
    assert response.status_code == 302
    assert OutgoingMail.objects.get().to == "eva@acme.test"


def test_what_an_operation_refuses_is_said_and_nothing_is_saved(as_anna: Client, world: World) -> None:
    words = {"email": "bram@acme.test", "name": "", "role": "viewer"}
    assert b"This field is required" in as_anna.post(f"{ADMIN}/membership/add/", words).content
    page = as_anna.post(f"{ADMIN}/membership/add/", {**words, "name": "B"}, follow=True)
    assert "Bram is a member already" in page.content.decode()
    anna = world.acme.members["anna"]
    page = as_anna.post(f"{ADMIN}/membership/{anna.pk}/change/", {"role": "viewer"}, follow=True)
    assert "Anna is the last owner" in page.content.decode()
    words = {"action": "end_memberships", "_selected_action": [world.acme.members["bram"].pk, anna.pk]}
    page = as_anna.post(f"{ADMIN}/membership/", words, follow=True)
    assert "Anna is the last owner" in page.content.decode()
    with tenant_scope(world.acme.tenant.pk):
        assert Membership.objects.filter(ended_at=None).count() == 5


def test_memberships_end_by_an_action(as_anna: Client, world: World) -> None:
    bram = world.acme.members["bram"]
    as_anna.post(f"{ADMIN}/membership/", {"action": "end_memberships", "_selected_action": [bram.pk]})
    with tenant_scope(world.acme.tenant.pk):
        assert Membership.objects.get(pk=bram.pk).ended_at == START
    assert as_anna.post(f"{ADMIN}/membership/{bram.pk}/change/", {"role": "owner"}).status_code == 403


def test_a_key_is_shown_once_and_revoked_by_an_action(as_anna: Client, world: World) -> None:
    page = as_anna.post(f"{ADMIN}/apikey/add/", {"name": "Deploys", "scope": "read"}).content.decode()
    found = re.search(r'value="(mk_[a-z2-7]{52})"', page)
    assert found
    with tenant_scope(world.acme.tenant.pk):
        key = ApiKey.objects.get()
    for path in ("", f"{key.pk}/change/", f"{key.pk}/history/"):
        page = as_anna.get(f"{ADMIN}/apikey/{path}")
        assert page.status_code == 200
        assert found.group(1)[9:] not in page.content.decode()
    as_anna.post(f"{ADMIN}/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert Door.objects.count() == 0


def test_settings_are_one_page_with_the_tenants_own_name(as_anna: Client, world: World) -> None:
    response = as_anna.get(f"{ADMIN}/tenantsettings/", follow=True)
    assert b'value="Acme"' in response.content
    url = response.redirect_chain[-1][0]
    with tenant_scope(world.acme.tenant.pk):
        row = TenantSettings.objects.get()
    words = {f.name: "" for f in row._meta.fields if f.editable and not f.primary_key}
    saved = as_anna.post(url, {**words, "name": "Acme NV", "time_zone": "Europe/Brussels", "language": "nl"})
    assert saved.status_code == 302
    assert Tenant.objects.get(slug="acme").name == "Acme NV"
    as_anna.force_login(world.acme.members["vera"].user)
    assert b"Acme NV" in as_anna.get(url).content
    assert as_anna.post(url, words).status_code == 403


def test_every_model_of_the_tenants_site_stands_on_the_scoped_base() -> None:
    for model, model_admin in tenant_site._registry.items():
        assert isinstance(model_admin, TenantModelAdmin), model
        assert model_admin.admin_site is tenant_site


def test_no_row_is_found_by_content_type() -> None:
    for site in (tenant_site, platform_site):
        assert "view_on_site" not in {getattr(url, "name", "") for url in site.get_urls()}


# --- the platform's site ------------------------------------------------------------------------------


@pytest.fixture
def as_staff(world: World, client: Client) -> Client:
    with acting(ENGINE, now=START):
        sam = User.objects.create(
            email="sam@muster.test", name="Sam", created_at=START, is_platform_staff=True
        )
    client.force_login(sam)
    return client


@pytest.mark.parametrize("path", ["tenancy/tenant/", "tenancy/user/", "tenancy/keptmail/", "jsi18n/"])
def test_the_platform_is_a_missing_page_to_members(as_anna: Client, path: str) -> None:
    assert as_anna.get(f"/admin/{path}", follow=True).status_code == 404
    assert Client().get(f"/admin/{path}")["Location"].startswith("/admin/login/")


def test_staff_are_strangers_in_every_tenant(as_staff: Client) -> None:
    assert as_staff.get("/t/acme/admin/").status_code == 404
    page = as_staff.get("/admin/").content.decode()
    assert "/admin/tenancy/user/" in page
    assert "/t/acme/" not in page


def test_staff_close_and_reopen_tenants_and_are_recorded(as_staff: Client, world: World) -> None:
    pk = world.acme.tenant.pk
    for action, closed in (("close", True), ("reopen", False)):
        as_staff.post("/admin/tenancy/tenant/", {"action": action, "_selected_action": [pk]})
        assert (Tenant.objects.get(pk=pk).closed_at is not None) == closed
        row = Tenant.history.latest("history_id")
        assert (row.actor_kind, row.actor_label) == ("staff", "Sam")
    assert as_staff.get(f"/admin/tenancy/tenant/{pk}/history/").status_code == 200
    assert as_staff.post(f"/admin/tenancy/tenant/{pk}/delete/", {"post": "yes"}).status_code == 403


def test_staff_see_no_password_and_change_none(as_staff: Client, world: World) -> None:
    bram = world.acme.members["bram"].user
    page = as_staff.get(f"/admin/tenancy/user/{bram.pk}/change/").content.decode()
    assert bram.password not in page
    words = {"name": "Bram B", "time_zone": "UTC", "language": "en", "password": "x", "email": "x@y.test"}
    assert as_staff.post(f"/admin/tenancy/user/{bram.pk}/change/", words).status_code == 302
    changed = User.objects.get(pk=bram.pk)
    assert (changed.name, changed.email, changed.password) == ("Bram B", bram.email, bram.password)
    assert not changed.is_active


def test_the_last_owner_of_a_tenant_is_not_switched_off(as_staff: Client, world: World) -> None:
    anna = world.acme.members["anna"].user
    words = {"name": "Anna", "time_zone": "UTC", "language": "en"}
    page = as_staff.post(f"/admin/tenancy/user/{anna.pk}/change/", words, follow=True)
    assert "Anna is the last owner. Make somebody else owner first." in page.content.decode()
    assert User.objects.get(pk=anna.pk).is_active


def test_a_kept_mail_is_marked_as_not_sent(as_staff: Client, world: World) -> None:
    mail = KeptMail.objects.create(to="eva@acme.test", subject="Hello", body="Link", kept_at=START)
    assert b"NOT SENT: Hello" in as_staff.get("/admin/tenancy/keptmail/").content
    page = as_staff.get(f"/admin/tenancy/keptmail/{mail.pk}/change/")
    assert b"Link" in page.content
    assert as_staff.post(f"/admin/tenancy/keptmail/{mail.pk}/change/", {"subject": "x"}).status_code == 403


# --- planted leaks: the tests' own test ---------------------------------------------------------------


def test_djangos_own_admin_would_leak_what_the_base_holds(world: World, teams: dict[str, Team]) -> None:
    """If this fails, the tests above no longer show anything."""
    naive = admin.ModelAdmin(Team, admin.AdminSite())
    assert naive.lookup_allowed("uid__startswith", "A", RequestFactory().get("/"))
    ours = tenant_site._registry[Team]
    assert not ours.lookup_allowed("uid__startswith", "A", RequestFactory().get("/"))
