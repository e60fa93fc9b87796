"""Tenants: opened once, closed without loss."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.models import Membership, Tenant, TenantSettings
from config.tenancy.operations import tenants
from config.tenancy.scoping import tenant_scope
from tests.conftest import START
from tests.people import World


def create(slug: str = "tiny", **kwargs: str) -> Tenant:
    words = {"name": "Tiny", "time_zone": "Europe/Amsterdam", "language": "nl", **kwargs}
    return tenants.create_tenant_row(slug=slug, actor=ENGINE, now=START, **words)


def test_a_tenant_comes_with_its_settings_and_a_history(db: None) -> None:
    tenant = create()
    with tenant_scope(tenant.pk):
        assert TenantSettings.objects.get().tenant == tenant
    assert [(row.actor_label, row.history_date) for row in Tenant.history.all()] == [("Muster", START)]


@pytest.mark.parametrize(
    ("slug", "why"),
    [
        ("acme", "already"),
        ("admin", "reserved"),
        ("acme-internal", "reserved"),
        ("Acme", "lower-case"),
        ("-a", "lower-case"),
        ("a/b", "lower-case"),
        ("", "blank"),
        ("x" * 41, "40"),
    ],
)
def test_a_slug_that_cannot_be_is_refused_by_name(world: World, slug: str, why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        create(slug)
    assert why in " ".join(refused.value.message_dict["slug"])
    assert Tenant.objects.count() == 2


def test_an_unknown_zone_is_refused(db: None) -> None:
    with pytest.raises(ValidationError, match="not a known time zone"):
        create(time_zone="Amsterdam")


def test_no_member_opens_or_closes_a_tenant(world: World, acme: Tenant, anna: Membership) -> None:
    with pytest.raises(PermissionDenied):
        tenants.close_tenant(tenant=world.other.tenant, actor=anna.as_actor(), now=START)
    with pytest.raises(PermissionDenied):
        tenants.create_tenant_row(
            slug="mine", name="Mine", time_zone="UTC", language="en", actor=anna.as_actor(), now=START
        )


def test_a_closed_tenant_is_a_missing_one_to_its_members(world: World, client: Client) -> None:
    client.force_login(world.acme.members["anna"].user)
    tenants.close_tenant(tenant=world.acme.tenant, actor=ENGINE, now=START)
    assert client.get("/t/acme/admin/").status_code == 404
    assert b"acme" not in client.get("/admin/").content
    tenants.reopen_tenant(tenant=world.acme.tenant, actor=ENGINE, now=START)
    assert client.get("/t/acme/admin/set-up/").status_code == 200


def test_settings_are_changed_by_managers_and_recorded(world: World, acme: Tenant) -> None:
    row = TenantSettings.objects.get()
    row.chat_url_template = "https://chat.example.org/{key}"
    words = {"name": "Acme NV", "time_zone": "Europe/Brussels", "language": "nl"}
    bram = world.acme.members["bram"].as_actor()
    with pytest.raises(PermissionDenied):
        tenants.change_tenant(settings=row, actor=bram, now=START, **words)
    marc = world.acme.members["marc"].as_actor()
    assert tenants.change_tenant(settings=row, actor=marc, now=START, **words).name == "Acme NV"
    assert TenantSettings.objects.get().chat_url_template == "https://chat.example.org/{key}"
    assert TenantSettings.history.latest("history_id").actor_label == "Marc"
    assert Tenant.history.latest("history_id").actor_label == "Marc"
