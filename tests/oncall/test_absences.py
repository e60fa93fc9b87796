"""Absences: passed over, said, and what they hit."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.scoping import tenant_scope
from oncall.models import Absence, ImportedCalendar, Schedule
from oncall.operations.absences import Added, add_absence, remove_absence
from oncall.operations.resolve import on_call_at
from tests.oncall.conftest import Pager, person
from tests.people import World

HOUR = timedelta(hours=1)


def away(pager: Pager, name: str, start: int, end: int, by: str = "") -> Added:
    return add_absence(
        membership=pager.people[name],
        starts_at=pager.now + start * HOUR,
        ends_at=pager.now + end * HOUR,
        actor=person(pager.people[by or name]),
        now=pager.now,
    )


def who(schedule: Schedule, at: datetime) -> list[tuple[str, str]]:
    return [(str(one.membership), one.source) for one in on_call_at(schedule=schedule, at=at)]


def test_the_next_in_line_has_the_turn_and_it_is_said(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    added = away(pager, "bram", 1, 5)
    assert who(schedule, pager.now) == [("Bram", "Weekly")]
    assert who(schedule, pager.now + HOUR) == [("Marc", "Weekly; Bram is away: next in line")]
    assert who(schedule, pager.now + 5 * HOUR) == [("Bram", "Weekly")]
    assert added.warnings == ["Checkout, Mon 23 Nov 12:00 – Mon 23 Nov 16:00: Marc instead."]


def test_what_is_not_passed_on_by_itself_is_said_too(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    pager.schedule("vera", called="Alone")
    with acting(ENGINE, now=pager.now):
        schedule.overrides.create(
            kind="replace",
            membership=pager.people["vera"],
            replaces=pager.people["bram"],
            starts_at=pager.now,
            ends_at=pager.now + 2 * HOUR,
        )
    added = away(pager, "vera", -3, 5, by="anna")
    assert added.warnings == [
        "Still on call for Checkout, Mon 23 Nov 11:00 – Mon 23 Nov 13:00. Ask somebody.",
        "Nobody is on call for Alone, Mon 23 Nov 11:00 – Mon 23 Nov 16:00.",
    ]
    assert [(hit.stays, hit.instead) for hit in added.hits] == [(True, ()), (False, ())]


def test_away_without_a_duty_hits_nothing(pager: Pager) -> None:
    pager.schedule("bram", "marc")
    assert away(pager, "marc", 1, 5).warnings == []


def test_back_at_once_where_it_runs_and_gone_where_it_is_to_come(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    bram = person(pager.people["bram"])
    coming = away(pager, "bram", 10, 12).absence
    running = away(pager, "bram", -1, 5).absence
    remove_absence(absence=coming, actor=bram, now=pager.now)
    remove_absence(absence=running, actor=bram, now=pager.now)
    running.refresh_from_db()
    assert running.ends_at == pager.now
    assert Absence.objects.count() == 1
    assert who(schedule, pager.now) == [("Bram", "Weekly")]
    with pytest.raises(Conflict, match="past"):
        remove_absence(absence=running, actor=bram, now=pager.now)


def test_one_from_a_calendar_is_changed_there(pager: Pager) -> None:
    with acting(ENGINE, now=pager.now):
        calendar = ImportedCalendar.objects.create(
            kind="absences", name="Leave", membership=pager.people["bram"]
        )
        row = Absence.objects.create(
            membership=pager.people["bram"],
            starts_at=pager.now,
            ends_at=pager.now + HOUR,
            calendar=calendar,
            key="1",
        )
    with pytest.raises(Conflict, match="calendar"):
        remove_absence(absence=row, actor=person(pager.people["bram"]), now=pager.now)


def test_nonsense_is_refused_and_others_are_for_managers(pager: Pager) -> None:
    with pytest.raises(ValidationError):
        away(pager, "bram", 5, 1)
    with pytest.raises(Conflict):
        away(pager, "bram", -5, -1)
    with pytest.raises(PermissionDenied):
        away(pager, "marc", 1, 5, by="bram")
    with pytest.raises(PermissionDenied):
        away(pager, "vera", 1, 5)
    row = away(pager, "marc", 1, 5).absence
    with pytest.raises(PermissionDenied):
        remove_absence(absence=row, actor=person(pager.people["bram"]), now=pager.now)
    assert Absence.objects.count() == 1


def test_an_outsider_finds_no_absence_and_has_none_here(pager: Pager, world: World) -> None:
    row = away(pager, "bram", 1, 5).absence
    olga = world.other.members["olga"]
    with tenant_scope(world.other.tenant.pk):
        for each in (row, Absence(pk=10**12)):
            with pytest.raises(Absence.DoesNotExist):
                remove_absence(absence=each, actor=person(olga), now=pager.now)
    pager.people["olga"] = olga
    with pytest.raises(ValidationError):
        away(pager, "olga", 1, 5, by="anna")
    assert Absence.objects.count() == 1


def test_who_stays_on_call_while_away_hears_of_it_two_weeks_ahead_once(pager: Pager) -> None:
    schedule = pager.schedule("bram", "marc")
    day = 24 * HOUR
    with acting(ENGINE, now=pager.now):
        schedule.overrides.create(
            kind="add",
            membership=pager.people["vera"],
            starts_at=pager.now + 20 * day,
            ends_at=pager.now + 21 * day,
        )
    away(pager, "vera", 20 * 24 - 1, 22 * 24, by="anna")
    pager.later(days=5)
    pager.mails()
    pager.later(days=2)  # within two weeks
    told = [subject for name, subject in pager.mails() if name == "vera"]
    assert len(told) == 1
    pager.later(days=1)
    assert "vera" not in pager.mailed()


def test_who_is_passed_over_by_the_rotation_needs_no_telling(pager: Pager) -> None:
    pager.schedule("bram", "marc")
    away(pager, "bram", 48, 72)
    pager.later(days=1)
    assert "bram" not in pager.mailed()
