"""The topic of the room: pure, and as people edit it (R10)."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.scoping import tenant_scope
from incidents.mirrored import topic_of
from incidents.models import Incident
from incidents.operations.channels import set_channel
from incidents.operations.notes import set_now_line
from incidents.operations.roles import hand_over
from incidents.operations.topics import set_topic_words
from incidents.topic import LONGEST, About, generated, topic
from tests.incidents.leading import Lead
from tests.people import World

WHOLE = About(
    key="INC-42",
    severity="SEV1",
    summary="Payments fail",
    since="03:01",
    manager="Anna",
    now_line="roll back",
    video="https://meet.example.org/inc-42",
    room="Room 3",
    status_page="https://status.example.org/",
)


def test_it_says_the_key_facts_in_order() -> None:
    assert topic(WHOLE) == (
        "INC-42 SEV1 Payments fail · since 03:01 · manager Anna · NOW roll back"
        " · video https://meet.example.org/inc-42 · room Room 3 · status page https://status.example.org/"
    )


def test_what_is_not_known_is_left_out() -> None:
    assert topic(About(key="INC-1", summary="Slow")) == "INC-1 Slow"


@pytest.mark.parametrize("most", [250, 120, 60, 30])
def test_it_drops_whole_parts_from_the_tail(most: int) -> None:
    said = generated(WHOLE, most)
    assert len(said) <= most
    assert topic(WHOLE).startswith(said.rstrip("…"))
    assert not said.endswith(" · ")


def test_a_long_title_is_cut_and_own_words_stay() -> None:
    said = topic(About(key="INC-1", summary="x" * 300, words="ask Carla  first"))
    assert len(said) <= LONGEST
    assert said.startswith("INC-1 xxx")
    assert said.endswith("… · ask Carla first")


def test_a_private_one_says_key_and_severity_alone() -> None:
    assert topic(About(key="INC-1", severity="SEV1", summary="Leak", words="Leak", private=True)) == (
        "INC-1 SEV1 (private)"
    )


def test_it_follows_the_facts(lead: Lead) -> None:
    incident = lead.declare(severity=lead.sev[1])
    assert topic_of(lead.again(incident)).startswith("INC-1 SEV1? Payments fail · since 11:00")
    hand_over(incident=incident, to=lead.people["anna"], actor=lead.as_("bram"), now=lead.now)
    set_now_line(incident=incident, text="roll back", actor=lead.as_("bram"), now=lead.now)
    set_channel(incident=incident, kind="room", place="Room 3", actor=lead.as_("bram"), now=lead.now)
    assert "manager Anna · NOW roll back · room Room 3 · status page http" in topic_of(lead.again(incident))


def test_own_words_come_behind_and_are_on_record(lead: Lead) -> None:
    incident = lead.declare()
    for _twice in (1, 2):
        set_topic_words(incident=incident, words=" ask  Carla ", actor=lead.as_("bram"), now=lead.now)
    assert topic_of(lead.again(incident)).endswith(" · ask Carla")
    assert lead.told(incident).count(("topic", "Bram")) == 1
    set_topic_words(incident=incident, words="", actor=lead.as_("bram"), now=lead.now)
    assert "ask Carla" not in topic_of(lead.again(incident))


def test_too_many_words_are_refused(lead: Lead) -> None:
    with pytest.raises(ValidationError):
        set_topic_words(incident=lead.declare(), words="x" * 121, actor=lead.as_("bram"), now=lead.now)


class TestOutsider:
    def test_anothers_incident_is_missing(self, lead: Lead, world: World) -> None:
        incident, olga = lead.declare(), world.other.members["olga"].as_actor()
        with tenant_scope(world.other.tenant.pk), pytest.raises(Incident.DoesNotExist):
            set_topic_words(incident=incident, words="x", actor=olga, now=lead.now)

    def test_a_viewer_may_not(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            set_topic_words(incident=lead.declare(), words="x", actor=lead.as_("vera"), now=lead.now)
