"""Tenants A and B with everybody in them. A tries; B's every text carries the canary."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.doors import add_door, new_key, page_token
from config.tenancy.models import ApiKey, DoorKind, Membership, Tenant, User
from config.tenancy.roles import Role
from config.tenancy.scoping import all_tenants, tenant_scope
from tests.isolation import classify
from tests.isolation.factory import Builder, in_order
from tests.isolation.recipes import OWN, RECIPES

CANARY = "zqcanary"
# Rows of these are one a tenant, or stand on a key the twin already has: the second row is refused.
NO_TWIN = {
    "tenancy.TenantSettings",
    "oncall.EscalationPolicy",  # one default a tenant
    "oncall.PagerProfile",
    "oncall.CoverageLook",
    "incidents.IncidentCounter",
    "incidents.Morning",
}
TWIN_DIFFERS: dict[str, dict[str, Any]] = {
    "incidents.Severity": {"rank": 2},
    "incidents.ScaleVersion": {"number": 2},
    "incidents.MessageTemplate": {"language": "nl"},
    "oncall.Step": {"position": 2},
    "oncall.RotationMember": {"position": 2},
    "statuspage.StatusPage": {"slug": "bravo-twin"},  # unique over all tenants
}


@dataclass
class Side:
    tenant: Tenant
    people: dict[str, Membership]
    builder: Builder
    keys: dict[str, str] = field(default_factory=dict)
    doors: dict[str, str] = field(default_factory=dict)

    def row(self, label: str) -> Any:
        return self.builder.first(label)


@dataclass
class IsolationWorld:
    a: Side
    b: Side
    now: datetime
    ex_member: User
    both: User


def build_world(now: datetime) -> IsolationWorld:
    number_from_far()
    both, gone = _user("zqboth", now), _user("zqgone", now)
    a = _side("alpha", OWN, now, {Role.OWNER: None, Role.RESPONDER: None, Role.VIEWER: None, "both": both})
    b = _side("bravo", CANARY, now, {Role.OWNER: None, "both": both, "gone": gone})
    with tenant_scope(b.tenant.pk), acting(ENGINE, now=now):
        _add_twins(b, now)
    check_constraints()
    return IsolationWorld(a, b, now, ex_member=gone, both=both)


def _add_twins(b: Side, now: datetime) -> None:
    """The same names as A's rows, in B."""
    twin = Builder(b.tenant, OWN, now, RECIPES)
    twin.rows |= {label: b.row(label) for label in (*NO_TWIN, "tenancy.Membership")}
    refused = []
    for model in in_order():
        label = model._meta.label
        if label in twin.rows:
            continue
        try:
            with transaction.atomic():
                twin.add(model, **TWIN_DIFFERS.get(label, {}))
        except IntegrityError as error:
            twin.rows[label] = b.row(label)
            refused.append(f"{label}: {str(error).splitlines()[0]}")
    assert not refused, "Name them in NO_TWIN or TWIN_DIFFERS:\n" + "\n".join(refused)


def _user(name: str, now: datetime) -> User:
    user = User(email=f"{name}@example.test", name=f"{name} person", created_at=now)
    user.set_unusable_password()
    with acting(ENGINE, now=now):
        user.save()
    return user


def _side(slug: str, mark: str, now: datetime, cast: dict[str, User | None]) -> Side:
    with acting(ENGINE, now=now):
        tenant = Tenant.objects.create(slug=slug, name=f"{mark} {slug}", created_at=now)
    with tenant_scope(tenant.pk), acting(ENGINE, now=now):
        people = {str(role): _member(str(role), user, mark, now) for role, user in cast.items()}
        builder = Builder(tenant, mark, now, RECIPES)
        builder.rows["tenancy.Membership"] = people[Role.OWNER]
        builder.build_all()
        side = Side(tenant, people, builder)
        for scope in ("read", "write", "admin"):
            side.keys[scope] = _key(tenant, mark, scope, now)
        _open_doors(side)
    return side


def _member(role: str, user: User | None, mark: str, now: datetime) -> Membership:
    known = {str(one): str(one) for one in Role}
    return Membership.objects.create(
        user=user or _user(f"{mark}-{role}", now),
        role=known.get(role, Role.RESPONDER),
        joined_at=now,
        ended_at=now if role == "gone" else None,
    )


def _key(tenant: Tenant, mark: str, scope: str, now: datetime) -> str:
    secret = new_key(52)
    # Used a moment ago: the middleware then writes nothing, and a probe that writes did something.
    key = ApiKey.objects.create(
        name=f"{mark} {scope}", scope=scope, hint=secret[:6], created_at=now, last_used_at=now
    )
    add_door(DoorKind.API_KEY, secret, tenant_id=tenant.pk, row_id=key.pk)
    return secret


def _open_doors(side: Side) -> None:
    """The ways in without a sign-in, as the operations would have made them."""
    page, source = side.row("oncall.Page"), side.row("incidents.AlertSource")
    feed = side.row("oncall.CalendarFeed")
    side.doors = {"page": page_token("page", page.pk), "ingest": new_key(32), "ical": new_key(52)}
    add_door(DoorKind.ICAL, side.doors["ical"], tenant_id=side.tenant.pk, row_id=feed.pk)
    add_door(DoorKind.PAGE, side.doors["page"], tenant_id=side.tenant.pk, row_id=page.pk)
    add_door(DoorKind.ALERT_SOURCE, side.doors["ingest"], tenant_id=side.tenant.pk, row_id=source.pk)


def number_from_far() -> None:
    """Primary keys of ten digits, so that an id in an answer is an id and not the hour."""
    with connection.cursor() as cursor:
        for number, model in enumerate([Tenant, User, *classify.tenant_models()]):
            table, column = model._meta.db_table, model._meta.pk.column
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
                [table, column, 7_100_000_000 + number * 1_000_000],
            )


def check_constraints() -> None:
    """SameTenant keys are deferred to the commit, which never comes in a test."""
    with all_tenants("isolation: constraints"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
