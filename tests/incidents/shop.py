"""A complete tenant as `create_tenant` makes it, and a monitor that posts to it through the door."""

import json
from datetime import timedelta
from typing import Any

from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client

from config import clock
from config.tenancy.actors import ENGINE
from config.tenancy.scoping import all_tenants, tenant_scope
from incidents.models import Alert, InboundEvent, Incident, TimelineEntry
from incidents.operations.tenants import NewTenant, create_tenant
from tests.conftest import MovedClock
from tests.kept import kept


class Shop:
    """Owner olga@<slug>.test is on call. `fire` and `clear` speak Alertmanager, `send` PagerDuty; then the
    engine runs, as the bell would make a worker do: all of it but the drawing of status pages."""

    def __init__(self, moved: MovedClock, slug: str = "shop") -> None:
        self.clock = moved
        self.made: NewTenant = kept(("shop", slug), self.clock.now(), lambda: self._make(slug))
        self.key = self.made.alert_key
        self.client = Client(SERVER_NAME="localhost")

    def _make(self, slug: str) -> NewTenant:
        return create_tenant(
            slug=slug, name=slug.title(), owner_email=f"olga@{slug}.test", actor=ENGINE, now=self.clock.now()
        )

    def run(self) -> None:
        works = [work for work in clock.works() if not work.name.startswith("statuspage.")]
        for _ in range(50):
            if not sum(work.run(self.clock.now()) for work in works):
                return
        raise AssertionError("the engine does not come to rest")

    def run_for(self, **kwargs: float) -> None:
        """Moves time on by the minute, and runs what falls due at each."""
        end = self.clock.now() + timedelta(**kwargs)
        while self.clock.now() < end:
            self.clock.set(min(self.clock.now() + timedelta(minutes=1), end))
            self.run()

    # --- posting ---
    def post(self, path: str, body: Any) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(path, data, content_type="application/json")

    def alertmanager(self, *alerts: dict[str, Any], key: str = "") -> None:
        answer = self.post(f"/ingest/{key or self.key}/alertmanager", {"version": "4", "alerts": alerts})
        assert answer.status_code == 202

    def fire(self, name: str = "Errors", severity: str = "critical", **labels: str) -> None:
        self.alertmanager(alert(name, severity=severity, **labels))
        self.run()

    def clear(self, name: str = "Errors", **labels: str) -> None:
        self.alertmanager(alert(name, status="resolved", **labels))
        self.run()

    def send(self, action: str, dedup_key: str | None = "d1", key: str = "", **payload: Any) -> Any:
        event: dict[str, Any] = {"routing_key": key or self.key, "event_action": action}
        if dedup_key is not None:
            event["dedup_key"] = dedup_key
        if action == "trigger":
            event["payload"] = {"summary": "disk full", "source": "db-1", "severity": "critical"} | payload
        answer = self.post("/v2/enqueue", event)
        assert answer.status_code == 202, answer.content
        self.run()
        return answer.json()

    # --- looking ---
    def scope(self) -> Any:
        return tenant_scope(self.made.tenant.pk)

    def incidents(self) -> list[Incident]:
        with self.scope():
            return list(Incident.objects.select_related("severity", "service").order_by("number"))

    def incident(self) -> Incident:
        [only] = self.incidents()
        return only

    def alerts(self) -> list[Alert]:
        with self.scope():
            return list(Alert.objects.select_related("incident").order_by("id"))

    def timeline(self) -> list[tuple[str, str]]:
        with self.scope():
            return [(entry.kind, entry.text) for entry in TimelineEntry.objects.order_by("id")]

    def posts(self) -> list[InboundEvent]:
        with self.scope():
            return list(InboundEvent.objects.order_by("id"))

    def outcomes(self) -> list[str]:
        return [post.outcome for post in self.posts()]


def alert(name: str, *, status: str = "firing", severity: str = "critical", **labels: str) -> dict[str, Any]:
    """One alert as Alertmanager lists it. Its key is made of name and labels, never of the severity."""
    known = {"alertname": name, **labels}
    return {
        "status": status,
        "labels": known | {"severity": severity},
        "annotations": {"summary": f"{name} is bad", "description": f"All about {name}."},
        "startsAt": "2026-11-23T09:58:00Z",
        "fingerprint": "-".join(known.values()),
    }


def pages() -> list[EmailMessage]:
    """Mails that ask somebody to come, not those that say who did or that it is over."""
    return [message for message in mail.outbox if "/p/" in message.body]


def everybodys_incidents() -> int:
    with all_tenants("test"):
        return int(Incident.objects.count())
