"""A small pager in tenant acme: a schedule with Anna, then Bram by name, contacts by e-mail."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from django.core import mail
from pytest_django import Settings

from config import clock
from config.tenancy.actors import ENGINE, Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Tenant
from oncall.card import Card
from oncall.models import (
    ContactMethod,
    Escalation,
    EscalationPolicy,
    Method,
    Notification,
    NotificationRule,
    Rotation,
    RotationMember,
    Schedule,
    Step,
    StepTarget,
)
from oncall.operations import paging
from tests.conftest import START, Engine, MovedClock
from tests.oncall.local_server import Hook
from tests.oncall.wire import Wire, installed
from tests.people import World

MINUTE = timedelta(minutes=1)
CARD = Card(
    key="INC-42",
    title="payments fail for all customers",
    service="Checkout",
    severity_rank=1,
    severity_word="SEV1?",
    private=False,
    since=START - MINUTE,
    url="https://muster.acme.test/t/acme/i/42",
    detail="HTTP 500 on /pay\nRunbook: https://wiki.acme.test/pay",
)


def person(membership: Membership) -> Actor:
    return membership.as_actor()


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """(level, event) of each structured line."""
    return [(line.levelname, line.msg["event"]) for line in caplog.records if isinstance(line.msg, dict)]


class Pager:
    """Builds set-up rows directly, and runs the operations under test."""

    def __init__(self, world: World, engine: Engine) -> None:
        self.people = world.acme.members
        self.engine = engine
        self.clock: MovedClock = engine.clock

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def contact(
        self, name: str, kind: str = "email", address: str = "", delay: int = 0, urgency: str = "high"
    ) -> ContactMethod:
        with acting(ENGINE, now=self.now):
            contact = ContactMethod.objects.create(
                membership=self.people[name],
                kind=kind,
                address=address or f"{name}@pager.test",
                verified_at=self.now,
            )
            NotificationRule.objects.create(
                membership=self.people[name], urgency=urgency, contact=contact, delay_minutes=delay
            )
        return contact

    def schedule(self, *names: str, called: str = "Checkout") -> Schedule:
        with acting(ENGINE, now=self.now):
            # Owners hear of hours without anybody; here only what a ladder sends is counted.
            schedule = Schedule.objects.create(name=called, time_zone="Europe/Amsterdam", tells_gaps=False)
            rotation = Rotation.objects.create(
                schedule=schedule, name="Weekly", start_date=START.date(), start_time=time(9), unit="week"
            )
            for position, name in enumerate(names, 1):
                RotationMember.objects.create(
                    rotation=rotation, membership=self.people[name], position=position
                )
        return schedule

    def policy(
        self, *steps: "list[str | Schedule]", repeat: int = 0, delay: int = 5, called: str = "Standard"
    ) -> EscalationPolicy:
        """Each step is a list of names and schedules."""
        with acting(ENGINE, now=self.now):
            policy = EscalationPolicy.objects.create(name=called, repeat=repeat)
            for position, targets in enumerate(steps, 1):
                step = Step.objects.create(policy=policy, position=position, delay_minutes=delay)
                for target in targets:
                    if isinstance(target, Schedule):
                        StepTarget.objects.create(step=step, kind="schedule", schedule=target)
                    else:
                        StepTarget.objects.create(step=step, kind="person", membership=self.people[target])
        return policy

    def start(self, policy: EscalationPolicy, *, run: bool = True, **changes: object) -> Escalation:
        """Starts a ladder by monitoring's hand; keyword arguments change the card."""
        escalation = paging.start_escalation(
            card=replace(CARD, **changes), policy=policy, urgency="high", actor=ENGINE, now=self.now
        )
        if run:
            self.engine.run()
        return escalation

    def acknowledge(self, escalation: Escalation, name: str) -> Escalation:
        found = paging.acknowledge(
            escalation_id=escalation.pk,
            membership=self.people[name],
            actor=person(self.people[name]),
            now=self.now,
        )
        self.engine.run()
        return found

    def later(self, **time_passed: float) -> None:
        """Time passes in one jump, then the engine runs."""
        self.clock.move(**time_passed)
        self.engine.run()

    def mails(self) -> list[tuple[str, str]]:
        """(to whom, subject) of every mail so far; clears the box."""
        found = [(sent.to[0].split("@")[0], sent.subject) for sent in mail.outbox]
        mail.outbox.clear()
        return found

    def mailed(self) -> list[str]:
        return [name for name, _subject in self.mails()]

    def states(self, escalation: Escalation, kind: str = "page") -> list[str]:
        rows = Notification.objects.filter(escalation=escalation, kind=kind).order_by("id")
        return list(rows.values_list("state", flat=True))


class PagersEngine(Engine):
    """Only the pager's own due work: what the floors above do with it is tested there."""

    def run(self) -> int:
        total = 0
        for _ in range(200):
            done = sum(
                work.run(self.clock.now()) for work in clock.works() if work.name.startswith("oncall.")
            )
            total += done
            if not done:
                return total
        raise AssertionError("the pager does not come to rest")


@pytest.fixture
def engine(moved_clock: MovedClock) -> PagersEngine:
    return PagersEngine(moved_clock)


@pytest.fixture
def pager(world: World, acme: Tenant, engine: Engine) -> Pager:
    return Pager(world, engine)


@pytest.fixture
def wire(moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Wire]:
    """The world outside. Whatever left the house and was not looked at fails the test."""
    there = installed(moved_clock, monkeypatch, settings)
    yield there
    there.silence()


@pytest.fixture
def hook(settings: Settings) -> Iterator[Hook]:
    settings.WEBHOOK_ALLOW = ["127.0.0.0/8"]
    server = Hook()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def fresh() -> Callable[[Escalation], Escalation]:
    """The row as it stands now."""
    return lambda escalation: Escalation.objects.get(pk=escalation.pk)


__all__ = ["CARD", "MINUTE", "Method", "Pager", "logged", "person"]
