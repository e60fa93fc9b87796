"""The machines' addresses as OpenAPI: what schemathesis reads. Not published: the tools that post here know
these addresses from their makers, and the product's own schema is that of its API.
"""

from typing import Any

from tests.fuzz.addresses import ADDRESSES, FAULTS, Address
from tests.fuzz.shapes import NAMES

ANY = {"type": "object", "additionalProperties": True}
TEXT = {"type": "string"}
ALERTS = {
    "type": "object",
    "required": ["alerts"],
    "properties": {
        "status": {"enum": ["firing", "resolved"]},
        "groupKey": TEXT,
        "alerts": {
            "type": "array",
            "maxItems": 4,
            "items": {
                "type": "object",
                "properties": {
                    "status": {"enum": ["firing", "resolved"]},
                    "labels": {"type": "object", "additionalProperties": TEXT},
                    "annotations": {"type": "object", "additionalProperties": TEXT},
                    "startsAt": {"type": "string", "format": "date-time"},
                    "fingerprint": TEXT,
                },
            },
        },
    },
}
EVENT = {
    "type": "object",
    "required": ["routing_key", "event_action"],
    "properties": {
        "routing_key": {"enum": ["@key@"]},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": TEXT,
        "payload": {
            "type": "object",
            "properties": {
                "summary": {"enum": list(NAMES)},
                "severity": {"enum": ["critical", "error", "warning", "info"]},
                "custom_details": {},
            },
        },
    },
}
EVENT_V1 = {
    "type": "object",
    "required": ["service_key", "event_type"],
    "properties": {
        "service_key": {"enum": ["@key@"]},
        "event_type": {"enum": ["trigger", "acknowledge", "resolve"]},
        "incident_key": TEXT,
        "description": TEXT,
        "details": {},
    },
}
ALERT = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": {"type": "string", "minLength": 1},
        "alias": TEXT,
        "description": TEXT,
        "priority": {"enum": ["P1", "P2", "P3", "P4", "P5"]},
        "tags": {"type": "array", "items": TEXT},
        "details": {"type": "object", "additionalProperties": TEXT},
    },
}
BODIES = {
    "enqueue": EVENT,
    "enqueue-change": EVENT,
    "enqueue-v1": EVENT_V1,
    "opsgenie-alerts": ALERT,
    "opsgenie-deed": {"type": "object", "properties": {"note": TEXT, "user": TEXT}},
}
FAULT = {
    "type": "object",
    "required": ["status", "message", "errors"],
    "properties": {
        "status": TEXT,
        "message": TEXT,
        "errors": {"type": "array", "minItems": 1, "items": TEXT},
    },
}
OPSGENIE = {
    "type": "object",
    "required": ["took", "requestId"],
    "properties": {"took": {"type": "number"}, "requestId": {"type": "string", "format": "uuid"}},
}
SUCCESS = {
    "type": "object",
    "required": ["status", "message"],
    "properties": {"status": {"enum": ["success"]}, "message": TEXT},
}


def document() -> dict[str, Any]:
    """Every address of ADDRESSES, each path of it, with the methods it takes."""
    paths: dict[str, Any] = {}
    for address in ADDRESSES.values():
        for path in address.paths:
            methods = [method for method in address.methods if method != "HEAD"]
            paths[path] = {method.lower(): _operation(address, path, method) for method in methods}
    return {"openapi": "3.0.3", "info": {"title": "Machines", "version": "1"}, "paths": paths}


def _operation(address: Address, path: str, method: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": f"{address.name} {method} {path}",
        "parameters": [*_in_path(path), *_in_query(address), *_in_headers(address)],
        "responses": _responses(address),
    }
    if method not in ("GET", "DELETE"):
        body = BODIES.get(address.name, ALERTS if address.family == "webhook" else ANY)
        found["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return found


def _in_path(path: str) -> list[dict[str, Any]]:
    known = {"key": {"enum": ["@key@"]}, "slug": {"enum": ["one", "two", "three"]}}
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    return [
        {"name": name, "in": "path", "required": True, "schema": known.get(name, {**TEXT, "minLength": 1})}
        for name in names
    ]


def _in_query(address: Address) -> list[dict[str, Any]]:
    if address.family != "opsgenie":
        return []
    given = {
        "identifierType": {"enum": ["id", "alias", "tiny"]},
        "query": TEXT,
        "limit": {"type": "integer", "minimum": 0},
        "offset": {"type": "integer", "minimum": 0},
    }
    return [{"name": name, "in": "query", "schema": schema} for name, schema in given.items()]


def _in_headers(address: Address) -> list[dict[str, Any]]:
    if address.family == "opsgenie":
        given = {"enum": ["GenieKey @key@"]}
    elif "by-header" in address.name:
        given = {"enum": ["Bearer @key@"]}
    else:
        return []
    return [{"name": "X-Authorization", "in": "header", "required": True, "schema": given}]


def _responses(address: Address) -> dict[str, Any]:
    opsgenie = address.family == "opsgenie"
    taken = OPSGENIE if opsgenie else SUCCESS
    said = {str(status): taken for status in address.success}
    said |= {str(status): OPSGENIE if opsgenie else FAULT for status in FAULTS}
    return {
        status: {"description": status, "content": {"application/json": {"schema": schema}}}
        for status, schema in sorted(said.items())
    }
