"""JSON from strangers: parsed within limits, and cleaned of what PostgreSQL cannot keep.

524,288 bytes are the limit at the door. Here: depth 64 and 2,000 keys for each thing that is stored, integers
of 20 digits (a longer one is kept as text), 2,500 alerts in a post. json.loads does the parsing: its scanner
is C, is bounded by the size of the body, and gives up on depth with a RecursionError that is caught.
"""

import json
import math
import unicodedata
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from incidents.adapters.incoming import Unreadable

DEEPEST = 64
MOST_KEYS = 2_000
LONGEST_INTEGER = 20
# More than ever fit into one post of a real sender: an alert of theirs has some 250 bytes at least.
MOST_ALERTS = 2_500
REPLACEMENT = "\ufffd"
# NUL, and the surrogates that stand alone: in a Python string all of them do.
_DIRT = {0: REPLACEMENT} | dict.fromkeys(range(0xD800, 0xE000), REPLACEMENT)


class TooDeep(Unreadable):
    """Nested so deeply that the parser gave up."""


def parse(body: bytes) -> Any:
    """The JSON in `body`, with neither depth nor keys looked at, dirt and all. Raises Unreadable.

    Lenient where a page would be lost for form's sake: broken UTF-8 and raw control characters pass.
    """
    text = body.decode("utf-8-sig", "replace")
    try:
        return json.loads(text, strict=False, parse_int=_integer, parse_float=_float, parse_constant=str)
    except RecursionError:
        raise TooDeep("It is nested too deeply.") from None
    except ValueError as error:
        raise Unreadable(f"It is not JSON: {error}.") from None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits.lstrip("-")) <= LONGEST_INTEGER else digits


def _float(digits: str) -> float | str:
    # 1e999 is infinite for Python, and infinity is no JSON for PostgreSQL.
    number = float(digits)
    return number if math.isfinite(number) else digits


def cleaned(value: Any) -> Any:
    """`value` fit for a JSONB column. Raises Unreadable where it is over the limits of depth and keys."""
    _check(value)
    return _clean(value)


def _check(value: Any) -> None:
    keys, level, depth = 0, [value], 0
    while level:
        depth += 1
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                keys += len(one)
                below.extend(one.values())
            elif isinstance(one, list):
                below.extend(one)
        if keys > MOST_KEYS:
            raise Unreadable(f"It has more than {MOST_KEYS} keys.")
        level = [one for one in below if isinstance(one, dict | list)]
        if level and depth >= DEEPEST:
            raise TooDeep(f"It is nested more than {DEEPEST} levels deep.")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(key): _clean(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_clean(one) for one in value]
    return value


def clean_text(text: str) -> str:
    """Without NUL and lone surrogates."""
    return text.translate(_DIRT)


def text_of(value: Any, longest: int) -> str:
    """A clean text, of several lines perhaps; empty for what is not a text or a number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return clean_text(str(value)).strip()[:longest]


def line_of(value: Any, longest: int = 1024) -> str:
    """The same on one line: a title ends up in subject lines, where a line break would forge a header."""
    line = " ".join(text_of(value, longest * 2).split())
    return "".join(letter for letter in line if unicodedata.category(letter) != "Cc")[:longest]


def url_of(value: Any) -> str:
    """An http or https address of at most 2,000 characters, else empty: it becomes a link that people tap."""
    address = text_of(value, 2_001)
    if len(address) > 2_000 or any(letter.isspace() for letter in address):
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in {"http", "https"} and parts.netloc else ""


def time_of(value: Any) -> datetime | None:
    """The aware moment of an ISO 8601 text (`+0000`, nanoseconds); None for what is none, or year 1."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and moment.year > 1970 else None


def labels_of(value: Any) -> dict[str, str]:
    """A flat dictionary of clean texts; anything but texts and numbers in it is left out."""
    if not isinstance(value, dict):
        return {}
    return {clean_text(key): text_of(one, 2_000) for key, one in value.items() if text_of(one, 2_000)}
