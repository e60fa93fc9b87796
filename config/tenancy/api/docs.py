"""The schema, to fetch and to read. No tenant, no query, nothing fetched from elsewhere."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiYamlRenderer

from config.tenancy.api import schema


@require_safe
def schema_view(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1 as JSON; `?format=yaml` as YAML."""
    if request.GET.get("format") == "yaml":
        text = OpenApiYamlRenderer().render(schema.document())
        return HttpResponse(text, content_type="application/vnd.oai.openapi; charset=utf-8")
    return JsonResponse(schema.document(), json_dumps_params={"ensure_ascii": False})


@require_safe
def docs_view(request: HttpRequest) -> HttpResponse:
    document = schema.document()
    context = {
        "info": document["info"],
        "groups": groups(document),
        "schemas": [
            (name, properties(one), one.get("description", ""), one.get("enum", ()))
            for name, one in document["components"]["schemas"].items()
        ],
    }
    return render(request, "tenancy/api/docs.html", context)


@dataclass(frozen=True)
class Property:
    name: str
    type: str
    ref: str
    required: bool
    description: str
    choices: list[str]


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Property]
    body: str
    fields: list[Property]  # of the body
    answers: list[tuple[str, str, str]]  # status, name of the schema, words


def groups(document: dict[str, Any]) -> list[tuple[str, list[Operation]]]:
    """Operations by tag, in the order of their addresses."""
    found: dict[str, list[Operation]] = defaultdict(list)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            one = _operation(path, method, operation, document["components"]["schemas"])
            found[operation.get("tags", ["api"])[0]].append(one)
    return sorted(found.items())


def _operation(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    summary, _, description = operation.get("description", "").partition("\n")
    body = _content(operation.get("requestBody", {}))
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary") or summary,
        description=description.strip(),
        parameters=[_parameter(one) for one in operation.get("parameters", ())],
        body=body,
        fields=properties(schemas.get(body, {})),
        answers=[
            (status, _content(answer), answer.get("description", ""))
            for status, answer in operation["responses"].items()
            if status != "default"  # the one shape of errors, said once at the top
        ],
    )


def _parameter(one: dict[str, Any]) -> Property:
    described = one["schema"] | {"description": one.get("description", "")}
    return _property(one["name"], described, one["in"] == "path")


def _content(of: dict[str, Any]) -> str:
    """The name of the schema of a body, or an empty text."""
    for content in of.get("content", {}).values():
        found = content.get("schema", {})
        return _ref(found) or _ref(found.get("items", {}))
    return ""


def _ref(one: dict[str, Any]) -> str:
    for inner in (one, *one.get("allOf", ()), *one.get("oneOf", ())):
        if "$ref" in inner:
            return str(inner["$ref"]).rsplit("/", 1)[-1]
    return ""


def properties(one: dict[str, Any]) -> list[Property]:
    required = set(one.get("required", ()))
    return [_property(name, value, name in required) for name, value in one.get("properties", {}).items()]


def _property(name: str, one: dict[str, Any], required: bool) -> Property:
    kind = one.get("type", "")
    words = " or ".join(kind) if isinstance(kind, list) else kind
    if one.get("format"):
        words += f" ({one['format']})"
    ref = _ref(one) or _ref(one.get("items", {}))
    choices = [str(choice) for choice in one.get("enum", one.get("items", {}).get("enum", ())) if choice]
    # drf-spectacular lists the choices' labels in the description; they stand beside it here.
    description = one.get("description", "").split("* `")[0].strip()
    return Property(name, words, ref, required, description, choices)
