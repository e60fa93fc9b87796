"""Harbour Goods: its people, teams, schedules, services and components."""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Team, TeamMember, Tenant, User
from config.tenancy.roles import Role
from incidents.models import Service
from oncall.models import (
    ContactMethod,
    EscalationPolicy,
    NotificationRule,
    Override,
    OverrideKind,
    Rotation,
    RotationMember,
    RotationUnit,
    Schedule,
    Step,
    StepTarget,
    TargetKind,
    Urgency,
)
from statuspage.models import Component, StatusPage
from statuspage.operations.setup import add_component

ZONE = "Europe/Lisbon"


class Person(NamedTuple):
    handle: str
    name: str
    role: Role


class Crew(NamedTuple):
    team: str
    members: tuple[str, ...]
    on_call: tuple[str, ...]
    backup: str
    services: tuple[tuple[str, str, str], ...]  # name, what it does, public component


PEOPLE = (
    Person("bram", "Bram de Wit", Role.RESPONDER),
    Person("carla", "Carla Mendes", Role.COMMUNICATOR),
    Person("eva", "Eva Lindqvist", Role.RESPONDER),
    Person("joost", "Joost Bakker", Role.MANAGER),
    Person("noor", "Noor Haddad", Role.RESPONDER),
)
CREWS = (
    Crew(
        "Shop",
        ("anna", "bram", "eva"),
        ("bram", "eva", "anna"),
        "anna",
        (
            ("Checkout", "Basket, address, payment, thank you", "Checkout"),
            ("Search", "Finding products", "Search"),
        ),
    ),
    Crew(
        "Platform",
        ("joost", "noor"),
        ("noor", "joost"),
        "joost",
        (
            ("Payments API", "Cards, transfers, refunds", "Payments"),
            ("Exports", "Files for accounting and partners", "Exports"),
        ),
    ),
)


def hire(
    *, tenant: Tenant, owner: Membership, password: str, actor: Actor, now: datetime
) -> dict[str, Membership]:
    """Everybody of PEOPLE as a member who is reached by mail; "anna" is the owner. Keyed by handle."""
    members = {"anna": owner}
    with acting(actor, now=now):
        for person in PEOPLE:
            user = User(
                email=f"{person.handle}@{tenant.slug}.muster.test",
                name=person.name,
                time_zone=ZONE,
                created_at=now,
            )
            user.set_password(password)
            user.save()
            member = Membership.objects.create(user=user, role=person.role.value, joined_at=now)
            members[person.handle] = member
            contact = ContactMethod.objects.create(membership=member, address=user.email, verified_at=now)
            for urgency in Urgency.values:
                NotificationRule.objects.create(membership=member, contact=contact, urgency=urgency)
    return members


def set_up_crews(
    *, page: StatusPage, members: dict[str, Membership], actor: Actor, now: datetime
) -> dict[str, Service]:
    """Both teams with schedule, policy, services and public components. Services keyed by name."""
    services = {service.name: service for service in Service.objects.all()}
    for crew in CREWS:
        with acting(actor, now=now):
            team = Team.objects.create(name=crew.team, time_zone=ZONE)
            for handle in crew.members:
                TeamMember.objects.create(team=team, membership=members[handle])
            policy = _policy(crew, team, members, now)
        for name, what, public in crew.services:
            component = add_component(page=page, name=public, actor=actor, now=now)
            services[name] = _service(name, what, team, policy, component, actor, now)
    return services


def _policy(crew: Crew, team: Team, members: dict[str, Membership], now: datetime) -> EscalationPolicy:
    schedule = Schedule.objects.create(name=f"{crew.team} on call", time_zone=ZONE, team=team)
    monday = (now - timedelta(days=now.weekday())).date()
    rotation = Rotation.objects.create(
        schedule=schedule,
        name="Weekly",
        start_date=monday,
        start_time=time(9),
        unit=RotationUnit.WEEK,
        length=1,
    )
    for position, handle in enumerate(crew.on_call):
        RotationMember.objects.create(rotation=rotation, membership=members[handle], position=position)
    Override.objects.create(
        schedule=schedule,
        kind=OverrideKind.ADD,
        membership=members[crew.on_call[-1]],
        starts_at=now + timedelta(days=33),
        ends_at=now + timedelta(days=33, hours=8),
    )
    policy = EscalationPolicy.objects.create(name=crew.team, repeat=2)
    first = Step.objects.create(policy=policy, position=0, delay_minutes=5)
    StepTarget.objects.create(step=first, kind=TargetKind.SCHEDULE, schedule=schedule)
    second = Step.objects.create(policy=policy, position=1, delay_minutes=10)
    StepTarget.objects.create(step=second, kind=TargetKind.PERSON, membership=members[crew.backup])
    return policy


def _service(
    name: str,
    what: str,
    team: Team,
    policy: EscalationPolicy,
    component: Component,
    actor: Actor,
    now: datetime,
) -> Service:
    with acting(actor, now=now):
        service: Service = Service.objects.create(
            name=name,
            description=what,
            team=team,
            policy=policy,
            component=component,
            runbook_url=f"https://wiki.harbour.test/runbooks/{name.lower().replace(' ', '-')}",
        )
    return service
