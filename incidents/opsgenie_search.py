"""The part of Opsgenie's search language that programs use: `status: open AND tag: db`. Pure."""

import re
from dataclasses import dataclass, field

LONGEST = 1_000
_TERM = re.compile(
    r'(?:(?P<field>[A-Za-z]+)\s*[:=]\s*)?(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"()*<>!]+))(?:\s+|$)'
)
_YES_NO = {"true": True, "false": False}
_OPEN = {"open": True, "closed": False}
KNOWN = "status, acknowledged, alias, message, tag"


class NotUnderstood(ValueError):
    """The text says which part, in English."""


@dataclass
class Search:
    """All of it must hold. None: whatever it is."""

    open: bool | None = None
    acknowledged: bool | None = None
    aliases: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


def search_of(query: str) -> Search:
    """Raises NotUnderstood: a search that is half understood finds what nobody asked for."""
    found, rest = Search(), query.strip()
    if len(rest) > LONGEST or "\0" in rest:
        raise NotUnderstood("The query is too long.")
    while rest:
        term = _TERM.match(rest)
        if term is None:
            raise NotUnderstood(f"The query is not understood from {rest[:40]!r} on.")
        rest = rest[term.end() :]
        value = term["quoted"] if term["quoted"] is not None else term["bare"]
        if term["field"] is not None or value != "AND":
            _take(found, (term["field"] or "message").lower(), value)
    return found


def _take(found: Search, name: str, value: str) -> None:
    match name:
        case "status":
            found.open = _one_of(_OPEN, name, value)
        case "acknowledged":
            found.acknowledged = _one_of(_YES_NO, name, value)
        case "alias":
            found.aliases.append(value)
        case "message" if value not in {"OR", "NOT"}:
            found.words.append(value)
        case "tag" | "tags":
            found.tags.append(value)
        case _:
            raise NotUnderstood(f"A query may ask for {KNOWN}, joined by AND; not for {name} {value!r}.")


def _one_of(choices: dict[str, bool], name: str, value: str) -> bool:
    if value.lower() not in choices:
        raise NotUnderstood(f"{name} is one of {', '.join(choices)}.")
    return choices[value.lower()]
