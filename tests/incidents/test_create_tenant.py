"""A complete tenant by one command: it can be alerted, it pages its owner, its pages exist."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.models import ApiKey, Membership, Team, Tenant, User
from config.tenancy.scoping import all_tenants, tenant_scope
from incidents.models import IncidentRole, Service, Severity
from incidents.operations.tenants import create_tenant
from statuspage.models import StatusPage
from tests.conftest import START, Engine, MovedClock
from tests.people import World

EXAMPLES = {
    "SEV1": [
        "A customer-facing service is down for all users",
        "Confidentiality or privacy is breached",
        "Customer data is lost",
    ],
    "SEV2": [
        "A customer-facing service is down for some customers",
        "Core functionality is significantly affected",
    ],
    "SEV3": ["A small inconvenience that can be worked around", "Usable degraded performance"],
}


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_tenant", *arguments, stdout=out)
    return out.getvalue()


def made(slug: str = "shop", owner: str = "olga@shop.test", *more: str) -> dict[str, Any]:
    printed: dict[str, Any] = json.loads(run(slug, "--name", "The Shop", "--owner", owner, "--json", *more))
    return printed


def rows() -> dict[str, int]:
    """How many rows each table of ours holds."""
    with all_tenants("test"), connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names() if "_" in name]
        counts = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            counts[table] = cursor.fetchone()[0]
    return counts


def test_it_prints_one_json_object_with_everything(db: None, moved_clock: MovedClock) -> None:
    shown = made()
    assert list(shown) == [
        "tenant",
        "name",
        "owner",
        "admin_url",
        "api_key",
        "alert_key",
        "alertmanager_url",
        "status_url",
        "internal_status_url",
    ]
    assert (shown["tenant"], shown["name"]) == ("shop", "The Shop")
    assert shown["owner"]["email"] == "olga@shop.test"
    assert len(shown["alert_key"]) == 32
    assert shown["alertmanager_url"].endswith(f"/ingest/{shown['alert_key']}/alertmanager")
    assert shown["admin_url"].endswith("/t/shop/admin/")
    assert shown["status_url"].endswith("/status/shop/")
    assert shown["internal_status_url"].endswith("/status/shop-internal/")


def test_its_secrets_work(db: None, moved_clock: MovedClock) -> None:
    shown, client = made(), Client(SERVER_NAME="localhost")
    assert client.login(email="olga@shop.test", password=shown["owner"]["password"])
    answer = client.post(shown["alertmanager_url"], {"alerts": []}, content_type="application/json")
    assert answer.status_code == 202
    bearer = {"authorization": f"Bearer {shown['api_key']}"}
    assert Client(SERVER_NAME="localhost").get("/api/v1/incidents/", headers=bearer).status_code == 200
    with tenant_scope(Tenant.objects.get().pk):
        assert ApiKey.objects.get().scope == "admin"


def test_the_first_alert_pages_the_owner_by_mail(db: None, engine: Engine) -> None:
    shown = made()
    alert = {
        "status": "firing",
        "labels": {"alertname": "Errors", "severity": "critical"},
        "annotations": {"summary": "Half of all requests fail"},
    }
    Client(SERVER_NAME="localhost").post(
        shown["alertmanager_url"], {"version": "4", "alerts": [alert]}, content_type="application/json"
    )
    engine.run()
    [page] = mail.outbox
    assert page.to == ["olga@shop.test"]
    assert "[SEV1?] INC-1" in page.subject
    assert "Half of all requests fail" in page.subject


def test_the_scale_is_the_guides(db: None, moved_clock: MovedClock) -> None:
    made()
    with tenant_scope(Tenant.objects.get().pk):
        scale = list(Severity.objects.order_by("rank"))
        assert {step.word: step.examples.splitlines() for step in scale} == EXAMPLES
        assert [(step.name, step.response, step.update_minutes) for step in scale] == [
            ("Critical", "page", 30),
            ("Major", "page", 60),
            ("Minor", "office_hours", None),
        ]


def test_it_has_roles_a_team_a_service_and_both_pages(db: None, moved_clock: MovedClock) -> None:
    made("shop", "olga@shop.test", "--time-zone", "Europe/Amsterdam")
    with tenant_scope(Tenant.objects.get().pk):
        roles = list(IncidentRole.objects.order_by("position"))
        assert [role.code for role in roles] == ["manager", "tech_lead", "comms"]
        assert all(role.duties for role in roles)
        team, service, owner = Team.objects.get(), Service.objects.get(), Membership.objects.get()
        assert (team.time_zone, team.office_days) == ("Europe/Amsterdam", "12345")
        assert (service.name, service.team, owner.role) == ("Website", team, "owner")
        assert service.component is not None
        assert service.component.page.slug == "shop"
        assert sorted(StatusPage.objects.values_list("kind", flat=True)) == ["internal", "public"]


def test_in_dutch_its_words_are_what_dutch_has(db: None, moved_clock: MovedClock) -> None:
    made("shop", "olga@shop.test", "--language", "nl")
    tenant = Tenant.objects.get()
    assert tenant.language == "nl"
    with tenant_scope(tenant.pk):
        assert Membership.objects.get().user.language == "nl"


def test_an_owner_who_exists_keeps_name_and_password(world: World) -> None:
    anna = User.objects.get(email="anna@acme.test")
    shown = made("shop", "Anna@acme.test")
    assert shown["owner"] == {"email": "anna@acme.test", "password": None}
    after = User.objects.get(pk=anna.pk)
    assert (after.password, after.name) == (anna.password, anna.name)


@pytest.mark.parametrize(
    ("slug", "more"),
    [
        ("acme", ()),
        ("admin", ()),
        ("Bad Slug", ()),
        ("shop", ("--time-zone", "Amsterdam")),
        ("shop", ("--language", "xx")),
        ("shop", ("--owner", "no address")),
    ],
)
def test_a_refusal_is_one_sentence_and_changes_nothing(
    world: World, slug: str, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    before = rows()
    with pytest.raises(SystemExit) as stopped:
        run(slug, "--name", "Shop", "--owner", "olga@shop.test", *more)
    assert isinstance(stopped.value.code, str)  # said on stderr, and the exit code is 1
    assert "\n" not in stopped.value.code.strip()
    assert "Traceback" not in stopped.value.code
    assert rows() == before
    assert not User.objects.filter(email="olga@shop.test").exists()


def test_a_slug_taken_is_said_so(world: World) -> None:
    with pytest.raises(SystemExit) as stopped:
        run("acme", "--name", "Acme", "--owner", "olga@shop.test")
    assert stopped.value.code == "There is a tenant with this short name already."


def test_without_json_it_is_a_text_to_read(db: None, moved_clock: MovedClock) -> None:
    text = run("shop", "--name", "The Shop", "--owner", "olga@shop.test")
    assert text.startswith("The Shop is ready.")
    assert "olga@shop.test" in text
    assert "/status/shop/" in text


def test_two_tenants_are_strangers(db: None, moved_clock: MovedClock) -> None:
    one, two = made("one", "olga@shop.test"), made("two", "olga@shop.test")
    assert two["owner"]["password"] is None
    assert one["alert_key"] != two["alert_key"]
    for tenant in Tenant.objects.all():
        with tenant_scope(tenant.pk):
            assert Service.objects.count() == 1


def test_no_member_may(world: World) -> None:
    actor = world.acme.members["anna"].as_actor()
    with pytest.raises(PermissionDenied):
        create_tenant(slug="shop", name="Shop", owner_email="o@shop.test", actor=actor, now=START)


def test_what_fails_half_way_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**kwargs: object) -> None:
        raise ValidationError("disk full")

    monkeypatch.setattr("incidents.operations.tenants.create_api_key", full)
    before = rows()
    with pytest.raises(ValidationError):
        create_tenant(slug="shop", name="Shop", owner_email="o@shop.test", actor=ENGINE, now=START)
    assert rows() == before
