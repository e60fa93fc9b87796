"""A night on which people tell others: shared by what is asked of telling, and of four eyes."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, Message
from incidents.operations.assessing import confirm, set_severity
from incidents.operations.declaring import declare_incident
from incidents.operations.responding import acknowledge_incident
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.people import World

ROOM = "/t/acme/i/1"
START = "We are investigating issues with Checkout. Updates will be posted here shortly."
OWN = "Paying fails for some of you. We know why."


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


class Night:
    """One SEV1 on Checkout: real, led by Bram. Anna and Marc may publish, Carla writes, Vera reads along."""

    def __init__(self, stage: Stage, engine: Engine) -> None:
        self.stage, self.engine = stage, engine
        self.members = stage.world.acme.members
        self.tenant = stage.world.acme.tenant
        bram = self.members["bram"]
        with tenant_scope(self.tenant.pk):
            incident = declare_incident(
                text="Payments fail",
                service=stage.checkout,
                severity=stage.severities[1],
                found_by="team",
                declared_by=bram,
                actor=bram.as_actor(),
                now=self.now,
            )
            engine.run()
            acknowledge_incident(incident=incident, membership=bram, actor=bram.as_actor(), now=self.now)
            confirm(incident=incident, customers_notice=True, actor=bram.as_actor(), now=self.now)
            set_severity(incident=incident, severity=stage.severities[1], actor=bram.as_actor(), now=self.now)
            engine.run()
        mail.outbox.clear()

    @property
    def now(self) -> Any:
        return self.engine.clock.now()

    def as_(self, name: str) -> Client:
        client = Client(SERVER_NAME="localhost")
        client.force_login(self.members[name].user)
        return client

    def press(self, name: str, deed: str, **fields: Any) -> Any:
        return self.as_(name).post(f"{ROOM}/do/{deed}", fields, follow=True)

    def call(self, name: str, deed: str, **body: Any) -> Any:
        address = f"/t/acme/api/v1/incidents/INC-1/{deed}/"
        return self.as_(name).post(address, body, content_type="application/json")

    def row(self) -> Incident:
        with tenant_scope(self.tenant.pk):
            found: Incident = Incident.objects.select_related("notice", "severity").get(number=1)
            return found

    def messages(self, **where: Any) -> list[Message]:
        with tenant_scope(self.tenant.pk):
            return list(Message.objects.filter(**where).select_related("written_by__user").order_by("id"))

    def run(self) -> None:
        with tenant_scope(self.tenant.pk):
            self.engine.run()

    def own_words(self, name: str = "carla", **fields: Any) -> Any:
        said = {"to": "external", "status": "identified", "external": OWN, **fields}
        return self.press(name, "tell", **said)

    def approve(self, name: str) -> Any:
        message = self.messages(published_at=None)[0]
        return self.press(name, "approve", message=message.uid, as_of=message.written_at.isoformat())

    def page(self, name: str) -> str:
        return self.as_(name).get(ROOM).content.decode()

    def next_of(self, name: str) -> Any:
        found = self.as_(name).get("/t/acme/api/v1/incidents/INC-1/").json()
        return found["next_action"]


@pytest.fixture
def night(stage: Stage, engine: Engine) -> Night:
    return Night(stage, engine)
