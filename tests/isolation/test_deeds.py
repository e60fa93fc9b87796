"""Every deed of the room, with B's row wherever its form would name one: as if it did not exist.

Not only the buttons that A's room shows in its state (test_forms): every name that a deed reads a row by is
found in the source, and is sent to every deed of the module that reads it.
"""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.env import PROJECT
from incidents.views.deeds import DEEDS
from tests.isolation.oracle import differences, leaks, report
from tests.isolation.principals import Principal
from tests.isolation.probing import Prober
from tests.isolation.recipes import ONLY_IN_B
from tests.isolation.values import MISSING_UID
from tests.isolation.world import IsolationWorld, Side

pytestmark = pytest.mark.django_db

# {name of a field: the model whose row it names}
NAMES = {
    "person": "tenancy.Membership",
    "owner": "tenancy.Membership",
    "team": "tenancy.Team",
    "role": "incidents.IncidentRole",
    "severity": "incidents.Severity",
    "message": "incidents.Message",
    "link": "incidents.Link",
    "observation": "incidents.Observation",
    "theory": "incidents.Theory",
    "test": "incidents.Experiment",
    "item": "incidents.ActionItem",
    "step": "incidents.PlaybookStep",
    "call": "incidents.Call",
    "policy": "oncall.EscalationPolicy",
}
# What else a deed wants before it looks at a row.
WORDS = {
    "text": "words",
    "reason": "words",
    "question": "notice",
    "state": "proven",
    "why": "words",
    "verdict": "supports",
    "result": "words",
    "expected": "words",
    "say": "words",
    "words": "words",
    "title": "words",
    "url": "https://example.test/x",
    "to": "both",
    "internal": "words",
    "external": "words",
    "internal_title": "words",
    "external_title": "words",
    "status": "investigating",
    "send": "both",
    "answer": "yes",
    "as_of": "2026-11-23T10:00:00Z",
}
Tried = tuple[str, dict[str, str], dict[str, str], list[str]]


def names_of_rows() -> set[str]:
    """Every literal name that a deed hands to `given.one` and `given.some`."""
    found = set()
    for path in sorted(Path(PROJECT / "incidents/views/deeds").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr in {"one", "some"}:
                assert len(node.args) == 2, f"{path.name}:{node.lineno}"
                assert isinstance(node.args[1], ast.Constant), f"{path.name}:{node.lineno}"
                found.add(str(node.args[1].value))
    return found


def may_read(deed: str, name: str) -> bool:
    """The module of the deed knows the name."""
    return f'"{name}"' in inspect.getsource(inspect.getmodule(DEEDS[deed]))  # type: ignore[arg-type]


def uid_of(side: Side, name: str) -> str:
    return str(side.row(NAMES[name]).uid)


def tries(world: IsolationWorld) -> Iterator[Tried]:
    """(name, data with B's, the same with nobody's, what was asked). All other rows are A's own."""
    own = WORDS | {name: uid_of(world.a, name) for name in NAMES}
    for name in NAMES:
        there = uid_of(world.b, name)
        yield name, own | {name: there}, own | {name: MISSING_UID}, [there, MISSING_UID]
    yield "into", own | {"into": str(ONLY_IN_B)}, own | {"into": "9999"}, [str(ONLY_IN_B), "9999"]
    for kind in ("person", "role"):
        there = uid_of(world.b, kind)
        theirs, nobodys = {"whom": f"{kind}:{there}"}, {"whom": f"{kind}:{MISSING_UID}"}
        yield "whom", own | theirs, own | nobodys, [there, MISSING_UID]
    there = str(world.b.row("statuspage.Component").uid)
    theirs, nobodys = ({f"component-{one}": "major_outage"} for one in (there, MISSING_UID))
    yield "component-", own | theirs, own | nobodys, [there, MISSING_UID]


def test_every_name_of_a_row_is_known() -> None:
    assert names_of_rows() <= set(NAMES), f"say in {__name__} which model: {names_of_rows() - set(NAMES)}"


def test_no_deed_takes_a_row_of_b(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    who, found, tried = everybody["owner"], [], set()
    for deed in sorted(DEEDS):
        path = f"/t/alpha/i/1/do/{deed}"
        for field, theirs, nobodys, asked in tries(isolation):
            if not may_read(deed, field):
                continue
            missing = prober.request(who, "POST", path, nobodys)
            foreign = prober.request(who, "POST", path, theirs)
            wrong = leaks(foreign, asked=asked)
            wrong += differences(foreign, missing, asked=asked, new_rows=True)
            found += [f"{deed} {field}: {one}" for one in wrong]
            tried.add(field)
    report(found)
    assert tried == {*NAMES, "into", "whom", "component-"}


# Nothing in A's room waits for a reader, so A's own message is refused too: tests/incidents/test_readers.
NOT_IN_THIS_ROOM = {"message"}


def test_positive_control_every_name_lets_as_own_row_in(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    """Else the refusals above would be about something else in the form."""
    own = WORDS | {name: uid_of(isolation.a, name) for name in NAMES}
    own["person"] = isolation.a.people["responder"].uid

    def works(deed: str, data: dict[str, str]) -> bool:
        answer = prober.request(everybody["owner"], "POST", f"/t/alpha/i/1/do/{deed}", data)
        return answer.wrote and answer.status == 303

    worked = [deed for deed in sorted(DEEDS) if works(deed, own)]
    decides = {
        name: [deed for deed in worked if may_read(deed, name) and not works(deed, own | {name: MISSING_UID})]
        for name in NAMES
    }
    assert {name for name, deeds in decides.items() if not deeds} == NOT_IN_THIS_ROOM, (worked, decides)
