"""Rows that are read here and changed nowhere."""

import json
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.tenancy.admin.base import TenantModelAdmin

LONGEST = 40_000


class ReadOnlyAdmin(TenantModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def pretty(value: Any) -> SafeString:
    """JSON, indented and escaped, in a <pre>."""
    return preformatted(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


def pretty_bytes(body: bytes) -> SafeString:
    """Indented where it is JSON, in its own order; else the text, with what is no text as escapes."""
    try:
        written = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        written.encode()
    except (ValueError, RecursionError):
        written = body.decode("utf-8", "backslashreplace")
    return preformatted(written)


def preformatted(text: str) -> SafeString:
    cut = "" if len(text) <= LONGEST else "\n…"
    return format_html("<pre tabindex='0'>{}{}</pre>", text[:LONGEST], cut)
