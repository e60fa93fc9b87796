"""What the factory cannot guess: values that a constraint or the code that reads them asks for."""

from datetime import date, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from incidents.operations.links import small_of
from tests.isolation.factory import Builder, Recipe

ZONE = "Europe/Amsterdam"
OWN = "zqalpha"  # A's own mark; B's twins carry it too, so that a look-up by name finds the wrong row
ONLY_IN_B = 7777  # the number of an incident that A has not


def _membership(b: Builder) -> dict[str, Any]:
    raise AssertionError("people are made by the world, with their users")


def _escalation(b: Builder) -> dict[str, Any]:
    card = {
        "key": "INC-1",
        "title": f"{b.mark} title",
        "service": f"{b.mark} service",
        "severity_rank": 1,
        "severity_word": "SEV1",
        "private": False,
        "since": b.now.isoformat(),
        "url": f"https://{b.mark}.example/i/1",
        "detail": f"{b.mark} detail",
    }
    snapshot = {"name": f"{b.mark} policy", "repeat": 0, "rungs": [], "fallback": None}
    return {"card_stored": card, "snapshot": snapshot, "run_reason": ""}


def _incident(b: Builder) -> dict[str, Any]:
    """B's number is one that A has not; the twin in B has A's."""
    put_off = {b.mark: {"until": None, "reason": b.mark}}
    return {"merged_into": None, "number": 1 if b.mark == OWN else ONLY_IN_B, "put_off": put_off}


def _conditions(b: Builder) -> list[dict[str, str]]:
    return [{"field": "title", "op": "is", "value": f"{b.mark} title"}]


def _message(b: Builder) -> dict[str, Any]:
    """A published one: its mails stand beside it."""
    words = {"nl": {"title": f"{b.mark} titel", "body": f"{b.mark} tekst"}}
    return {
        "published_at": b.now,
        "translations": words,
        "drafted_translations": words,
        "review_asked_of": [b.mark],
    }


def _link(b: Builder) -> dict[str, Any]:
    """A screenshot with its file: what is served is the canary (conftest gives it a folder of its own)."""
    name = f"{b.tenant.pk}/{b.mark}.png"
    for one in (name, small_of(name)):
        default_storage.save(one, ContentFile(f"{b.mark} picture".encode()))
    return {"kind": "screenshot", "image": name}


RECIPES: dict[str, Recipe] = {
    "tenancy.Membership": _membership,
    "tenancy.Team": lambda b: {"time_zone": ZONE, "office_days": "12345"},
    "oncall.Schedule": lambda b: {"time_zone": ZONE},
    "oncall.ContactMethod": lambda b: {"address": f"{b.mark}@example.test", "verified_at": b.now},
    "oncall.EscalationPolicy": lambda b: {"is_default": True},
    "oncall.StepTarget": lambda b: {
        "kind": "schedule",
        **dict.fromkeys(["membership", "rotation", "team", "channel", "to_policy"]),
    },
    "oncall.Step": lambda b: {"time_zone": ZONE},
    "oncall.Restriction": lambda b: {"days": "12345"},
    "oncall.SharedChannel": lambda b: {"address": f"https://{b.mark}.example/hook"},
    "oncall.TemporarySchedule": lambda b: {"ends_at": b.now + timedelta(hours=4)},
    "oncall.TemporaryShift": lambda b: {"ends_at": b.now + timedelta(hours=4)},
    "oncall.Swap": lambda b: {
        "ends_at": b.now + timedelta(hours=4),
        "taken_at": b.now,
        "withdrawn_at": b.now,  # on record, and without effect on who is on call
    },
    "oncall.ImportedCalendar": lambda b: {"kind": "absences", "team": None},
    "oncall.Absence": lambda b: {"ends_at": b.now + timedelta(hours=4)},
    "oncall.CoverageGap": lambda b: {"ends_at": b.now + timedelta(hours=4)},
    "oncall.Override": lambda b: {"kind": "add", "replaces": None, "ends_at": b.now + timedelta(hours=4)},
    "oncall.Escalation": _escalation,
    "oncall.Notification": lambda b: {"folded_into": None},
    "statuspage.StatusPage": lambda b: {
        "slug": f"{b.mark}-page",
        "kind": "internal",
        "time_zone": ZONE,
    },
    "statuspage.Notice": lambda b: {"status": "investigating"},
    "statuspage.Update": lambda b: {"status": "investigating"},
    "incidents.Incident": _incident,
    # Over long ago, so that it keeps nothing quiet.
    "incidents.MaintenanceWindow": lambda b: {
        "time_zone": ZONE,
        "start_date": date(2020, 1, 1),
        "end_date": date(2020, 1, 2),
        "conditions": _conditions(b),
    },
    "incidents.RoutingRule": lambda b: {"conditions": _conditions(b)},
    "incidents.Change": lambda b: {"links": [{"href": f"https://{b.mark}.example", "text": b.mark}]},
    "incidents.Alert": lambda b: {"payload": {b.mark: b.mark}},
    "incidents.Message": _message,
    "incidents.IncidentCounter": lambda b: {"last": 7777},
    "incidents.ScaleVersion": lambda b: {"steps": [{"word": b.mark, "name": b.mark}]},
    # Not confirmed yet, and by nobody who tries: whoever is asked may.
    "incidents.Observation": lambda b: {"seen_by": None, "confirmed_by": None},
    "incidents.Ask": lambda b: {"role": None},
    "incidents.Link": _link,
    "incidents.InternalMail": lambda b: {"stakeholder": None},
    "incidents.PlaybookStep": lambda b: {"for_security": False},
}
