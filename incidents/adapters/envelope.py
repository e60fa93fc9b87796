"""The envelope of a PagerDuty Events v2 post: three members, read first and whatever the rest is.

The address answers from these alone; the payload is read by the worker, and what is wrong in it still pages.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from incidents.adapters.incoming import Action, Unreadable
from incidents.adapters.limits import TooDeep, parse, text_of

LONGEST_KEY = 200
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
    """
    # No key of ours is longer or has other letters; nothing is stored for what is none.
    if not key or len(key) > LONGEST_KEY or not key.isascii():
        return body
    body = body.replace(key.encode(), b"*" * len(key))
    if b"\\u00" not in body:
        return body
    letters = (rb"(?:%s|\\u00(?i:%02x))" % (re.escape(letter.encode()), ord(letter)) for letter in key)
    return re.sub(b"".join(letters), lambda found: b"*" * len(found[0]), body)


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
