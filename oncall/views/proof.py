"""The year's proof in a sentence: the first hour without anyone, or that there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from oncall.drawing.days import monday_of
from oncall.models import CoverageGap, CoverageLook, GapKind, Schedule
from oncall.operations.coverage import YEAR, Year
from oncall.operations.resolve import people_by_id
from oncall.roster import Roster, on_duty
from oncall.views.asked import stamp


@dataclass(frozen=True)
class Proof:
    """`link` leads to where the first gap can be filled; empty where all is well."""

    schedule: Schedule
    well: bool
    words: str
    link: str
    covered: str = ""
    balance: str = ""
    score: int | None = None


def proof_of(year: Year, roster: Roster, zone: ZoneInfo) -> Proof:
    """Worked out now. One query where somebody is on call then and cannot be woken."""
    figures = (_percent(year.covered), _percent(year.balance), year.score)
    if year.first is None:
        return Proof(year.schedule, True, _proved(year.proved_until, zone), "", *figures)
    start = year.first.start
    there = people_by_id(on_duty(roster, start).keys())
    said = _now(bool(there)) if start <= year.start else _first(start, zone, unreachable=bool(there))
    if there:
        names = ", ".join(sorted(str(person) for person in there.values()))
        said += " " + _("On call without a way to be woken: %(names)s.") % {"names": names}
    return Proof(year.schedule, False, said, _link(year.schedule, start, zone), *figures)


def proofs_of(schedules: Sequence[Schedule], zone: ZoneInfo, *, now: datetime) -> list[Proof]:
    """As the last look wrote it, for many schedules. Two queries."""
    looks = {look.schedule_id: look for look in CoverageLook.objects.filter(looked_at__isnull=False)}
    gaps = CoverageGap.objects.filter(ends_at__gt=now)
    known = list(gaps.values_list("schedule_id", "kind", "starts_at", "ends_at"))
    unreachable = {pk for pk, kind, _start, _end in known if kind == GapKind.UNREACHABLE}
    found = []
    for schedule in schedules:
        look = looks.get(schedule.pk)
        if look is None:
            found.append(Proof(schedule, False, _("Not looked through yet."), ""))
        elif look.gap_at is not None and look.gap_at > now - YEAR:
            start = max(look.gap_at, now)
            there = any(
                pk == schedule.pk and kind == GapKind.UNREACHABLE and begins <= start < ends
                for pk, kind, begins, ends in known
            )
            said = _now(there) if start == now else _first(start, zone, unreachable=there)
            found.append(Proof(schedule, False, said, _link(schedule, start, zone)))
        elif schedule.pk in unreachable:
            said = _("Somebody on call cannot be reached within 90 days.")
            found.append(Proof(schedule, False, said, reverse("oncall_schedule", args=[schedule.uid])))
        else:
            found.append(Proof(schedule, True, _proved(look.proved_until, zone), ""))
    return found


def _proved(until: datetime, zone: ZoneInfo) -> str:
    day = date_format(until.astimezone(zone), "j M Y")
    return _("Somebody is on call at every moment until %(day)s.") % {"day": day}


def _now(unreachable: bool) -> str:
    return _("Right now nobody would be woken.") if unreachable else _("Right now nobody is on call.")


def _first(start: datetime, zone: ZoneInfo, *, unreachable: bool) -> str:
    said = {"when": date_format(start.astimezone(zone), "j M H:i")}
    if unreachable:
        return _("First hour in 365 days in which nobody would be woken: %(when)s.") % said
    return _("First hour in 365 days without anyone: %(when)s.") % said


def _link(schedule: Schedule, start: datetime, zone: ZoneInfo) -> str:
    monday = monday_of(start.astimezone(zone).date())
    at = f"?from={monday:%Y-%m-%d}&at={stamp(start)}#shift"
    return reverse("oncall_schedule", args=[schedule.uid]) + at


def _percent(share: float) -> str:
    """Rounded down: 100 % is whole."""
    return f"{int(share * 1000 + 1e-6) / 10:g} %"
