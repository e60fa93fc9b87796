"""What to put into the arguments of an address: a row of B, and one of the same shape that is nobody's.

A kwarg that is not in the table fails with "teach me": whoever adds an address says here what it names.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps

from tests.isolation.recipes import ONLY_IN_B
from tests.isolation.routes import Route
from tests.isolation.world import IsolationWorld

MISSING_UID = "AAAAAAAAAAAA"
BEYOND = 50_000_000  # added to a primary key: the same number of digits, and nobody's

# Addresses whose argument is the credential itself: who holds B's token is let into B, with any session.
# Probed by test_tokens: the session counts for nothing, and one kind of token opens no other door.
BY_TOKEN = {
    "ical",
    "page",
    "ingest",
    "ingest-put",
    "heartbeat",
    # The key stands in a header; test_tokens asks them with A's.
    "opsgenie-alert",
    "opsgenie-deed",
    "opsgenie-request",
    "password_choose",
    "twilio-status",
    "twilio-sms",
    "twilio-voice",
    "twilio-keys",
}


@dataclass(frozen=True)
class Argument:
    foreign: str
    missing: str

    @property
    def names_a_row(self) -> bool:
        return self.foreign != self.missing


class TeachMe(AssertionError):
    pass


def constant(value: str) -> Argument:
    return Argument(value, value)


def _uid(route: Route, world: IsolationWorld) -> Argument:
    if route.name in {"oncall_schedule", "oncall_deed"}:
        return Argument(world.b.row("oncall.Schedule").uid, MISSING_UID)
    model = route.view_class.queryset.model
    return Argument(world.b.row(model._meta.label).uid, MISSING_UID)


def _key(route: Route, world: IsolationWorld) -> Argument:
    if route.name.startswith("incident-"):
        return Argument(f"INC-{ONLY_IN_B}", "INC-9999")
    raise TeachMe(f"teach me what `key` of {route} names: tests/isolation/values.py")


def _number(route: Route, world: IsolationWorld) -> Argument:
    return Argument(str(ONLY_IN_B), "9999")


def model_of_admin(route: Route) -> Any:
    """The model of an admin address, by its name: admin:<app>_<model>_<what>."""
    if route.model_admin is not None:
        return route.model_admin.model
    app, _, rest = route.name.removeprefix("admin:").partition("_")
    return apps.get_model(app, rest.split("_")[0])


def pk_of(label: str, world: IsolationWorld) -> Argument:
    """A primary key. Of a model that is no tenant's, the row that belongs to B's people."""
    if label == "tenancy.Tenant":
        pk = world.b.tenant.pk
    elif label == "tenancy.User":
        pk = world.b.row("tenancy.Membership").user_id
    elif label in world.b.builder.rows:
        pk = world.b.row(label).pk
    else:
        pk = 1
    return Argument(str(pk), str(pk + BEYOND))


def _object_id(route: Route, world: IsolationWorld) -> Argument:
    return pk_of(model_of_admin(route)._meta.label, world)


def _version_id(route: Route, world: IsolationWorld) -> Argument:
    """The second argument of simple-history's address: one version of B's row."""
    from config.tenancy.scoping import all_tenants

    model = model_of_admin(route)
    name = getattr(model._meta, "simple_history_manager_attribute", None)
    if name is None:
        return constant("1")
    row = pk_of(model._meta.label, world).foreign
    with all_tenants("isolation: history"):
        version = getattr(model, name).filter(id=row).order_by("history_id").first()
    pk = version.history_id if version is not None else 1
    return Argument(str(pk), str(pk + BEYOND))


def _deed(route: Route, world: IsolationWorld) -> Argument:
    from incidents.views.deeds import DEEDS

    if route.name == "oncall_deed":
        return constant("cover")
    return constant("away" if route.name == "oncall_calendars_deed" else next(iter(DEEDS)))


def _sealed_event(route: Route, world: IsolationWorld) -> Argument:
    """Nothing but an event is named so: by its sealed primary key."""
    from incidents.api.sealed import sealed

    pk = world.b.row("incidents.InboundEvent").pk
    return Argument(sealed("event", pk), sealed("event", pk + BEYOND))


OWN_INCIDENT = {"number": constant("1"), "key": constant("INC-1")}
TABLE: dict[str, Callable[[Route, IsolationWorld], Argument]] = {
    "uid": _uid,
    "key": _key,
    "number": _number,
    "object_id": _object_id,
    "_0": _object_id,
    "_1": _version_id,
    "deed": _deed,
    "service": lambda route, world: Argument(world.b.row("incidents.Service").uid, MISSING_UID),
    "window": lambda route, world: Argument(world.b.row("incidents.MaintenanceWindow").uid, MISSING_UID),
    "source": lambda route, world: Argument(world.b.row("incidents.AlertSource").uid, MISSING_UID),
    "rule": lambda route, world: Argument(world.b.row("incidents.RoutingRule").uid, MISSING_UID),
    "id": _sealed_event,
    "event": lambda route, world: pk_of("incidents.InboundEvent", world),
    "verb": lambda route, world: constant("send_code"),
    "link": lambda route, world: Argument(world.b.row("incidents.Link").uid, MISSING_UID),
    "page": lambda route, world: Argument(world.b.row("statuspage.StatusPage").slug, "zqnobodys-page"),
    "path": lambda route, world: constant(""),
    "url": lambda route, world: constant("nothing/here/"),
    "app_label": lambda route, world: constant("tenancy"),
    "heartbeat": lambda route, world: Argument(world.b.row("incidents.Heartbeat").uid, MISSING_UID),
    "slug": lambda route, world: constant("nightly"),
    "format": lambda route, world: constant("grafana" if "put" in route.name else "alertmanager"),
}


def arguments(route: Route, world: IsolationWorld) -> dict[str, Argument]:
    """Raises TeachMe for a kwarg that is not in the table."""
    found = {}
    for name in route.kwargs:
        if name not in TABLE:
            raise TeachMe(f"teach me what `{name}` of {route} names: tests/isolation/values.py")
        found[name] = TABLE[name](route, world)
    return found


def mixed(route: Route, world: IsolationWorld) -> Iterator[dict[str, Argument]]:
    """Of an address that names several rows: all but one are A's own, and that one is B's, or nobody's."""
    given = arguments(route, world)
    named = [name for name, one in given.items() if one.names_a_row]
    own = arguments(route, replace(world, b=world.a)) | OWN_INCIDENT if len(named) > 1 else {}
    for theirs in named if len(named) > 1 else ():
        yield {
            name: one if name == theirs or name not in named else constant(own[name].foreign)
            for name, one in given.items()
        }
