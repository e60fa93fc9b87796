"""Roles: give, take, hand over, end (R32 to R38)."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.actors import ENGINE, Actor, ActorKind
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, IncidentRole, RoleAssignment
from incidents.operations.calls import call_in
from incidents.operations.responding import acknowledge_call, acknowledge_incident
from incidents.operations.roles import accept_role, end_role, give_role, hand_over, take_role
from tests.conftest import Engine
from tests.incidents.leading import Lead, policy_for
from tests.people import World


def give(lead: Lead, incident: Incident, role: str, to: str, by: str = "marc") -> RoleAssignment:
    return give_role(
        incident=incident,
        role=lead.roles[role],
        membership=lead.people[to],
        actor=lead.as_(by),
        now=lead.now,
    )


def test_r32_who_gave_it_and_when_is_on_record(lead: Lead) -> None:
    given = give(lead, lead.declare(), "tech_lead", "bram")
    assert (given.given_by, given.given_at, given.by_record) == (lead.people["marc"], lead.now, False)


def test_giving_a_role_moves_the_label_to_delegate(lead: Lead) -> None:
    incident = lead.declare()
    give(lead, incident, "tech_lead", "bram")
    assert lead.again(incident).phase == "delegating"


def test_the_first_to_acknowledge_was_given_nothing(lead: Lead) -> None:
    incident = lead.declare()
    acknowledge_incident(
        incident=incident, membership=lead.people["bram"], actor=lead.as_("bram"), now=lead.now
    )
    assert lead.facts(incident).roles_given == 0
    assert lead.again(incident).phase == "coordinating"


def test_given_twice_is_once(lead: Lead) -> None:
    incident = lead.declare()
    assert give(lead, incident, "tech_lead", "bram") == give(lead, incident, "tech_lead", "bram")
    assert lead.kinds(incident).count("role") == 1


def test_two_people_can_have_a_role_that_is_not_the_managers(lead: Lead) -> None:
    incident = lead.declare()
    give(lead, incident, "tech_lead", "bram")
    give(lead, incident, "tech_lead", "carla")
    assert RoleAssignment.objects.filter(incident=incident, ended_at=None).count() == 2


class TestTheManager:
    def test_r35_giving_it_hands_it_over_and_loses_no_history(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        give(lead, incident, "manager", "bram")
        engine.clock.move(minutes=30)
        hand_over(
            incident=incident,
            to=lead.people["marc"],
            say="Rollback is at 40 %",
            actor=lead.as_("bram"),
            now=lead.now,
        )
        assert lead.managers(incident) == ["marc"]
        before = RoleAssignment.objects.get(incident=incident, membership=lead.people["bram"])
        assert before.ended_at == lead.now
        assert incident.timeline.filter(kind="role").last().data["say"] == "Rollback is at 40 %"

    def test_of_an_open_incident_cannot_just_go(self, lead: Lead) -> None:
        incident = lead.declare()
        given = give(lead, incident, "manager", "bram")
        with pytest.raises(Conflict, match="Hand it over"):
            end_role(
                incident=incident,
                role=given.role,
                membership=lead.people["bram"],
                actor=lead.as_("bram"),
                now=lead.now,
            )

    def test_is_made_where_the_tenant_lost_the_role(self, lead: Lead) -> None:
        with acting(ENGINE, now=lead.now):
            lead.roles["manager"].delete()
        incident = lead.declare()
        hand_over(incident=incident, to=lead.people["bram"], actor=lead.as_("marc"), now=lead.now)
        assert lead.managers(incident) == ["bram"]


class TestTaking:
    def test_r34_anyone_who_responds_can_take_one(self, lead: Lead) -> None:
        incident = lead.declare()
        role = lead.roles["tech_lead"]
        given = take_role(incident=incident, role=role, actor=lead.as_("bram"), now=lead.now)
        assert given.membership == given.given_by == lead.people["bram"]

    def test_r38_a_communicator_can_take_communications_and_no_more(self, lead: Lead) -> None:
        incident = lead.declare()
        take_role(incident=incident, role=lead.roles["comms"], actor=lead.as_("carla"), now=lead.now)
        with pytest.raises(PermissionDenied):
            take_role(incident=incident, role=lead.roles["manager"], actor=lead.as_("carla"), now=lead.now)

    def test_a_key_is_nobody(self, lead: Lead) -> None:
        key = Actor(ActorKind.KEY, 1, "CI", grants=frozenset({"incidents.respond"}))
        with pytest.raises(ValidationError):
            take_role(incident=lead.declare(), role=lead.roles["comms"], actor=key, now=lead.now)


class TestEnding:
    def test_a_role_ends_and_can_be_given_again(self, lead: Lead) -> None:
        incident = lead.declare()
        give(lead, incident, "tech_lead", "bram")
        end_role(
            incident=incident,
            role=lead.roles["tech_lead"],
            membership=lead.people["bram"],
            actor=lead.as_("bram"),
            now=lead.now,
        )
        assert not lead.facts(incident).has_tech_lead
        give(lead, incident, "tech_lead", "bram")
        assert lead.facts(incident).has_tech_lead

    def test_the_label_does_not_go_back(self, lead: Lead) -> None:
        incident = lead.declare()
        give(lead, incident, "comms", "carla")
        end_role(
            incident=incident,
            role=lead.roles["comms"],
            membership=lead.people["carla"],
            actor=lead.as_("carla"),
            now=lead.now,
        )
        assert lead.again(incident).phase == "delegating"

    def test_what_one_does_not_have(self, lead: Lead) -> None:
        with pytest.raises(RoleAssignment.DoesNotExist):
            end_role(
                incident=lead.declare(),
                role=lead.roles["comms"],
                membership=lead.people["bram"],
                actor=lead.as_("bram"),
                now=lead.now,
            )


def test_r33_the_duties_are_acknowledged_once(lead: Lead, engine: Engine) -> None:
    incident = lead.declare()
    give(lead, incident, "comms", "carla")
    first = lead.now
    accept_role(incident=incident, role=lead.roles["comms"], actor=lead.as_("carla"), now=lead.now)
    engine.clock.move(minutes=5)
    accept_role(incident=incident, role=lead.roles["comms"], actor=lead.as_("carla"), now=lead.now)
    assert RoleAssignment.objects.get(incident=incident).acknowledged_at == first


class TestFacts:
    def test_empty_roles_that_somebody_stands_behind(self, lead: Lead) -> None:
        with acting(ENGINE, now=lead.now):
            for code, person in (("tech_lead", "bram"), ("comms", "carla")):
                lead.roles[code].policy = policy_for(code, lead.people[person])
                lead.roles[code].save()
        incident = lead.declare()
        assert lead.facts(incident).callable_roles == ("Technical lead", "Communications manager")
        give(lead, incident, "comms", "carla")
        assert lead.facts(incident).callable_roles == ("Technical lead",)

    def test_one_person_with_two_hats(self, lead: Lead) -> None:
        incident = lead.declare()
        give(lead, incident, "manager", "bram")
        assert not lead.facts(incident).two_hats
        give(lead, incident, "comms", "bram")
        assert lead.facts(incident).two_hats

    def test_who_came_and_has_no_role_yet(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        give(lead, incident, "manager", "marc")
        carla = lead.people["carla"]
        (call,) = call_in(incident=incident, people=[carla], actor=lead.as_("marc"), now=lead.now)
        assert lead.facts(incident).here_without_role == ()
        acknowledge_call(call=call, membership=carla, actor=carla.as_actor(), now=lead.now)
        assert lead.facts(incident).here_without_role == ("Carla",)
        give(lead, incident, "comms", "carla")
        assert lead.facts(incident).here_without_role == ()


class TestOutsider:
    def test_anothers_incident_is_missing(self, lead: Lead, world: World) -> None:
        incident = lead.declare()
        olga = world.other.members["olga"]
        actor, role = olga.as_actor(), lead.roles["comms"]
        with tenant_scope(world.other.tenant.pk):
            for attempt in (
                lambda: give_role(incident=incident, role=role, membership=olga, actor=actor, now=lead.now),
                lambda: take_role(incident=incident, role=role, actor=actor, now=lead.now),
                lambda: hand_over(incident=incident, to=olga, actor=actor, now=lead.now),
                lambda: end_role(incident=incident, role=role, membership=olga, actor=actor, now=lead.now),
                lambda: accept_role(incident=incident, role=role, actor=actor, now=lead.now),
            ):
                with pytest.raises(Incident.DoesNotExist):
                    attempt()

    def test_anothers_person_and_role_are_missing(self, lead: Lead, world: World) -> None:
        with tenant_scope(world.other.tenant.pk), acting(ENGINE, now=lead.now):
            theirs = IncidentRole.objects.create(code="comms", name="Comms")
        incident = lead.declare()
        with pytest.raises(Membership.DoesNotExist):
            give_role(
                incident=incident,
                role=lead.roles["comms"],
                membership=world.other.members["olga"],
                actor=lead.as_("marc"),
                now=lead.now,
            )
        with pytest.raises(IncidentRole.DoesNotExist):
            give_role(
                incident=incident,
                role=theirs,
                membership=lead.people["bram"],
                actor=lead.as_("marc"),
                now=lead.now,
            )

    def test_a_viewer_may_not(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            give(lead, lead.declare(), "comms", "carla", by="vera")
