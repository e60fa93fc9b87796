"""What one says to a call-in: coming, in 10 minutes, cannot; and what it does to that ladder and no other."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import TeamMember
from config.tenancy.scoping import tenant_scope
from incidents.models import Call, Incident
from incidents.operations.answering import answer_call
from incidents.operations.calls import call_in
from incidents.operations.cancelling import cancel
from incidents.operations.responding import undo_acknowledge
from oncall.models import Escalation
from tests.conftest import Engine
from tests.incidents.leading import Lead, policy_for
from tests.people import World


@pytest.fixture
def incident(lead: Lead) -> Incident:
    return lead.declare()


def call(lead: Lead, incident: Incident, *names: str) -> Call:
    """A person; or several, one after the other, as a role."""
    if len(names) == 1:
        given = {"people": [lead.people[names[0]]]}
    else:
        with acting(ENGINE, now=lead.now):
            role = lead.roles["tech_lead"]
            role.policy = policy_for("Database", *(lead.people[name] for name in names))
            role.save()
        given = {"roles": [role]}
    made = call_in(incident=incident, actor=lead.as_("marc"), now=lead.now, **given)[0]
    lead.engine.run()
    return made


def say(lead: Lead, made: Call, name: str, answer: str) -> Call:
    person = lead.people[name]
    answer_call(call=made, answer=answer, membership=person, actor=person.as_actor(), now=lead.now)
    lead.engine.run()
    return Call.objects.select_related("escalation").get(pk=made.pk)


def test_coming_stops_that_ladder_and_no_other(lead: Lead, incident: Incident) -> None:
    made = say(lead, call(lead, incident, "vera"), "vera", "coming")
    assert (made.answer, made.answered_by, made.expected_at) == ("coming", lead.people["vera"], None)
    assert lead.states(incident) == ["paging", "acknowledged"]


def test_in_ten_minutes_stops_it_too_and_says_by_when(lead: Lead, incident: Incident) -> None:
    made = say(lead, call(lead, incident, "vera"), "vera", "in_ten")
    assert (made.answer, made.expected_at) == ("in_ten", lead.now + timedelta(minutes=10))
    assert made.escalation.state == "acknowledged"
    words = incident.timeline.filter(kind="acknowledged").last().text
    assert words == "Vera comes in 10 minutes, called in as Vera"


def test_cannot_calls_the_next_at_once_and_says_so(lead: Lead, incident: Incident) -> None:
    made = call(lead, incident, "carla", "anna")
    assert say(lead, made, "carla", "cannot").answer == "cannot"
    assert lead.paged(incident) == ["bram", "carla", "anna"]
    assert incident.timeline.filter(kind="passed_on").last().text == "Carla cannot come"
    came = say(lead, made, "anna", "coming")
    assert (came.answer, came.answered_by) == ("coming", lead.people["anna"])


def test_cannot_by_the_only_one_ends_the_call_and_pages_nobody_again(
    lead: Lead, incident: Incident, engine: Engine
) -> None:
    made = say(lead, call(lead, incident, "vera"), "vera", "cannot")
    assert (made.answer, made.escalation.state) == ("cannot", "stopped")
    assert "exhausted" not in lead.kinds(incident)
    [again] = call_in(incident=incident, people=[lead.people["vera"]], actor=lead.as_("marc"), now=lead.now)
    assert again != made


def test_where_a_team_rings_together_one_who_cannot_leaves_the_others_ringing(
    lead: Lead, incident: Incident
) -> None:
    with acting(ENGINE, now=lead.now):
        team = lead.team.__class__.objects.create(name="Database")
        for name in ("carla", "vera"):
            TeamMember.objects.create(team=team, membership=lead.people[name])
    [made] = call_in(incident=incident, teams=[team], actor=lead.as_("marc"), now=lead.now)
    lead.engine.run()
    assert say(lead, made, "carla", "cannot").escalation.state == "paging"
    assert say(lead, made, "vera", "cannot").escalation.state == "stopped"


def test_coming_becomes_cannot_and_the_next_is_called(lead: Lead, incident: Incident) -> None:
    made = call(lead, incident, "carla", "anna")
    say(lead, made, "carla", "coming")
    given_up = say(lead, made, "carla", "cannot")
    assert (given_up.answer, given_up.answered_at, given_up.escalation.state) == ("cannot", None, "paging")
    assert "anna" in lead.paged(incident)


def test_coming_and_in_ten_take_each_others_place_without_a_page(lead: Lead, incident: Incident) -> None:
    made = call(lead, incident, "vera")
    say(lead, made, "vera", "in_ten")
    assert say(lead, made, "vera", "coming").expected_at is None
    assert say(lead, made, "vera", "in_ten").expected_at is not None
    assert Escalation.objects.get(pk=made.escalation_id).state == "acknowledged"


def test_said_twice_is_once(lead: Lead, incident: Incident, engine: Engine) -> None:
    made = call(lead, incident, "vera")
    first = say(lead, made, "vera", "in_ten").expected_at
    engine.clock.move(minutes=1)
    assert say(lead, made, "vera", "in_ten").expected_at == first
    assert lead.kinds(incident).count("acknowledged") == 1


def test_an_undo_forgets_the_answer(lead: Lead, incident: Incident) -> None:
    made = call(lead, incident, "vera")
    say(lead, made, "vera", "in_ten")
    vera = lead.people["vera"]
    undo_acknowledge(incident=incident, membership=vera, actor=vera.as_actor(), now=lead.now)
    made.refresh_from_db()
    assert (made.answer, made.expected_at, made.answered_at) == ("", None, None)


class TestRefused:
    def test_another_word(self, lead: Lead, incident: Incident) -> None:
        with pytest.raises(ValidationError):
            say(lead, call(lead, incident, "vera"), "vera", "perhaps")

    def test_a_viewer_who_was_not_called(self, lead: Lead, incident: Incident) -> None:
        with pytest.raises(PermissionDenied):
            say(lead, call(lead, incident, "carla"), "vera", "coming")

    def test_cannot_for_what_another_has(self, lead: Lead, incident: Incident) -> None:
        made = call(lead, incident, "carla", "anna")
        say(lead, made, "anna", "coming")
        with pytest.raises(Conflict, match="Anna"):
            say(lead, made, "carla", "cannot")

    def test_once_it_is_over(self, lead: Lead, incident: Incident) -> None:
        made = call(lead, incident, "vera")
        cancel(incident=incident, reason="false_alarm", actor=lead.as_("marc"), now=lead.now)
        with pytest.raises(Conflict):
            say(lead, made, "vera", "coming")


class TestOutsider:
    def test_anothers_call_is_missing(self, lead: Lead, incident: Incident, world: World) -> None:
        made = call(lead, incident, "vera")
        olga = world.other.members["olga"]
        with tenant_scope(world.other.tenant.pk), pytest.raises(Call.DoesNotExist):
            answer_call(call=made, answer="coming", membership=olga, actor=olga.as_actor(), now=lead.now)
