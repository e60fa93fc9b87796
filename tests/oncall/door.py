"""Through the door: alerts come in over HTTP, time goes on, and all that leaves the house is looked at."""

import json
import re
from datetime import timedelta
from typing import Any

from django.test import Client

from config import clock
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Team
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, Response, Service, Severity
from incidents.operations.sources import create_source
from oncall.models import Escalation, EscalationPolicy, Page
from tests.conftest import Engine, MovedClock
from tests.oncall.conftest import Pager
from tests.oncall.policies import heard
from tests.oncall.wire import Wire
from tests.people import World

MOST_ROUNDS = 50


class Door:
    """Tenant acme with a scale and one service, Checkout, whose monitor has a key. Nothing is paged but by
    its policy. All inside its scope but the posts.
    """

    def __init__(self, world: World, moved: MovedClock, wire: Wire) -> None:
        self.world, self.clock, self.wire = world, moved, wire
        self.client = Client(SERVER_NAME="localhost")
        self.pager = Pager(world, Engine(moved))
        self.people = world.acme.members
        self.key = ""

    def scope(self) -> Any:
        return tenant_scope(self.world.acme.tenant.pk)

    def open(self, policy: EscalationPolicy) -> EscalationPolicy:
        """Checkout is paged by this policy from now on. Inside the scope."""
        now = self.clock.now()
        with acting(ENGINE, now=now):
            for rank in (1, 2):
                Severity.objects.create(
                    rank=rank,
                    word=f"SEV{rank}",
                    name=f"SEV{rank}",
                    response=Response.PAGE,
                    update_minutes=None,
                )
            team = Team.objects.create(name="Shop", time_zone="Europe/Amsterdam")
            service = Service.objects.create(name="Checkout", team=team, policy=policy)
        _source, self.key = create_source(name="Prometheus", service=service, actor=ENGINE, now=now)
        return policy

    # --- what happens ---

    def fires(self, name: str = "Errors", severity: str = "critical", **labels: str) -> None:
        self._post(name, "firing", severity, labels)

    def clears(self, name: str = "Errors", severity: str = "critical", **labels: str) -> None:
        self._post(name, "resolved", severity, labels)

    def _post(self, name: str, status: str, severity: str, labels: dict[str, str]) -> None:
        known = {"alertname": name, **labels}
        one = {
            "status": status,
            "labels": known | {"severity": severity},
            "annotations": {"summary": f"{name} is bad"},
            "startsAt": "2026-11-23T09:58:00Z",
            "fingerprint": "-".join(known.values()),
        }
        answer = self.client.post(
            f"/ingest/{self.key}/alertmanager",
            json.dumps({"version": "4", "alerts": [one]}),
            content_type="application/json",
        )
        assert answer.status_code == 202, answer.content
        self.run()

    def press(self, name: str, do: str, **fields: str) -> str:
        """A button on the newest page of this person. Returns what is shown after it."""
        with self.scope():
            page = Page.objects.filter(membership=self.people[name]).order_by("-id")[0]
            address = f"/p/{page.token}"
        answer = self.client.post(address, {"do": do, **fields}, follow=True)
        assert answer.status_code == 200, answer.content
        self.run()
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))

    def later(self, **time_passed: float) -> None:
        """Minute by minute, as the machine would, to the end of that time."""
        end = self.clock.now() + timedelta(**time_passed)
        while self.clock.now() < end:
            self.clock.set(min(self.clock.now() + timedelta(minutes=1), end))
            self.run()

    def run(self) -> None:
        """All that is due, but the drawing of status pages."""
        works = [work for work in clock.works() if not work.name.startswith("statuspage.")]
        for _ in range(MOST_ROUNDS):
            if not sum(work.run(self.clock.now()) for work in works):
                return
        raise AssertionError("the engine does not come to rest")

    # --- what is seen ---

    def heard(self) -> list[str]:
        return heard(self.wire)

    def escalation_policy(self) -> EscalationPolicy:
        """That of Checkout. Inside the scope."""
        return EscalationPolicy.objects.get(name="Standard")

    def escalation(self) -> Escalation:
        with self.scope():
            return Escalation.objects.select_related("acknowledged_by__user").order_by("-id")[0]

    def incident(self) -> Incident:
        with self.scope():
            return Incident.objects.order_by("-id")[0]
