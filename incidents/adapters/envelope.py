"""The envelope of a PagerDuty Events v2 post: three members, read first and whatever the rest is.

The address answers from these alone; the payload is read by the worker, and what is wrong in it still pages.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from incidents.adapters.incoming import Action, Unreadable
from incidents.adapters.limits import TooDeep, parse, text_of

# As new_key makes them (config.tenancy.doors).
_KEY = re.compile(r"[a-z2-7]{32}", re.A)
# A letter or digit of such a key in JSON's other way of writing it.
_ESCAPE = re.compile(rb"\\u00(6[1-9a-fA-F]|7[0-9aA]|3[2-7])")
MEMBERS = ("routing_key", "event_action", "dedup_key")
ACTIONS = (Action.TRIGGER, Action.ACKNOWLEDGE, Action.RESOLVE)
# A string, a mark, or anything else between marks. Possessive: no input makes it go back and try again.
_TOKEN = re.compile(r'"(?P<text>[^"\\]*+(?:\\.[^"\\]*+)*+)"|(?P<mark>[{}\[\]:,])|[^\s{}\[\]:,"]++', re.S)


@dataclass(frozen=True)
class Envelope:
    """`errors` are sentences for the answer 400; the other members are then not to be used."""

    routing_key: str
    event_action: str
    dedup_key: str
    errors: tuple[str, ...] = ()


def read_envelope(body: bytes) -> Envelope:
    """Raises Unreadable where the body is no JSON object; never a RecursionError, however deep it is."""
    members = members_of(body, MEMBERS)
    routing_key, action, dedup_key = (text_of(members.get(name), 600_000) for name in MEMBERS)
    return Envelope(routing_key, action, dedup_key, tuple(_errors(routing_key, action, dedup_key)))


def _errors(routing_key: str, action: str, dedup_key: str) -> Iterator[str]:
    if not routing_key:
        yield "'routing_key' is missing or blank"
    if not action:
        yield "'event_action' is missing or blank"
    elif action not in ACTIONS:
        yield "'event_action' must be one of trigger, acknowledge, resolve"
    elif action != Action.TRIGGER and not dedup_key:
        yield "'dedup_key' is missing or blank: acknowledge and resolve need it"


def members_of(body: bytes, names: tuple[str, ...]) -> dict[str, Any]:
    """At least these members of the object, where it has them. Raises Unreadable where it is none."""
    try:
        value = parse(body)
    except TooDeep:
        return _scan(body.decode("utf-8-sig", "replace"), names)
    if not isinstance(value, dict):
        raise Unreadable("It is not a JSON object.")
    return value


def without(key: str, body: bytes) -> bytes:
    """`body`, that is shown to people, with asterisks over the key, however it is written: in clear, or in
    JSON's escapes, wholly or in part.

    Strangers send both, before it is known whether the key is one: what has not its shape is left at once,
    nothing is compiled of it, and the body is gone through a fixed number of times.
    """
    if not _KEY.fullmatch(key):
        return body
    escapes = list(_ESCAPE.finditer(body))
    plain = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), body)
    # Where each escape stands in the plain text: it is five bytes longer in the body.
    places = [found.start() - 5 * n for n, found in enumerate(escapes)]
    parts, end, at = [], 0, plain.find(key.encode())
    while at >= 0:
        begin = at + 5 * bisect_left(places, at)
        parts.append(body[end:begin])
        end = at + len(key) + 5 * bisect_left(places, at + len(key))
        parts.append(b"*" * (end - begin))
        at = plain.find(key.encode(), at + len(key))
    return b"".join((*parts, body[end:]))


def _scan(text: str, names: tuple[str, ...]) -> dict[str, Any]:
    """The top-level texts of an object nested too deeply to parse: one pass, no recursion, nothing kept.

    Lenient on purpose: a bomb is no reason to lose the page of whoever could be told apart from it.
    """
    found: dict[str, Any] = {}
    depth, key, value_next = 0, "", False
    for token in _TOKEN.finditer(text):
        mark = token["mark"]
        if mark is None:
            if depth == 1 and token["text"] is not None:
                if value_next and key in names:
                    found[key] = _string(token["text"])
                key = "" if value_next else _string(token["text"])
        elif mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if depth <= 0:
                break
        elif depth == 1:
            value_next = mark == ":"
    return found


def _string(raw: str) -> str:
    try:
        return str(json.loads(f'"{raw}"', strict=False))
    except ValueError:
        return ""
