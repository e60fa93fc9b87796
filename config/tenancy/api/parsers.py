"""JSON bodies with bounds: a body that would hurt is refused before anything is made of it."""

import json
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

MAX_BYTES = 524_288
MAX_DEPTH = 64


class BoundedJSONParser(JSONParser):
    """UTF-8 JSON of at most MAX_BYTES, MAX_DEPTH deep, without the characters PostgreSQL cannot store."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ParseError(_("The body is larger than %(bytes)d bytes.") % {"bytes": MAX_BYTES})
        try:
            read = json.loads(raw.decode("utf-8"), parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise ParseError(_("The body is not JSON in UTF-8.")) from None
        _check(read)
        return read


def _refuse(word: str) -> None:
    raise ValueError(word)  # NaN and Infinity are not JSON


def _check(read: Any) -> None:
    """Walks without recursion: the stack is the attacker's otherwise."""
    waiting = [(read, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ParseError(_("The body is nested too deep."))
        if isinstance(value, str):
            if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
                raise ParseError(_("The body has characters that cannot be stored."))
        elif isinstance(value, dict):
            waiting += [(inner, depth + 1) for pair in value.items() for inner in pair]
        elif isinstance(value, list):
            waiting += [(inner, depth + 1) for inner in value]
