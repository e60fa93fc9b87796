"""The Call in sheet: suggestions on top, who would come first, how each is reached; the same over the API."""

from typing import Any

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from incidents.models import Incident, IncidentRole
from incidents.operations.calls import call_in, call_severity_roles
from incidents.operations.crews import Offers, offers
from incidents.operations.resolving import impact_over, resolve
from incidents.operations.responding import acknowledge_incident
from incidents.operations.roles import give_role
from oncall.models import ContactMethod
from tests.conftest import Engine
from tests.incidents.leading import Lead, policy_for


@pytest.fixture
def crewed(lead: Lead) -> Lead:
    """Marc stands behind communications, Anna behind the lead."""
    with acting(ENGINE, now=lead.now):
        for code, name in (("comms", "marc"), ("tech_lead", "anna")):
            lead.roles[code].policy = policy_for(code, lead.people[name], lead.people["bram"])
            lead.roles[code].save()
    return lead


def offered(lead: Lead, incident: Incident) -> Offers:
    return offers(
        lead.again(incident),
        roles=IncidentRole.objects.all(),
        people=list(lead.people.values()),
        viewer=lead.people["carla"],
        default_policy_id=lead.checkout.policy_id,
        now=lead.now,
    )


def suggested(lead: Lead, incident: Incident) -> list[tuple[str, str, str]]:
    return [(one.kind, one.name, one.why) for one in offered(lead, incident).suggested]


def test_roles_of_the_severity_that_nobody_has_and_the_team_of_the_service(crewed: Lead) -> None:
    incident = crewed.declare(severity=crewed.sev[1], provisional=True, not_sure=True)
    assert suggested(crewed, incident) == [
        ("role", "Communications manager", "SEV1 calls it, nobody has it"),
        ("team", "Payments", "runs Checkout"),
    ]
    give_role(
        incident=incident,
        role=crewed.roles["comms"],
        membership=crewed.people["carla"],
        actor=crewed.as_("marc"),
        now=crewed.now,
    )
    assert suggested(crewed, incident) == [("team", "Payments", "runs Checkout")]


def test_who_was_in_the_last_incident_of_this_service(crewed: Lead, engine: Engine) -> None:
    last = crewed.declare("Payments fail, last week")
    bram = crewed.people["bram"]
    acknowledge_incident(incident=last, membership=bram, actor=bram.as_actor(), now=crewed.now)
    impact_over(incident=last, at=crewed.now, actor=crewed.as_("bram"), now=crewed.now)
    resolve(
        incident=last,
        impact_over_at=None,
        internal=None,
        external=None,
        nothing_is_imminent=True,
        actor=crewed.as_("bram"),
        now=crewed.now,
    )
    engine.clock.move(days=7)
    incident = crewed.declare(by="carla")
    assert ("person", "Bram", "was in INC-1") in suggested(crewed, incident)


def test_each_row_says_who_now_who_then_and_whether_they_can_be_reached(crewed: Lead) -> None:
    incident = crewed.declare(severity=crewed.sev[1], not_sure=True)
    [comms, *_] = offered(crewed, incident).suggested
    assert ([str(one) for one in comms.first], [str(one) for one in comms.then]) == (["Marc"], ["Bram"])
    assert comms.reachable
    ContactMethod.objects.filter(membership=crewed.people["marc"]).update(disabled_at=crewed.now)
    assert not offered(crewed, incident).suggested[0].reachable


def test_what_is_suggested_is_not_offered_twice_and_who_is_called_is_marked(crewed: Lead) -> None:
    incident = crewed.declare(severity=crewed.sev[1], not_sure=True)
    found = offered(crewed, incident)
    uids = [(one.kind, one.uid) for one in found.all]
    assert len(uids) == len(set(uids))
    call_in(incident=incident, people=[crewed.people["vera"]], actor=crewed.as_("marc"), now=crewed.now)
    vera = next(one for one in offered(crewed, incident).people if one.name == "Vera")
    assert vera.under_way


class TestRolesOfTheSeverity:
    def test_are_called_once_it_is_real_as_the_scale_says(self, crewed: Lead) -> None:
        with acting(ENGINE, now=crewed.now):
            crewed.sev[2].called_roles = ["tech_lead"]
            crewed.sev[2].save()
        incident = crewed.declare(severity=crewed.sev[2], provisional=False)
        assert [call.label for call in crewed.calls(incident)][1:] == ["Technical lead"]

    def test_an_empty_list_calls_nobody_whatever_the_rank(self, crewed: Lead) -> None:
        with acting(ENGINE, now=crewed.now):
            crewed.sev[1].called_roles = []
            crewed.sev[1].save()
        incident = crewed.declare(severity=crewed.sev[1], provisional=False)
        assert len(crewed.calls(incident)) == 1
        assert call_severity_roles(incident=crewed.again(incident), actor=ENGINE, now=crewed.now) == []


def test_an_outsiders_rows_are_not_offered(crewed: Lead, world: Any) -> None:
    names = {one.name for one in offered(crewed, crewed.declare()).all}
    assert not {"Olga", "Omar"} & names
