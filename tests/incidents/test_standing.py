"""Permissions follow the role: lent in one incident, to nobody else, for as long as the role lasts."""

import pytest
from django.core.exceptions import PermissionDenied

from config.tenancy.actors import ENGINE, Actor, ActorKind
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident
from incidents.operations.calls import call_in
from incidents.operations.merging import merge, unmerge
from incidents.operations.notes import add_note, set_now_line
from incidents.operations.roles import end_role, give_role, hand_over, let_help, take_over, take_role
from incidents.operations.standing import ALL, PUBLISH, RESPOND, WRITE, actor_in
from tests.incidents.leading import Lead
from tests.people import World


@pytest.fixture
def incident(lead: Lead) -> Incident:
    return lead.declare()


def give(lead: Lead, incident: Incident, role: str, to: str) -> None:
    give_role(
        incident=incident,
        role=lead.roles[role],
        membership=lead.people[to],
        actor=lead.as_("marc"),
        now=lead.now,
    )


@pytest.mark.parametrize(
    ("role", "lent"),
    [("manager", {WRITE, RESPOND, PUBLISH}), ("tech_lead", {WRITE, RESPOND}), ("comms", {WRITE, PUBLISH})],
)
def test_a_role_lends_what_it_needs_whatever_the_tenants_role(
    lead: Lead, incident: Incident, role: str, lent: set[str]
) -> None:
    give(lead, incident, role, "vera")
    assert actor_in(incident, lead.as_("vera")).lent == lent


def test_whoever_was_called_in_writes_and_answers_and_no_more(lead: Lead, incident: Incident) -> None:
    assert actor_in(incident, lead.as_("vera")).lent == frozenset()
    call_in(incident=incident, people=[lead.people["vera"]], actor=lead.as_("marc"), now=lead.now)
    vera = actor_in(incident, lead.as_("vera"))
    assert vera.lent == {WRITE}
    add_note(incident=incident, text="The pool is full", actor=vera, now=lead.now)
    with pytest.raises(PermissionDenied):
        set_now_line(incident=incident, text="x", actor=vera, now=lead.now)


def test_nothing_leaks_to_another_incident(lead: Lead, incident: Incident) -> None:
    other = lead.declare("Search is slow")
    give(lead, incident, "manager", "vera")
    assert actor_in(other, lead.as_("vera")).lent == frozenset()
    here = actor_in(incident, lead.as_("vera"))
    for reach in (
        lambda: merge(incident=incident, into=other, actor=here, now=lead.now),
        lambda: merge(incident=other, into=incident, actor=here, now=lead.now),
        lambda: unmerge(incident=incident, actor=here, now=lead.now),
    ):
        with pytest.raises(PermissionDenied):
            reach()


def test_nothing_of_the_tenant_is_lent(lead: Lead, incident: Incident) -> None:
    give(lead, incident, "manager", "vera")
    here = actor_in(incident, lead.as_("vera"))
    assert here.lent <= ALL
    assert not any(here.may(permission) for permission in ("incidents.setup", "tenancy.manage_people"))


def test_the_end_of_the_role_ends_it(lead: Lead, incident: Incident) -> None:
    give(lead, incident, "comms", "vera")
    end_role(
        incident=incident,
        role=lead.roles["comms"],
        membership=lead.people["vera"],
        actor=lead.as_("vera"),
        now=lead.now,
    )
    assert actor_in(incident, lead.as_("vera")).lent == frozenset()


def test_whoever_left_the_tenant_has_nothing(lead: Lead, incident: Incident) -> None:
    give(lead, incident, "manager", "vera")
    with acting(ENGINE, now=lead.now):
        lead.people["vera"].ended_at = lead.now
        lead.people["vera"].save()
    assert actor_in(incident, lead.as_("vera")).lent == frozenset()


def test_a_key_has_no_role(lead: Lead, incident: Incident) -> None:
    key = Actor(ActorKind.KEY, 1, "CI", grants=frozenset({"incidents.view"}))
    assert actor_in(incident, key) is key


def test_an_outsider_has_none_in_anothers_incident(lead: Lead, incident: Incident, world: World) -> None:
    olga = world.other.members["omar"]
    with tenant_scope(world.other.tenant.pk):
        assert actor_in(incident, olga.as_actor()).lent == frozenset()


class TestWhatWasLentIsNotLentOn:
    def helper(self, lead: Lead) -> Actor:
        """Vera looks on by her tenant's role, and was let in to help."""
        self.incident = lead.declare(severity=lead.sev[1])
        let_help(incident=self.incident, membership=lead.people["vera"], actor=lead.as_("bram"), now=lead.now)
        return actor_in(self.incident, lead.as_("vera"))

    def test_a_helper_does_not_make_herself_manager(self, lead: Lead) -> None:
        vera = self.helper(lead)
        assert vera.may("incidents.respond")
        for attempt in (
            lambda: take_role(incident=self.incident, role=lead.roles["manager"], actor=vera, now=lead.now),
            lambda: take_over(incident=self.incident, actor=vera, now=lead.now),
            lambda: take_role(incident=self.incident, role=lead.roles["comms"], actor=vera, now=lead.now),
            lambda: hand_over(incident=self.incident, to=lead.people["carla"], actor=vera, now=lead.now),
        ):
            with pytest.raises(PermissionDenied):
                attempt()
        assert "vera" not in lead.managers(self.incident)

    def test_who_was_made_manager_hands_it_over_again(self, lead: Lead) -> None:
        vera = self.helper(lead)
        hand_over(incident=self.incident, to=lead.people["vera"], actor=lead.as_("bram"), now=lead.now)
        vera = actor_in(self.incident, lead.as_("vera"))
        hand_over(incident=self.incident, to=lead.people["carla"], actor=vera, now=lead.now)
        assert lead.managers(self.incident) == ["carla"]
