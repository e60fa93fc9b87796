"""The demonstration: a month that could have happened, and no mail to anybody."""

from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from config.tenancy.models import Tenant
from config.tenancy.scoping import tenant_scope
from incidents.demo.stories import STORIES
from incidents.models import Incident, Phase
from statuspage.models import StatusPage
from tests.conftest import MovedClock


def load() -> str:
    said = StringIO()
    call_command("load_demo", stdout=said)
    return said.getvalue()


@pytest.mark.django_db
def test_a_month_is_played_with_one_incident_going_on_and_nobody_is_mailed(moved_clock: MovedClock) -> None:
    said = load()
    tenant = Tenant.objects.get(slug="demo")
    with tenant_scope(tenant.pk):
        assert Incident.objects.count() == len(STORIES)
        going_on = Incident.objects.exclude(
            phase__in=[Phase.CLOSED, Phase.CANCELLED, Phase.RESOLVED, Phase.MERGED]
        ).get()
        assert going_on.severity_word == "SEV2"
        assert going_on.confirmed_at
        assert (
            StatusPage.objects.get(slug="demo").components.exclude(status="operational").get().name
            == "Checkout"
        )
    assert mail.outbox == []
    password = said.split("password")[1].split()[0]
    client = Client()
    assert client.login(username="anna@demo.muster.test", password=password)
    assert load() == said
    assert Tenant.objects.count() == 1


@pytest.mark.django_db
def test_it_is_not_loaded_beside_other_tenants(world: object) -> None:
    assert "empty installation" in load()
    assert not Tenant.objects.filter(slug="demo").exists()
