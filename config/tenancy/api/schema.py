"""The OpenAPI document: built once a process and language, from the routes, with scopes disabled."""

from copy import deepcopy
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, override
from django_scopes import scopes_disabled
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator

ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "fields"],
            "properties": {
                "code": {
                    "type": "string",
                    "description": "For programs: invalid, conflict, not_found, not_allowed, …",
                },
                "message": {"type": "string", "description": "For people."},
                "fields": {
                    "type": "object",
                    "description": "What to mend or what is missing, by name.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "config.tenancy.api.authentication.BoundKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key of a tenant: Authorization: Bearer <key>. It decides the tenant.",
        }


class Generator(SchemaGenerator):
    """drf-spectacular's, outside any tenant, with the one error shape on every operation."""

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        with scopes_disabled():
            schema: dict[str, Any] = super().get_schema(request=request, public=public)
        schema.setdefault("components", {}).setdefault("schemas", {})["Error"] = deepcopy(ERROR)
        answer = {
            "description": "What went wrong, in the one shape of errors.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"].setdefault("default", answer)
        return schema


def document() -> dict[str, Any]:
    """The whole document in the present language. Do not change what is returned."""
    return _document(get_language() or settings.LANGUAGE_CODE)


@cache
def _document(language: str) -> dict[str, Any]:
    with override(language):
        return Generator(urlconf=settings.ROOT_URLCONF).get_schema(request=None, public=True)
