"""The incident room as a page: who sees it, what it costs, that reading never changes anything."""
import pytest
from django.test import Client
from config.tenancy.models import Tenant
from config.tenancy.scoping import tenant_scope
from incidents.operations.declaring import declare_incident
from tests.browser.stage import set_stage

def test_room_draws(world, moved_clock, engine, client: Client):
    stage = set_stage(world, moved_clock.now())
    bram = world.acme.members["bram"]
    with tenant_scope(world.acme.tenant.pk):
        incident = declare_incident(text="Payments fail", service=stage.checkout, severity=stage.severities[1], found_by="customer", declared_by=bram, actor=bram.as_actor(), now=moved_clock.now())
    engine.run()
    client.force_login(bram.user)
    for url in ("/t/acme/admin/", "/t/acme/declare", "/t/acme/i/1", "/t/acme/i/1/live", f"/t/acme/admin/incidents/incident/{incident.pk}/change/", "/t/acme/admin/incidents/incident/"):
        response = client.get(url)
        print(url, response.status_code, len(response.content))
        assert response.status_code == 200, response.content[:2000]
