"""One documented, versioned scale a tenant (R20): in set-up, in the API, on each severity that was chosen."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.conflicts import Conflict
from config.tenancy.scoping import tenant_scope
from incidents.admin.severity import SeverityAdmin
from incidents.api.setup import SeveritySerializer
from incidents.models import ScaleVersion, Severity, SeverityChange
from incidents.operations.assessing import set_severity
from incidents.operations.scale import FIELDS, publish_scale, save_severity, scale_version
from incidents.operations.tenants import create_tenant
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.leading import Lead
from tests.people import World


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


def test_each_change_is_a_version_and_none_is_not(lead: Lead) -> None:
    assert scale_version() is None
    first = publish_scale(actor=ENGINE, now=lead.now)
    assert publish_scale(actor=ENGINE, now=lead.now) == first
    lead.sev[3].examples = "A way round exists."
    save_severity(severity=lead.sev[3], actor=lead.as_("marc"), now=lead.now)
    save_severity(severity=lead.sev[3], actor=lead.as_("marc"), now=lead.now)
    assert scale_version() == 2
    now, before = ScaleVersion.objects.order_by("-number")
    assert now.steps[2]["examples"] == "A way round exists."
    assert before.steps[2]["examples"] == ""
    assert (now.actor_label, now.published_at) == ("Marc", lead.now)


def test_a_version_is_never_rewritten(lead: Lead) -> None:
    made = publish_scale(actor=ENGINE, now=lead.now)
    with pytest.raises(Exception, match="append"):
        ScaleVersion.objects.filter(pk=made.pk).update(number=9)


def test_a_severity_remembers_the_scale_it_was_chosen_by(lead: Lead) -> None:
    publish_scale(actor=ENGINE, now=lead.now)
    incident = lead.declare(severity=lead.sev[2])
    lead.sev[1].description = "Everything is down"
    save_severity(severity=lead.sev[1], actor=lead.as_("marc"), now=lead.now)
    set_severity(incident=incident, severity=lead.sev[1], actor=lead.as_("bram"), now=lead.now)
    versions = SeverityChange.objects.filter(incident=incident).order_by("id")
    assert [change.scale_version for change in versions] == [1, 2]


def test_two_steps_have_two_ranks(lead: Lead) -> None:
    with pytest.raises(Conflict):
        save_severity(
            severity=Severity(rank=1, word="P1", name="x", description="x"),
            actor=lead.as_("marc"),
            now=lead.now,
        )


def test_a_responder_may_not(lead: Lead) -> None:
    with pytest.raises(PermissionDenied):
        save_severity(severity=lead.sev[3], actor=lead.as_("bram"), now=lead.now)


def test_anothers_scale_is_not_touched(lead: Lead, world: World) -> None:
    publish_scale(actor=ENGINE, now=lead.now)
    with tenant_scope(world.other.tenant.pk):
        assert scale_version() is None
        publish_scale(actor=ENGINE, now=lead.now)
        assert ScaleVersion.objects.get().steps == []


@pytest.mark.django_db
def test_a_new_tenant_has_version_one_with_its_roles_and_postmortems(engine: Engine) -> None:
    made = create_tenant(
        slug="harbour", name="Harbour", owner_email="o@harbour.test", actor=ENGINE, now=engine.clock.now()
    )
    with tenant_scope(made.tenant.pk):
        scale = {step["rank"]: step for step in ScaleVersion.objects.get(number=1).steps}
    assert scale[1]["called_roles"] == ["manager", "comms"]
    assert [scale[rank]["postmortem_required"] for rank in (1, 2, 3)] == [True, True, False]


def test_set_up_api_and_versions_say_the_same_of_a_step() -> None:
    assert SeverityAdmin.fields is FIELDS
    assert SeveritySerializer.Meta.fields == ["uid", *FIELDS, "version"]


# --- set-up ----------------------------------------------------------------------------------------------
ADMIN = "/t/acme/admin/incidents/severity/"


def fields(severity: Severity, **changed: Any) -> dict[str, Any]:
    names = ("rank", "word", "name", "description", "examples", "response")
    return {**{name: getattr(severity, name) for name in names}, "update_minutes": "30", **changed}


def test_saving_in_the_admin_publishes_a_version(client: Client, stage: Stage) -> None:
    client.force_login(stage.world.acme.members["marc"].user)
    severity = stage.severities[2]
    said = fields(severity, called_roles=["comms"], postmortem_required="on", description="Bad.")
    answer = client.post(f"{ADMIN}{severity.pk}/change/", said)
    assert answer.status_code == 302, answer.content
    with tenant_scope(stage.world.acme.tenant.pk):
        severity.refresh_from_db()
        assert (severity.called_roles, severity.postmortem_required) == (["comms"], True)
        assert scale_version() == 1
    listed = client.get("/t/acme/admin/incidents/scaleversion/").content.decode()
    assert "v1" in listed
    assert "SEV1 Critical" in listed


def test_the_api_shows_the_version_and_changes_the_scale(client: Client, stage: Stage) -> None:
    client.force_login(stage.world.acme.members["marc"].user)
    path = f"/t/acme/api/v1/severities/{stage.severities[3].uid}/"
    body = json.dumps({"description": "Small."})
    answer = client.patch(path, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["description"], answer.json()["version"]) == ("Small.", 1)
    listed = client.get("/t/acme/api/v1/severities/").json()["results"]
    assert {one["version"] for one in listed} == {1}
    new = {"rank": 4, "word": "SEV4", "name": "Tiny", "description": "No hurry."}
    made = client.post("/t/acme/api/v1/severities/", json.dumps(new), content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["version"] == 2
    again = client.post("/t/acme/api/v1/severities/", json.dumps(new), content_type="application/json")
    assert again.status_code == 409


def test_a_responder_changes_no_scale_by_the_api(client: Client, stage: Stage) -> None:
    client.force_login(stage.world.acme.members["bram"].user)
    path = f"/t/acme/api/v1/severities/{stage.severities[3].uid}/"
    answer = client.patch(path, json.dumps({"description": "x"}), content_type="application/json")
    assert answer.status_code == 403
