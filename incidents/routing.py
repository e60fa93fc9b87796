"""Which routing rule catches an alert, and what it makes of it. Pure (ONCALL 4.8).

Fields: title, summary, severity (as the source says), source (its name), key (for dedup), `labels.<name>`,
`payload.<path>`. A label's name is all that follows, dots included; a path goes down by dots, into lists by
number, and a key that has dots itself is found as well. What is empty is missing.

Comparing: for `is`, `is_not` and `glob` capitals and small letters are the same; `is_not` also holds where
nothing is there. A glob is about the whole value: `*` is anything, `?` one character, all else is itself. A
`regex` is looked for anywhere in the value, as RE2 writes it: capitals as they are, unless it begins with
(?i). Both see the first LONGEST_TEXT characters. What cannot be understood never holds.

Patterns are other people's: they go to RE2, in bounded memory, never to `re`. Time grows with the length of
the text and of the pattern, whatever both are.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import re2

FIELDS = ("title", "summary", "severity", "source", "key")
LABELS, PAYLOAD = "labels.", "payload."
OPERATORS = ("is", "is_not", "glob", "regex", "exists", "missing")
# Those that say nothing of a value.
ALONE = ("exists", "missing")
LONGEST_TEXT = 4000
# As long as Alert.routed_by.
LONGEST_WORDS = 200
# Bytes that one pattern may fill: enough for what people write, and some milliseconds over LONGEST_TEXT.
MEMORY = 1 << 16


@dataclass(frozen=True)
class Condition:
    field: str
    op: str
    value: str = ""


@dataclass(frozen=True)
class Rule:
    """`source_id`, `service_id` None and `severity` empty: any source; the source's own service; as said."""

    id: int
    name: str
    source_id: int | None = None
    match: Literal["all", "any"] = "all"
    conditions: tuple[Condition, ...] = ()
    service_id: int | None = None
    severity: str = ""
    suppress: bool = False
    tags: tuple[str, ...] = ()
    goes_on: bool = False


@dataclass(frozen=True)
class Seen:
    """An alert, as far as rules see it. `severity` is what the source says."""

    source_id: int
    source: str
    title: str = ""
    summary: str = ""
    severity: str = ""
    key: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One condition, what stood in its field (None: nothing), and whether it holds."""

    condition: Condition
    found: str | None
    holds: bool


@dataclass(frozen=True)
class Tried:
    """A rule that was looked at. No checks: it is about another source, or has no conditions."""

    rule: Rule
    caught: bool
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What the rules that caught it say. `service_id` None: the source's own; `severity` empty: as said."""

    caught: tuple[Rule, ...] = ()
    service_id: int | None = None
    severity: str = ""
    suppress: bool = False
    tags: tuple[str, ...] = ()
    tried: tuple[Tried, ...] = ()

    @property
    def words(self) -> str:
        """The names of the rules that caught it; empty: none did. Fits Alert.routed_by."""
        words = " + ".join(rule.name for rule in self.caught)
        return words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"


def decide(rules: Sequence[Rule], seen: Seen, *, explain: bool = False) -> Decision:
    """The first rule that catches it decides; where that goes on, what those below say holds instead.

    Tags come together, and one that suppresses is enough. A rule without conditions catches everything. In
    `tried` is every rule that was looked at; with `explain` all its conditions, else as far as was needed.
    """
    values = _Values(seen)
    tried: list[Tried] = []
    for rule in rules:
        tried.append(_try(rule, seen, values, explain))
        if tried[-1].caught and not rule.goes_on:
            break
    return _together(tried)


def meets(conditions: Iterable[Condition], seen: Seen) -> bool:
    """Whether all of them hold; where there are none, it does."""
    values = _Values(seen)
    return all(_check(condition, values).holds for condition in conditions)


def read_conditions(stored: Any) -> tuple[Condition, ...]:
    """From RoutingRule.conditions or MaintenanceWindow.conditions. What is no condition never holds."""
    if not isinstance(stored, list):
        return () if not stored else (Condition("", ""),)
    return tuple(_read(one) for one in stored)


def problem_of(op: str, value: str) -> str:
    """Why no pattern can be made of it, in RE2's own words; empty where one can."""
    pattern = _pattern(op, value) if op in ("glob", "regex") else None
    return pattern if isinstance(pattern, str) else ""


# --- parts --------------------------------------------------------------------------------------------------
def _try(rule: Rule, seen: Seen, values: "_Values", explain: bool) -> Tried:
    if rule.source_id is not None and rule.source_id != seen.source_id:
        return Tried(rule, caught=False)
    if not rule.conditions:
        return Tried(rule, caught=True)
    checks: list[Check] = []
    decisive = rule.match == "any"
    for condition in rule.conditions:
        checks.append(_check(condition, values))
        if checks[-1].holds is decisive and not explain:
            break
    held = any if decisive else all
    return Tried(rule, held(check.holds for check in checks), tuple(checks))


def _together(tried: list[Tried]) -> Decision:
    caught = [one.rule for one in tried if one.caught]
    services = [rule.service_id for rule in caught if rule.service_id is not None]
    severities = [rule.severity for rule in caught if rule.severity]
    return Decision(
        caught=tuple(caught),
        service_id=services[-1] if services else None,
        severity=severities[-1] if severities else "",
        suppress=any(rule.suppress for rule in caught),
        tags=tuple(dict.fromkeys(tag for rule in caught for tag in rule.tags)),
        tried=tuple(tried),
    )


def _check(condition: Condition, values: "_Values") -> Check:
    found = values.of(condition.field)
    return Check(condition, found, _holds(condition, found))


def _holds(condition: Condition, found: str | None) -> bool:
    op, value = condition.op, condition.value
    if not known_field(condition.field):
        return False
    if op in ALONE:
        return (found is None) == (op == "missing")
    if op == "is_not":
        return found is None or found.casefold() != value.casefold()
    if found is None:
        return False
    if op == "is":
        return found.casefold() == value.casefold()
    return _fits(op, value, found)


def known_field(name: str) -> bool:
    return name in FIELDS or any(
        len(name) > len(kind) and name.startswith(kind) for kind in (LABELS, PAYLOAD)
    )


def _fits(op: str, value: str, found: str) -> bool:
    pattern = _pattern(op, value)
    if isinstance(pattern, str):
        return False
    text = found[:LONGEST_TEXT]
    # As bytes: what is half a character (it cannot be stored, but pasted) must not raise.
    raw = (text.casefold() if op == "glob" else text).encode("utf-8", "replace")
    return pattern.search(raw) is not None


@lru_cache(maxsize=1024)
def _pattern(op: str, value: str) -> Any:
    """What RE2 made of it; a string is why it could not."""
    options = re2.Options()
    options.log_errors, options.never_capture, options.max_mem = False, True, MEMORY
    options.dot_nl = op == "glob"
    if op == "glob":
        value = rf"\A{''.join(_GLOB.get(one) or re2.escape(one) for one in value.casefold())}\z"
    elif op != "regex":
        return "?"
    try:
        return re2.compile(value.encode("utf-8", "replace"), options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        return (said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) or "?"


_GLOB = {"*": ".*", "?": "."}


def _read(one: Any) -> Condition:
    if not isinstance(one, dict):
        return Condition("", "")
    return Condition(*(str(one.get(name, "")) for name in ("field", "op", "value")))


class _Values:
    """What stands in each field that was asked for: many rules ask for the same."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._known: dict[str, str | None] = {}

    def of(self, name: str) -> str | None:
        if name not in self._known:
            self._known[name] = _as_text(self._find(name))
        return self._known[name]

    def _find(self, name: str) -> Any:
        if name in FIELDS:
            return getattr(self._seen, name)
        if name.startswith(LABELS):
            return self._seen.labels.get(name.removeprefix(LABELS))
        return _down(self._seen.payload, name.removeprefix(PAYLOAD)) if name.startswith(PAYLOAD) else None


def _down(value: Any, path: str) -> Any:
    """What stands there. A longer key goes first: `a.b` before `b` in `a`."""
    parts = path.split(".")
    while parts:
        if isinstance(value, list):
            number = parts[0]
            # isdecimal also knows digits of other scripts.
            at = int(number) if number.isdecimal() and len(number) < 6 else len(value)
            if at >= len(value):
                return None
            value, parts = value[at], parts[1:]
            continue
        if not isinstance(value, dict):
            return None
        taken = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in value), 0)
        if not taken:
            return None
        value, parts = value[".".join(parts[:taken])], parts[taken:]
    return value


def _as_text(value: Any) -> str | None:
    """As it stands in JSON, strings without their quotes. What is empty is missing."""
    if value is None or value == "" or value == [] or value == {}:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
