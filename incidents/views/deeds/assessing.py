"""Deeds of phase 3: the six questions, cases, the summary."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from incidents.models import IncidentRole
from incidents.operations.asking import ask
from incidents.operations.cases import add_case
from incidents.operations.editing import edit_summary
from incidents.operations.questions import answer_question
from incidents.views.deeds.given import Given


def do_answer(given: Given) -> str:
    """`choice` once or more, `text`, `number`; the start by `time` (a clock) or `at` ("declared", "now")."""
    answer_question(
        incident=given.incident,
        question=given.said("question")[:10],
        choices=[str(one)[:20] for one in given.post.getlist("choice") if one],
        text=given.said("text"),
        number=_number(given, "number"),
        at=_when(given),
        actor=given.actor,
        now=given.now,
    )
    return _("Answered.")


def do_ask(given: Given) -> str:
    kind, _colon, uid = given.said("whom").partition(":")
    person = role = None
    if kind == "person":
        person = Membership.objects.filter(uid=uid[:12], ended_at=None).select_related("user").first()
    elif kind == "role":
        role = IncidentRole.objects.filter(uid=uid[:12]).first()
    asked = ask(
        incident=given.incident,
        question=given.said("question")[:10],
        membership=person,
        role=role,
        actor=given.actor,
        now=given.now,
    )
    return _("Asked %(whom)s.") % {"whom": asked.membership or asked.role}


def do_case(given: Given) -> str:
    incident = add_case(
        incident=given.incident,
        by=_number(given, "by") or 1,
        via=given.said("via"),
        text=given.said("text"),
        actor=given.actor,
        now=given.now,
    )
    return _("Cases: %(n)d.") % {"n": incident.cases}


def do_summary(given: Given) -> str:
    edit_summary(incident=given.incident, text=given.said("text"), actor=given.actor, now=given.now)
    return _("Everybody reads it now.")


def _number(given: Given, name: str) -> int | None:
    said = given.said(name)
    if not said:
        return None
    if not said.isascii() or not said.isdigit() or len(said) > 10:
        raise ValidationError({name: _("Write a whole number, zero or more.")})
    return int(said)


def _when(given: Given) -> datetime | None:
    if given.said("at") == "declared":
        return given.incident.declared_at
    return given.past_time("time") or given.moment("at")
