"""Conditions as people write them: what may be wrong with one, and how it reads. What they mean: routing."""

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.patterns import problem_of
from incidents.routing import ALONE, FIELDS, LABELS, OPERATORS, PAYLOAD, Condition, known_field

MOST_CONDITIONS = 50
LONGEST_PATTERN = 300
LONGEST_FIELD = 200

FIELD_WORDS: dict[str, str | Promise] = {
    "title": gettext_lazy("title"),
    "summary": gettext_lazy("summary"),
    "severity": gettext_lazy("severity"),
    "source": gettext_lazy("source"),
    "key": gettext_lazy("dedup key"),
}
OP_WORDS: dict[str, str | Promise] = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "glob": gettext_lazy("is like"),
    "regex": gettext_lazy("matches"),
    "exists": gettext_lazy("is there"),
    "missing": gettext_lazy("is not there"),
}


def field_words(name: str) -> str:
    """A label by its own name; where something stands in the payload, by its path."""
    return str(FIELD_WORDS.get(name) or name.removeprefix(LABELS))


def condition_words(condition: Condition) -> str:
    """alertname is like Disk*"""
    words = f"{field_words(condition.field)} {OP_WORDS.get(condition.op, condition.op)}"
    return words if condition.op in ALONE else f"{words} {condition.value}"


def all_words(conditions: Iterable[Condition], match: str = "all") -> str:
    """Several, with the "and" or "or" that holds them together; empty where there are none."""
    between = _("or") if match == "any" else _("and")
    return f" {between} ".join(condition_words(one) for one in conditions)


def problems_in(given: Any) -> list[str]:
    """What is wrong with conditions as they are to be stored, one sentence each; empty where nothing is."""
    if not isinstance(given, list):
        return [_("Conditions are a list of field, operator and value.")]
    if len(given) > MOST_CONDITIONS:
        return [_("Use at most %(most)d conditions.") % {"most": MOST_CONDITIONS}]
    said = ((number, problem_in(one)) for number, one in enumerate(given, start=1))
    return [_("Condition %(number)d: %(problem)s") % {"number": n, "problem": one} for n, one in said if one]


def problem_in(one: Any) -> str:
    if not isinstance(one, dict) or set(one) - {"field", "op", "value"}:
        return _("it has a field, an operator and a value.")
    if not all(isinstance(value, str) and "\0" not in value for value in one.values()):
        return _("field, operator and value are text.")
    field, op, value = (one.get(name, "") for name in ("field", "op", "value"))
    return _problem_with_field(field) or _problem_with_value(op, value)


def tidy(given: list[dict[str, str]]) -> list[dict[str, str]]:
    """As they are stored: all three, and no value where the operator has none."""
    read = [Condition(*(one.get(name, "").strip() for name in ("field", "op", "value"))) for one in given]
    return [{"field": one.field, "op": one.op, "value": "" if one.op in ALONE else one.value} for one in read]


def _problem_with_field(name: str) -> str:
    if not name.strip():
        return _("choose a field.")
    if len(name) > LONGEST_FIELD:
        return _("the field has more than %(most)d characters.") % {"most": LONGEST_FIELD}
    if not known_field(name.strip()):
        known = ", ".join((*FIELDS, f"{LABELS}…", f"{PAYLOAD}…"))
        return _("there is no field %(name)s. There are: %(known)s.") % {"name": name, "known": known}
    return ""


def _problem_with_value(op: str, value: str) -> str:
    if op not in OPERATORS:
        known = ", ".join(OPERATORS)
        return _("there is no operator %(name)s. There are: %(known)s.") % {"name": op or "–", "known": known}
    if op in ALONE:
        return ""
    if not value.strip():
        return _("write a value.")
    if len(value) > LONGEST_PATTERN:
        return _("the value has more than %(most)d characters.") % {"most": LONGEST_PATTERN}
    if problem := problem_of(op, value):
        return _("this pattern cannot be used: %(problem)s.") % {"problem": problem}
    return ""
