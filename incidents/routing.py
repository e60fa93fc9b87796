"""Which routing rule catches an alert, and what it makes of it. Pure (ONCALL 4.8).

Fields: title, summary, severity (as the source says), source (its name), key (for dedup), `labels.<name>`,
`payload.<path>`. A label's name is all that follows, dots included; a path goes down by dots, into lists by
number, and a key that has dots itself is found as well. What is empty is missing.

Comparing: for `is`, `is_not` and `glob` capitals and small letters are the same; `is_not` also holds where
nothing is there. A glob is about the whole value: `*` is anything, `?` one character, all else is itself. A
`regex` is looked for anywhere in the value, as RE2 writes it: capitals as they are, unless it begins with
(?i). Both see the first LONGEST_TEXT characters (patterns). What cannot be understood never
holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from incidents.patterns import fits
from incidents.routing_values import as_text, down

FIELDS = ("title", "summary", "severity", "source", "key")
LABELS, PAYLOAD = "labels.", "payload."
OPERATORS = ("is", "is_not", "glob", "regex", "exists", "missing")
# Those that say nothing of a value.
ALONE = ("exists", "missing")
# As long as Alert.routed_by.
LONGEST_WORDS = 200


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
    return fits(op, value, found)


def known_field(name: str) -> bool:
    return name in FIELDS or any(
        len(name) > len(kind) and name.startswith(kind) for kind in (LABELS, PAYLOAD)
    )


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
            self._known[name] = as_text(self._find(name))
        return self._known[name]

    def _find(self, name: str) -> Any:
        if name in FIELDS:
            return getattr(self._seen, name)
        if name.startswith(LABELS):
            return self._seen.labels.get(name.removeprefix(LABELS))
        return down(self._seen.payload, name.removeprefix(PAYLOAD)) if name.startswith(PAYLOAD) else None
