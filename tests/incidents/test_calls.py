"""Calling people in: each call is a ladder of its own with its own answer (R28, R34, R36)."""

import pytest
from django.core.exceptions import PermissionDenied

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership, Team, TeamMember
from config.tenancy.scoping import tenant_scope
from incidents.models import Call, Incident, IncidentRole
from incidents.operations.calls import call_in
from incidents.operations.cancelling import cancel
from incidents.operations.responding import acknowledge_call
from oncall.models import Notification
from tests.conftest import Engine
from tests.incidents.leading import Lead, policy_for
from tests.people import World


def call(lead: Lead, incident: Incident, by: str = "marc", **given: object) -> list[Call]:
    return call_in(incident=incident, actor=lead.as_(by), now=lead.now, **given)  # type: ignore[arg-type]


def set_policy(lead: Lead, code: str, *people: str) -> IncidentRole:
    with acting(ENGINE, now=lead.now):
        role = lead.roles[code]
        role.policy = policy_for(role.name, *(lead.people[name] for name in people))
        role.save()
    return role


class TestWhoIsCalled:
    def test_r36_a_person(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        made = call(lead, incident, people=[lead.people["carla"]], message="replica lag")
        engine.run()
        assert lead.paged(incident) == ["bram", "carla"]
        assert (made[0].kind, made[0].label, made[0].membership) == ("person", "Carla", lead.people["carla"])
        assert "replica lag" in Notification.objects.get(membership=lead.people["carla"]).escalation.message

    def test_r34_a_role_calls_its_policy(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        call(lead, incident, roles=[set_policy(lead, "comms", "carla", "anna")])
        engine.run()
        assert lead.paged(incident) == ["bram", "carla"]
        engine.clock.move(minutes=5)
        engine.run()
        assert lead.paged(incident).count("anna") == 2  # next for Checkout, and next for communications

    def test_r28_a_team_calls_the_policy_of_its_services(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare(service=None)
        made = call(lead, incident, teams=[lead.team])
        engine.run()
        assert [found.kind for found in made] == ["team"]
        assert "bram" in lead.paged(incident)

    def test_a_team_without_services_calls_its_members(self, lead: Lead, engine: Engine) -> None:
        with acting(ENGINE, now=lead.now):
            database = Team.objects.create(name="Database")
            for name in ("carla", "marc"):
                TeamMember.objects.create(team=database, membership=lead.people[name])
        incident = lead.declare()
        call(lead, incident, teams=[database])
        engine.run()
        assert set(lead.paged(incident)) == {"bram", "carla", "marc"}

    def test_all_at_once_each_by_a_call_of_its_own(self, lead: Lead) -> None:
        incident = lead.declare(service=None)
        made = call(
            lead,
            incident,
            people=[lead.people["marc"]],
            roles=[set_policy(lead, "comms", "carla")],
            teams=[lead.team],
        )
        assert [found.kind for found in made] == ["person", "role", "team"]
        assert len({found.escalation_id for found in made}) == 3

    def test_acknowledging_one_stops_that_ladder_and_no_other(
        self, lead: Lead, engine: Engine, bram: Membership
    ) -> None:
        incident = lead.declare()
        (made,) = call(lead, incident, people=[lead.people["carla"]])
        engine.run()
        carla = lead.people["carla"]
        acknowledge_call(call=made, membership=carla, actor=carla.as_actor(), now=lead.now)
        assert lead.states(incident) == ["paging", "acknowledged"]
        made.refresh_from_db()
        assert (made.answered_by, made.answered_at) == (carla, lead.now)

    def test_who_is_being_called_is_not_called_twice(self, lead: Lead) -> None:
        incident = lead.declare()
        first = call(lead, incident, people=[lead.people["carla"]])
        assert call(lead, incident, people=[lead.people["carla"]]) == first

    def test_the_call_is_on_record_with_who_made_it(self, lead: Lead) -> None:
        incident = lead.declare()
        (made,) = call(lead, incident, by="bram", people=[lead.people["carla"]])
        assert made.made_by == lead.people["bram"]
        assert ("call", "Bram") in lead.told(incident)

    def test_calling_in_moves_the_label_to_escalate(self, lead: Lead) -> None:
        incident = lead.declare()
        call(lead, incident, people=[lead.people["carla"]])
        assert lead.again(incident).phase == "escalating"


class TestRefused:
    def test_a_role_with_nobody_behind_it(self, lead: Lead) -> None:
        with pytest.raises(Conflict, match="Technical lead"):
            call(lead, lead.declare(), roles=[lead.roles["tech_lead"]])

    def test_an_empty_team(self, lead: Lead) -> None:
        with acting(ENGINE, now=lead.now):
            empty = Team.objects.create(name="Empty")
        with pytest.raises(Conflict, match="Empty"):
            call(lead, lead.declare(), teams=[empty])

    def test_somebody_who_left(self, lead: Lead) -> None:
        with acting(ENGINE, now=lead.now):
            lead.people["carla"].ended_at = lead.now
            lead.people["carla"].save()
        with pytest.raises(Conflict, match="Carla"):
            call(lead, lead.declare(), people=[lead.people["carla"]])

    def test_nobody_is_called_when_one_of_them_cannot_be(self, lead: Lead) -> None:
        incident = lead.declare()
        with pytest.raises(Conflict):
            call(lead, incident, people=[lead.people["carla"]], roles=[lead.roles["tech_lead"]])
        assert len(lead.calls(incident)) == 1

    def test_an_incident_that_is_over(self, lead: Lead) -> None:
        incident = lead.declare()
        cancel(incident=incident, reason="false_alarm", actor=lead.as_("marc"), now=lead.now)
        with pytest.raises(Conflict):
            call(lead, incident, people=[lead.people["carla"]])

    def test_a_viewer(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            call(lead, lead.declare(), by="vera", people=[lead.people["carla"]])


class TestOutsider:
    def test_anothers_incident_is_missing(self, lead: Lead, world: World) -> None:
        incident = lead.declare()
        olga = world.other.members["olga"]
        with tenant_scope(world.other.tenant.pk), pytest.raises(Incident.DoesNotExist):
            call_in(incident=incident, people=[olga], actor=olga.as_actor(), now=lead.now)

    def test_anothers_person_role_and_team_are_missing(self, lead: Lead, world: World) -> None:
        with tenant_scope(world.other.tenant.pk), acting(ENGINE, now=lead.now):
            role = IncidentRole.objects.create(code="comms", name="Comms")
            team = Team.objects.create(name="Theirs")
        incident = lead.declare()
        for missing, given in (
            (Membership, {"people": [world.other.members["olga"]]}),
            (IncidentRole, {"roles": [role]}),
            (Team, {"teams": [team]}),
        ):
            with pytest.raises(missing.DoesNotExist):
                call(lead, incident, **given)
