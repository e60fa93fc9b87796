"""Where the team talks (R6 to R8)."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.conflicts import Conflict
from config.tenancy.scoping import tenant_scope
from incidents.models import Channel, Incident
from incidents.operations.channels import open_usual_room, set_channel
from tests.conftest import Engine
from tests.incidents.leading import Lead
from tests.people import World


def place(lead: Lead, incident: Incident, where: str, kind: str = "video", by: str = "bram") -> Channel:
    return set_channel(incident=incident, kind=kind, place=where, actor=lead.as_(by), now=lead.now)


def test_r7_free_text_is_enough(lead: Lead) -> None:
    channel = place(lead, lead.declare(), "  Room 3, second floor ", kind="room")
    assert (channel.place, channel.is_link) == ("Room 3, second floor", False)


def test_r6_who_did_it_and_when_is_on_record(lead: Lead, engine: Engine) -> None:
    incident = lead.declare()
    first = lead.now
    place(lead, incident, "https://meet.example.org/1")
    engine.clock.move(minutes=5)
    place(lead, incident, "https://chat.example.org/1", kind="chat")
    assert lead.again(incident).channels_ready_at == first
    assert lead.told(incident).count(("channel", "Bram")) == 2


def test_a_new_place_replaces_the_old_one_of_its_kind(lead: Lead) -> None:
    incident = lead.declare()
    place(lead, incident, "https://meet.example.org/1")
    place(lead, incident, "https://meet.example.org/2")
    assert [channel.place for channel in incident.channels.all()] == ["https://meet.example.org/2"]


def test_the_same_place_again_changes_nothing(lead: Lead) -> None:
    incident = lead.declare()
    place(lead, incident, "https://meet.example.org/1")
    before = lead.told(incident)
    place(lead, incident, "https://meet.example.org/1")
    assert lead.told(incident) == before


def test_an_address_that_runs_code_is_no_link(lead: Lead) -> None:
    assert not place(lead, lead.declare(), "javascript:alert(1)").is_link


@pytest.mark.parametrize(("kind", "where"), [("pigeon", "roof"), ("chat", " "), ("chat", "x" * 501)])
def test_what_is_no_place_is_refused(lead: Lead, kind: str, where: str) -> None:
    with pytest.raises(ValidationError):
        place(lead, lead.declare(), where, kind=kind)


def test_a_place_moves_the_label(lead: Lead) -> None:
    incident = lead.declare()
    place(lead, incident, "https://meet.example.org/1")
    assert lead.again(incident).phase == "coordinating"


class TestTheUsualRoom:
    def test_fills_in_the_key(self, lead: Lead) -> None:
        lead.usual_rooms()
        made = open_usual_room(incident=lead.declare(), actor=lead.as_("bram"), now=lead.now)
        assert {channel.place for channel in made} >= {"https://meet.example.org/inc-1"}

    def test_what_people_have_set_stays(self, lead: Lead) -> None:
        lead.usual_rooms()
        incident = lead.declare()
        place(lead, incident, "Room 3")
        open_usual_room(incident=incident, actor=lead.as_("bram"), now=lead.now)
        assert Channel.objects.get(incident=incident, kind="video").place == "Room 3"

    def test_without_a_template_says_what_to_do(self, lead: Lead) -> None:
        with pytest.raises(Conflict, match="Paste a link"):
            open_usual_room(incident=lead.declare(), actor=lead.as_("bram"), now=lead.now)


class TestOutsider:
    def test_anothers_incident_is_missing(self, lead: Lead, world: World) -> None:
        incident, olga = lead.declare(), world.other.members["olga"].as_actor()
        with tenant_scope(world.other.tenant.pk):
            with pytest.raises(Incident.DoesNotExist):
                set_channel(incident=incident, kind="chat", place="x", actor=olga, now=lead.now)
            with pytest.raises(Incident.DoesNotExist):
                open_usual_room(incident=incident, actor=olga, now=lead.now)

    def test_a_viewer_may_not(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            place(lead, lead.declare(), "x", by="vera")
