"""Which routing rule catches an alert, against a slow reading of the same rules; never slow, never `re`."""

import ast
import fnmatch
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.env import PROJECT
from incidents.patterns import LONGEST_TEXT, problem_of
from incidents.routing import (
    LONGEST_WORDS,
    Condition,
    Decision,
    Rule,
    Seen,
    decide,
    meets,
    read_conditions,
)

DISK = Seen(
    source_id=1,
    source="Prometheus",
    title="Disk full on db1",
    summary="92 % of /var",
    severity="warning",
    key="d41d8",
    labels={"alertname": "DiskFull", "team.name": "Storage", "empty": ""},
    payload={
        "a": {"b": 7, "list": [{"c": "x"}, True]},
        "a.b": "the longer key",
        "none": None,
        "no": [],
        "f": 1.5,
    },
)


@pytest.mark.parametrize(
    ("field", "op", "value", "holds"),
    [
        ("title", "is", "disk FULL on db1", True),
        ("title", "is", "Disk", False),
        ("title", "is_not", "disk full ON db1", False),
        ("labels.nothing", "is_not", "x", True),
        ("severity", "is", "warning", True),
        ("source", "glob", "prom*", True),
        ("key", "exists", "", True),
        ("summary", "glob", "92 % of ????", True),
        ("summary", "glob", "92 % of ???", False),
        ("labels.alertname", "glob", "Disk*", True),
        ("labels.alertname", "glob", "Disk", False),
        ("labels.alertname", "glob", "D[i]sk*", False),
        ("labels.team.name", "is", "storage", True),
        ("labels.empty", "missing", "", True),
        ("labels.empty", "glob", "*", False),
        ("title", "regex", r"db\d$", True),
        ("title", "regex", r"^disk", False),
        ("title", "regex", r"(?i)^disk", True),
        ("title", "regex", r"(", False),
        ("title", "regex", r"(a)\1", False),
        ("payload.a.b", "is", "the longer key", True),
        ("payload.a.list.0.c", "is", "x", True),
        ("payload.a.list.1", "is", "true", True),
        ("payload.a.list.2", "missing", "", True),
        ("payload.a.list.-1", "missing", "", True),
        ("payload.a.list.²", "missing", "", True),
        ("payload.a.list", "glob", '*"c": "x"*', True),
        ("payload.f", "is", "1.5", True),
        ("payload.none", "missing", "", True),
        ("payload.no", "missing", "", True),
        ("payload.a.list.0.c.d", "missing", "", True),
        ("labels.", "missing", "", False),
        ("nonsense", "missing", "", False),
        ("nonsense", "is_not", "x", False),
        ("title", "nonsense", "x", False),
    ],
)
def test_a_condition(field: str, op: str, value: str, holds: bool) -> None:
    assert meets([Condition(field, op, value)], DISK) is holds


def test_what_is_no_condition_never_holds() -> None:
    for stored in ([7], [{}], {"field": "title"}, "title", [None]):
        assert not meets(read_conditions(stored), DISK)
    assert read_conditions([]) == ()
    assert meets(read_conditions([]), DISK)


def test_no_conditions_catch_everything_also_where_one_is_enough() -> None:
    assert decide([Rule(1, "all"), Rule(2, "later")], DISK).words == "all"
    assert decide([Rule(1, "any", match="any")], DISK).words == "any"
    assert decide([], DISK) == Decision()


def test_the_first_that_catches_decides_and_going_on_lets_those_below_speak() -> None:
    tags = Rule(1, "Tag", service_id=3, severity="info", tags=("a", "b"), goes_on=True)
    quiet = Rule(2, "Quiet", suppress=True, tags=("b", "c"), goes_on=True)
    other = Rule(3, "Other source", source_id=2, service_id=9)
    home = Rule(4, "Home", service_id=5)
    never = Rule(5, "Never reached", service_id=7)
    decision = decide([tags, quiet, other, home, never], DISK)
    assert decision.words == "Tag + Quiet + Home"
    assert (decision.service_id, decision.severity, decision.suppress) == (5, "info", True)
    assert decision.tags == ("a", "b", "c")
    assert [one.rule.id for one in decision.tried] == [1, 2, 3, 4]


def test_it_says_what_it_found() -> None:
    rule = Rule(1, "One", conditions=(Condition("labels.x", "is", "1"), Condition("title", "glob", "Disk*")))
    (tried,) = decide([rule], DISK, explain=True).tried
    assert [(check.found, check.holds) for check in tried.checks] == [(None, False), (DISK.title, True)]
    assert len(decide([rule], DISK).tried[0].checks) == 1


def test_words_fit_where_they_are_kept() -> None:
    many = [Rule(n, f"{n:03}" * 20, goes_on=True) for n in range(9)]
    assert len(decide(many, DISK).words) == LONGEST_WORDS


def test_problems_in_words() -> None:
    assert all(problem_of("regex", one) for one in ("(", "(?=x)", r"(x)\1"))
    assert problem_of("regex", "(((x{1000}){1000}){1000})")
    assert not problem_of("regex", r"^a+\d{3}$")
    assert not problem_of("glob", "((*[")
    assert not problem_of("is", "(")


# --- a slow reading of the same rules ---
TEXT = st.text("aAbßİ *?[(.\n", max_size=6)
OPS = st.sampled_from(["is", "is_not", "glob", "exists", "missing", "nonsense"])
NAMES = st.sampled_from(["title", "severity", "labels.a", "labels.a.b", "payload.a.b", "payload.l.0", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "a.b"]), inner),
    max_leaves=5,
)
SEEN = st.builds(
    Seen,
    source_id=st.integers(1, 2),
    source=TEXT,
    title=TEXT,
    severity=st.sampled_from(["info", "critical"]),
    labels=st.dictionaries(st.sampled_from(["a", "a.b"]), TEXT),
    payload=st.dictionaries(st.sampled_from(["a", "a.b", "l"]), JSON),
)
RULES = st.lists(
    st.builds(
        Rule,
        id=st.integers(1, 99),
        name=TEXT,
        source_id=st.none() | st.integers(1, 2),
        match=st.sampled_from(["all", "any"]),
        conditions=st.lists(st.builds(Condition, NAMES, OPS, TEXT), max_size=3).map(tuple),
        service_id=st.none() | st.integers(1, 3),
        severity=st.sampled_from(["", "info", "error"]),
        suppress=st.booleans(),
        tags=st.lists(st.sampled_from(["t", "u"]), max_size=2).map(tuple),
        goes_on=st.booleans(),
    ),
    max_size=5,
)


def slow_value(name: str, seen: Seen) -> Any:
    if name.startswith("labels."):
        value: Any = seen.labels.get(name[7:])
    elif name == "payload.a.b":
        value = seen.payload.get("a.b")
        if "a.b" not in seen.payload:
            inner = seen.payload.get("a")
            value = inner.get("b") if isinstance(inner, dict) else None
    elif name == "payload.l.0":
        inner = seen.payload.get("l")
        value = inner[0] if isinstance(inner, list) and inner else None
    else:
        value = getattr(seen, name)
    if value in (None, "", [], {}) and not isinstance(value, bool | int):
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def slow_holds(condition: Condition, seen: Seen) -> bool:
    if condition.field == "x":
        return False
    value = slow_value(condition.field, seen)
    said = condition.value.casefold()
    globbed = "".join(f"[{one}]" if one == "[" else one for one in said)
    answers = {
        "is": value is not None and value.casefold() == said,
        "is_not": value is None or value.casefold() != said,
        "glob": value is not None and fnmatch.fnmatchcase(value.casefold(), globbed),
        "exists": value is not None,
        "missing": value is None,
    }
    return answers.get(condition.op, False)


def slow_decide(rules: list[Rule], seen: Seen) -> tuple[Any, ...]:
    names, service, severity, suppress, tags = [], None, "", False, []
    for rule in rules:
        held = [slow_holds(one, seen) for one in rule.conditions]
        enough = not held or (all(held) if rule.match == "all" else any(held))
        if not enough or rule.source_id not in (None, seen.source_id):
            continue
        names.append(rule.id)
        service, severity = rule.service_id or service, rule.severity or severity
        suppress = suppress or rule.suppress
        tags += [tag for tag in rule.tags if tag not in tags]
        if not rule.goes_on:
            break
    return names, service, severity, suppress, list(dict.fromkeys(tags))


@given(RULES, SEEN, st.booleans())
def test_decides_as_a_slow_reading_does(rules: list[Rule], seen: Seen, explain: bool) -> None:
    found = decide(rules, seen, explain=explain)
    said = ([rule.id for rule in found.caught], found.service_id, found.severity, found.suppress)
    assert (*said, list(found.tags)) == slow_decide(rules, seen)


@given(st.text(max_size=40), st.sampled_from(["glob", "regex", "is"]), st.text(max_size=40))
def test_whatever_is_written_nothing_breaks(pattern: str, op: str, text: str) -> None:
    seen = Seen(1, "s", title=text, labels={"half": "\ud83d" + text})
    meets([Condition("title", op, pattern)], seen)
    meets([Condition("labels.half", op, pattern)], seen)
    problem_of(op, pattern)


# --- never slow ---
EVIL = [
    "(a+)+$",
    "(a|aa)+$",
    "(.*)*(.*)*(.*)*z$",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(?:a?){300}a{300}",
    "(a|a?)+b",
]


@pytest.mark.parametrize("pattern", EVIL)
def test_no_pattern_takes_long(pattern: str) -> None:
    """Where `re` would take longer than the universe has. Half a second on a machine that is busy."""
    seen = Seen(1, "s", title="a" * 500_000 + "!")
    meets([Condition("title", "regex", pattern)], seen)
    began = time.process_time()
    meets([Condition("title", "regex", pattern)], seen)
    assert time.process_time() - began < 0.5


def test_time_grows_with_the_text_and_ends_with_it() -> None:
    """A glob of many stars over a text of any length: what lies past LONGEST_TEXT is not looked at."""
    seen = Seen(1, "s", title="ab" * LONGEST_TEXT + "END")
    assert not meets([Condition("title", "glob", "*a*b" * 70 + "*END")], seen)
    assert meets([Condition("title", "glob", "*a*b" * 70 + "*")], seen)


# --- never `re` ---
BACKTRACKS = {"re", "fnmatch", "regex"}


def test_patterns_of_users_reach_re2_alone() -> None:
    """`re` is not imported where conditions are, and elsewhere its pattern is written in the code."""
    found = []
    for path in sorted((PROJECT / "incidents").rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        named = {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
        named |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
        about = path.stem.startswith("routing") or named & {"re2", "incidents.patterns", "incidents.routing"}
        if about and named & BACKTRACKS:
            found.append(str(path))
        for call in (node.func for node in nodes if isinstance(node, ast.Call)):
            if isinstance(call, ast.Attribute) and ast.unparse(call.value) in BACKTRACKS:
                found += [] if _is_literal(call, nodes) else [f"{path}:{call.lineno}"]
    assert not found


def _is_literal(function: ast.Attribute, nodes: list[ast.AST]) -> bool:
    (call,) = (node for node in nodes if isinstance(node, ast.Call) and node.func is function)
    return function.attr == "escape" or isinstance(call.args[0], ast.Constant | ast.JoinedStr | ast.BinOp)
