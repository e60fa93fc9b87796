"""A chat vendor is told what changed, and can break nothing (N7)."""

from typing import Any

import pytest
from pytest_django import Settings

from incidents import chat
from incidents.mirrored import statuses_of
from incidents.models import ChatMirror, Incident
from incidents.operations import mirroring
from incidents.operations.circle import make_private
from incidents.operations.notes import set_now_line
from incidents.operations.roles import hand_over
from tests.conftest import Bells, Engine
from tests.incidents.leading import Lead


class Fake:
    """Remembers what it was told; fails as often as it is asked to."""

    topics: dict[str, str] = {}
    statuses: dict[str, str] = {}
    rooms: list[str] = []
    calls = 0
    failing = 0

    @classmethod
    def reset(cls) -> None:
        cls.topics, cls.statuses, cls.rooms, cls.calls, cls.failing = {}, {}, [], 0, 0

    def _called(self) -> None:
        Fake.calls += 1
        if Fake.failing:
            Fake.failing -= 1
            raise ConnectionError("the vendor is away")

    def open_room(self, key: str) -> str:
        self._called()
        Fake.rooms.append(key)
        return f"#{key.lower()}"

    def set_topic(self, room: str, text: str) -> None:
        self._called()
        Fake.topics[room] = text

    def set_status(self, person: str, text: str) -> None:
        self._called()
        Fake.statuses[person] = text


@pytest.fixture
def fake(settings: Settings) -> Any:
    Fake.reset()
    settings.CHAT_VENDOR = "tests.incidents.test_chat.Fake"
    return Fake


def manage(lead: Lead, incident: Incident, name: str) -> None:
    hand_over(incident=incident, to=lead.people[name], actor=lead.as_("marc"), now=lead.now)


def test_without_a_vendor_nothing_is_queued(lead: Lead, bells: Bells) -> None:
    lead.declare()
    assert not ChatMirror.objects.exists()
    assert mirroring.MIRROR not in bells
    assert isinstance(chat.vendor(), chat.NoChat)


def test_topic_and_status_are_set_refreshed_and_cleared(lead: Lead, engine: Engine, fake: Any) -> None:
    incident = lead.declare(severity=lead.sev[1], provisional=False)
    engine.run()
    assert fake.rooms == ["INC-1"]
    assert fake.topics["#inc-1"].startswith("INC-1 SEV1 Payments fail")
    manage(lead, incident, "anna")
    set_now_line(incident=incident, text="roll back", actor=lead.as_("anna"), now=lead.now)
    engine.run()
    assert "manager Anna · NOW roll back" in fake.topics["#inc-1"]
    assert fake.statuses == {"anna@acme.test": "INC-1 · SEV1 · incident manager"}
    manage(lead, incident, "marc")
    engine.run()
    assert fake.statuses == {"anna@acme.test": "", "marc@acme.test": "INC-1 · SEV1 · incident manager"}
    assert len(fake.rooms) == 1


def test_what_did_not_change_is_not_told_again(lead: Lead, engine: Engine, fake: Any) -> None:
    incident = lead.declare()
    engine.run()
    calls = fake.calls
    mirroring.touch(incident, lead.now)
    engine.run()
    assert fake.calls == calls


def test_a_failing_vendor_blocks_nothing_and_is_tried_again(lead: Lead, engine: Engine, fake: Any) -> None:
    fake.failing = 3
    incident = lead.declare()
    mirroring.run_due(lead.now)
    assert fake.topics == {}
    assert lead.again(incident).summary == "Payments fail"
    assert ChatMirror.objects.get().problem == "ConnectionError"
    engine.clock.move(minutes=2)
    engine.run()
    engine.clock.move(minutes=2)
    engine.run()
    engine.clock.move(minutes=2)
    engine.run()
    assert fake.topics["#inc-1"].startswith("INC-1 ")
    assert ChatMirror.objects.get().due_at is None


def test_what_changes_while_it_is_told_is_told_next(lead: Lead, engine: Engine, fake: Any) -> None:
    incident = lead.declare()
    told = fake.set_topic

    def slow(self: Any, room: str, text: str) -> None:
        told(self, room, text)
        if "NOW" not in text:
            engine.clock.move(seconds=1)
            set_now_line(incident=incident, text="roll back", actor=lead.as_("bram"), now=lead.now)

    fake.set_topic = slow
    try:
        engine.run()
        engine.clock.move(seconds=1)
        engine.run()
    finally:
        fake.set_topic = told
    assert "NOW roll back" in fake.topics["#inc-1"]


def test_a_private_incident_gives_a_vendor_no_words(lead: Lead, engine: Engine, fake: Any) -> None:
    incident = lead.declare(severity=lead.sev[1], provisional=False)
    manage(lead, incident, "anna")
    engine.run()
    make_private(incident=incident, actor=lead.as_("anna"), now=lead.now)
    engine.run()
    assert fake.topics == {"#inc-1": "INC-1 SEV1 (private)"}
    assert fake.statuses == {"anna@acme.test": "in a private incident"}


class TestStatuses:
    def test_only_managers_of_open_incidents_have_one(self, lead: Lead) -> None:
        incident = lead.declare(severity=lead.sev[2])
        assert statuses_of(lead.people.values(), lead.people["vera"]) == {}
        manage(lead, incident, "anna")
        anna = lead.people["anna"].pk
        words = {anna: "INC-1 · SEV2? · incident manager"}
        assert statuses_of(lead.people.values(), lead.people["vera"]) == words

    def test_of_two_the_worst(self, lead: Lead) -> None:
        for rank in (2, 1, 2):
            manage(lead, lead.declare(severity=lead.sev[rank], provisional=False), "anna")
        found = statuses_of([lead.people["anna"]], None)
        assert list(found.values()) == ["INC-2 · SEV1 · incident manager"]

    def test_outside_the_circle_a_private_one_has_no_key(self, lead: Lead) -> None:
        manage(lead, lead.declare(private=True, by="marc"), "anna")
        found = {name: statuses_of([lead.people["anna"]], lead.people[name]) for name in ("marc", "vera")}
        assert list(found["marc"].values()) == ["INC-1 · incident manager"]
        assert list(found["vera"].values()) == ["in a private incident"]

    def test_a_public_one_hides_a_private_one(self, lead: Lead) -> None:
        manage(lead, lead.declare(private=True, by="marc", severity=lead.sev[1], provisional=False), "anna")
        manage(lead, lead.declare(severity=lead.sev[2], provisional=False), "anna")
        found = statuses_of([lead.people["anna"]], lead.people["vera"])
        assert list(found.values()) == ["INC-2 · SEV2 · incident manager"]
