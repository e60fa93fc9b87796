"""B's values in every filter and in every field of every body: as if they named nothing."""

from collections.abc import Iterator
from json import dumps
from typing import Any

import pytest
from django_filters import BooleanFilter, ChoiceFilter, FilterSet, MultipleChoiceFilter

from config.tenancy.api import schema
from tests.isolation.oracle import differences, leaks, report
from tests.isolation.principals import Principal
from tests.isolation.probing import Prober
from tests.isolation.recipes import ONLY_IN_B
from tests.isolation.routes import Route, all_routes
from tests.isolation.values import BEYOND, MISSING_UID
from tests.isolation.world import CANARY, IsolationWorld

pytestmark = pytest.mark.django_db

# Have a uid for deduplication or the admin, and no address or field of the API to name them by.
NAMELESS = {
    "incidents.Channel",
    "incidents.InternalMail",
    "oncall.Notification",
    "oncall.PersonalMessage",
    "statuspage.Update",
    "tenancy.ApiKey",
}
# Events have no uid: their `id` is the primary key under a seal (incidents.api.sealed).
SEALED = {"id"}
Tried = tuple[str, str]  # what B has, and the same shape that nobody has


def uids(world: IsolationWorld) -> dict[str, Tried]:
    """The uid of B's row of every model that has one."""
    rows = {label: row for label, row in world.b.builder.rows.items() if hasattr(row, "uid")}
    rows = {label: row for label, row in rows.items() if label not in NAMELESS}
    return {label: (row.uid, MISSING_UID) for label, row in rows.items()}


def filters() -> Iterator[tuple[Route, str, Any]]:
    for route in all_routes():
        found: type[FilterSet] | None = getattr(route.view_class, "filterset_class", None)
        if route.urlconf == "config.urls" and found is not None and not route.kwargs:
            for name, one in found.base_filters.items():
                yield route, name, one


def tried_in_filter(route: Route, one: Any, world: IsolationWorld) -> list[Tried]:
    """B's value of the very field that is filtered by, and what else could be asked for."""
    row: Any = world.b.row(route.view_class.queryset.model._meta.label)
    for step in (one.field_name or "").split("__"):
        row = getattr(row, step, None)
    values = [] if row is None or not isinstance(row, str | int) else [str(row)]
    values += [CANARY, f"INC-{ONLY_IN_B}"]
    return [(value, "zqnobody") for value in values]


def test_no_filter_tells_of_b(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    who, found, tried = everybody["admin_key"], [], 0
    for route, name, one in filters():
        if isinstance(one, ChoiceFilter | MultipleChoiceFilter | BooleanFilter):
            continue  # fixed words, no rows
        for value, nobody in tried_in_filter(route, one, isolation):
            path = f"/{route.regex.rstrip('?')}?{name}="
            foreign, missing = (
                prober.request(who, "GET", path + value),
                prober.request(who, "GET", path + nobody),
            )
            wrong = leaks(foreign, asked=[value]) + differences(foreign, missing, asked=[value, nobody])
            found += [f"{path}{value}: {said}" for said in wrong]
            tried += 1
    report(found)
    assert tried >= 30


def test_filters_are_declared_and_never_all(isolation: IsolationWorld) -> None:
    for route, _name, _one in filters():
        meta = getattr(route.view_class.filterset_class, "Meta", None)
        assert getattr(meta, "fields", None) != "__all__", route
        assert not getattr(route.view_class, "search_fields", ()), (
            f"{route}: teach test_api_parameters to search"
        )


def test_serializers_show_neither_tenant_nor_primary_key() -> None:
    seen = 0
    for route in all_routes():
        serializer = getattr(route.view_class, "serializer_class", None)
        meta = getattr(serializer, "Meta", None)
        if meta is not None:
            seen += 1
            assert meta.fields != "__all__", serializer
            known = SEALED if meta.model._meta.label == "incidents.InboundEvent" else set()
            assert not set(meta.fields) & {"id", "pk", "tenant"} - known, serializer
    assert seen > 20


def operations() -> Iterator[tuple[str, str, dict[str, Any], list[str]]]:
    """(path, method, properties of the body, those that are needed) of everything that takes a body."""
    document = schema.document()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"]["$ref"].rsplit("/", 1)[-1]
                body = document["components"]["schemas"][name]
                yield path, method.upper(), body.get("properties", {}), body.get("required", [])


def plain(one: dict[str, Any]) -> Any:
    """Something valid of that type, that names no row."""
    kind = one.get("type")
    kind = next(word for word in kind if word != "null") if isinstance(kind, list) else kind
    if one.get("enum"):
        return next(word for word in one["enum"] if word)
    if one.get("format") == "date-time":
        return "2026-11-23T09:30:00Z"
    if one.get("format") == "uri":
        return "https://example.test/x"
    return {"boolean": False, "integer": 1, "array": [], "object": {}}.get(str(kind), "words")


def own_rows(name: str, world: IsolationWorld) -> str | None:
    """A's own row for the properties that must name one, so that the others are looked at at all."""
    label = {
        "service": "incidents.Service",
        "severity": "incidents.Severity",
        "role": "incidents.IncidentRole",
        "member": "tenancy.Membership",
        "source": "incidents.AlertSource",
    }.get(name)
    return world.a.row(label).uid if label else ("INC-1" if name == "into" else None)


def fields(world: IsolationWorld) -> Iterator[tuple[str, str, dict[str, Any], str, dict[str, Any]]]:
    """(method, path, what else is needed, name, its schema) of all that could name a row, on A's own rows."""
    for path, method, properties, required in operations():
        address = path.replace("{key}", "INC-1").replace("{uid}", world.a.row("incidents.Service").uid)
        base = {name: own_rows(name, world) or plain(properties[name]) for name in required}
        for name, one in properties.items():
            if not (one.get("enum") or one.get("format") or one.get("type") in ("boolean", "integer")):
                yield method, address, base, name, one


def _of_shape(one: dict[str, Any], value: str) -> Any:
    if one.get("type") == "array":
        return [value]
    return {value: "operational"} if one.get("type") == "object" else value


def test_no_field_of_a_body_takes_a_row_of_b(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    """Mass assignment across the border: the answer is that of a row that does not exist, word for word."""
    who, found, tried = everybody["admin_key"], [], 0
    named = [there for there, _nowhere in uids(isolation).values()]
    for method, path, base, name, one in fields(isolation):
        for nowhere, candidates in ((MISSING_UID, named), ("INC-9999", [f"INC-{ONLY_IN_B}"])):
            empty = base | {name: _of_shape(one, nowhere)}
            missing = prober.request(who, method, path, dumps(empty).encode())
            for there in candidates:
                body = base | {name: _of_shape(one, there)}
                foreign = prober.request(who, method, path, dumps(body).encode())
                # A short name is made of the name that is given: the same in small letters.
                asked = [there, nowhere, there.lower(), nowhere.lower()]
                wrong = leaks(foreign, asked=asked)
                wrong += differences(foreign, missing, asked=asked, new_rows=True)
                found += [f"{method} {path} {dumps(body)}: {said}" for said in wrong]
                tried += 1
                if missing.status < 300:
                    break  # free words: any will do, so they name nothing
    report(found)
    assert tried >= 200


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("incidents/", "service"),
        ("incidents/", "severity"),
        ("incidents/INC-1/severity/", "severity"),
        ("incidents/INC-1/call_in/", "people"),
        ("incidents/INC-1/merge/", "into"),
        ("alerts/", "source"),
    ],
)
def test_positive_control_a_row_of_ones_own_is_taken(
    path: str, name: str, isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    """Else the refusals above would be about something else in the body."""
    own = isolation.a.row("tenancy.Membership").uid if name == "people" else own_rows(name, isolation)
    needed = {"incidents/": {"summary": "words"}, "alerts/": {"title": "words"}}.get(path, {})
    value = [own] if name == "people" else own
    mine = prober.request(
        everybody["admin_key"], "POST", f"/api/v1/{path}", dumps(needed | {name: value}).encode()
    )
    nobodys = [MISSING_UID] if name == "people" else MISSING_UID
    none = prober.request(
        everybody["admin_key"], "POST", f"/api/v1/{path}", dumps(needed | {name: nobodys}).encode()
    )
    assert none.status == 400
    assert name in none.body
    assert f'"{name}' not in mine.body or mine.status < 300, mine.body


def test_primary_keys_name_nothing(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    """Outside the admin rows are named by uid: a primary key, B's or A's own, is a missing thing."""
    for side in (isolation.a, isolation.b):
        pk = side.row("incidents.Service").pk
        for value in (pk, pk + BEYOND):
            answer = prober.request(everybody["admin_key"], "GET", f"/api/v1/services/{value}/")
            assert answer.status == 404
