"""How each next action, choice and escape of incidents.next_action is done: a POST, or a sheet that asks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from incidents.known import Question
from incidents.next_action import Choice, NextAction

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Action:
    """`sheet` names a sheet to open, `page` one to go to; otherwise `deed` is posted with `fields`."""

    code: str
    words: Any
    deed: str = ""
    fields: Fields = ()
    sheet: str = ""
    # A page of its own, by the name of its address: the postmortem.
    page: str = ""


@dataclass(frozen=True)
class Given:
    """What the moment gives the actions to work with."""

    severity_uid: str = ""
    unsure_uid: str = ""
    callable_roles: tuple[str, ...] = ()
    callable_teams: tuple[str, ...] = ()
    newcomer_uid: str = ""
    role_uids: dict[str, str] = field(default_factory=dict)
    alerts_clear_at: datetime | None = None
    one_room: str = ""
    ask_role_uid: str = ""


@dataclass(frozen=True)
class Next:
    """The next action, ready to be drawn: a big button, choices under a heading, or a line to fill in."""

    code: str
    words: Any
    why: Any
    big: Action | None
    choices: list[Action]
    escapes: list[Action]

    @property
    def for_publishers(self) -> bool:
        """Done by whoever may publish, a responder or not."""
        return self.code in {"tell", "update", "final_messages", "read", "withdraw"}


def _post(deed: str, *fields: tuple[str, str]) -> Callable[[Given], dict[str, Any]]:
    return lambda given: {"deed": deed, "fields": fields}


def _sheet(name: str) -> Callable[[Given], dict[str, Any]]:
    return lambda given: {"sheet": name}


def _page(name: str) -> Callable[[Given], dict[str, Any]]:
    return lambda given: {"page": name}


def _later(question: Question, minutes: int | None) -> Callable[[Given], dict[str, Any]]:
    return _post("later", ("question", question.value), ("minutes", str(minutes or "")))


def _severity(uid: Callable[[Given], str], provisional: str) -> Callable[[Given], dict[str, Any]]:
    return lambda given: {
        "deed": "severity",
        "fields": (("severity", uid(given)), ("provisional", provisional)),
    }


def _call_roles(given: Given) -> dict[str, Any]:
    roles, teams = given.callable_roles, given.callable_teams
    return {
        "deed": "call_in",
        "fields": (*(("role", uid) for uid in roles), *(("team", uid) for uid in teams)),
    }


def _give(code: str) -> Callable[[Given], dict[str, Any]]:
    def how(given: Given) -> dict[str, Any]:
        role, person = given.role_uids.get(code, ""), given.newcomer_uid
        if not role or not person:
            return _later(Question.GIVE_ROLE, None)(given)
        return {"deed": "give_role", "fields": (("role", role), ("person", person))}

    return how


def _over_by_alerts(given: Given) -> dict[str, Any]:
    at = given.alerts_clear_at.isoformat() if given.alerts_clear_at else ""
    return {"deed": "impact_over", "fields": (("at", at),)}


def _one_room(given: Given) -> dict[str, Any]:
    return {"deed": "places", "fields": (("room", given.one_room),)}


def _helps(given: Given) -> dict[str, Any]:
    return {"deed": "let_help", "fields": (("person", given.newcomer_uid),)}


HOW: dict[str, Callable[[Given], dict[str, Any]]] = {
    "acknowledge": _post("acknowledge"),
    "take": _post("acknowledge"),
    "pass_on": _post("pass_on"),
    "coming": _post("answer_call", ("answer", "coming")),
    "in_ten": _post("answer_call", ("answer", "in_ten")),
    "cannot": _post("answer_call", ("answer", "cannot")),
    "page_now": _post("page_now"),
    "customers_notice": _post("confirm", ("customers_notice", "yes")),
    "not_noticed": _post("confirm", ("customers_notice", "no")),
    "nobody_notices": _post("confirm", ("customers_notice", "no")),
    "false_alarm": _post("false_alarm"),
    "snooze": _post("snooze", ("minutes", "15")),
    "open_room": _post("usual_room"),
    "paste_link": _sheet("where"),
    "one_room": _one_room,
    "not_sure": _severity(lambda given: given.unsure_uid, "1"),
    "confirm_severity": _severity(lambda given: given.severity_uid, ""),
    "another_severity": _sheet("severity"),
    "dont_know": _later(Question.SEVERITY, 15),
    "leave_questions": _later(Question.ANSWERS, 30),
    "call_in": _call_roles,
    "alone": _later(Question.ROLES, None),
    "tell": _sheet("tell"),
    "update": _sheet("tell"),
    "final_messages": _sheet("tell"),
    "not_yet": _later(Question.TELL, 10),
    "held_back": _sheet("held-back"),
    "same_as_before": _post("same_as_before"),
    "read": _sheet("read"),
    "change_words": _sheet("tell"),
    "withdraw": _post("withdraw"),
    "tech_lead": _give("tech_lead"),
    "comms": _give("comms"),
    "helps": _helps,
    "later": _later(Question.GIVE_ROLE, 15),
    "now": _post("impact_over", ("at", "now")),
    "alerts": _over_by_alerts,
    "other": _sheet("impact"),
    "still_going_on": _later(Question.IMPACT, 15),
    "resolve": _sheet("resolve"),
    "watch": _later(Question.RESOLVE, 30),
    "theory": _sheet("theory"),
    "test": _sheet("test"),
    "decision": _sheet("decision"),
    "monitoring": _sheet("tell"),
    "postmortem": _page("postmortem"),
    "waive_postmortem": _sheet("waive"),
    "reopen": _sheet("reopen"),
    "unmerge": _post("unmerge"),
    "close": _post("close"),
}
# Drawn without a button of their own: a heading over choices, a line to fill in, or words alone.
NO_BUTTON = {"confirm", "give_role", "impact_over", "severity", "observe", "nothing"}


def drawn(action: NextAction, given: Given) -> Next:
    """A code without a known way to do it is left out, never drawn as a button that does nothing."""
    big = (
        None
        if action.code in NO_BUTTON or action.choices
        else _ready(Choice(action.code, action.words), given)
    )
    escapes = list(action.escapes)
    if action.code == "confirm_severity":
        escapes.insert(0, Choice("another_severity", _("Another level")))
    return Next(
        code=action.code,
        words=action.words,
        why=action.why,
        big=big,
        choices=_all(action.choices, given),
        escapes=_all(escapes, given),
    )


def _of_question(code: str) -> Callable[[Given], dict[str, Any]] | None:
    """How the codes of a question are done: answer-reach-all, ask-reach, sheet-q-reach."""
    kind, _dash, rest = code.partition("-")
    question, _dash, value = rest.partition("-")
    match kind:
        case "answer":
            field = {"started": "at", "cases": "number"}.get(question, "choice")
            return _post("answer", ("question", question), (field, value))
        case "ask":
            return lambda given: _put_to(question, given.ask_role_uid)
        case "sheet":
            return _sheet(rest)
    return None


def _put_to(question: str, role_uid: str) -> dict[str, Any]:
    if not role_uid:
        return {"sheet": "ask"}
    return {"deed": "ask", "fields": (("question", question), ("whom", f"role:{role_uid}"))}


def _all(choices: Iterable[Choice], given: Given) -> list[Action]:
    return [ready for choice in choices if (ready := _ready(choice, given))]


def _ready(choice: Choice, given: Given) -> Action | None:
    how = HOW.get(choice.code) or _of_question(choice.code)
    return Action(choice.code, choice.words, **how(given)) if how else None
