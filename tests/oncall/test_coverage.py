"""Looking through the year ahead: what is stored, who is told, and that each gap is told once."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from config.tenancy.operations.people import end_membership
from config.tenancy.scoping import tenant_scope
from oncall.models import (
    ContactMethod,
    CoverageGap,
    CoverageLook,
    GapKind,
    Override,
    PersonalMessage,
    Restriction,
    Rotation,
    Schedule,
)
from oncall.operations import looking
from oncall.operations.coverage import first_gap, year_of, years_of
from oncall.operations.temporary import Planned, set_temporary
from tests.conftest import START
from tests.oncall.conftest import Pager
from tests.people import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def told() -> Any:
    """What was told so far, as (to whom, words)."""

    def told() -> list[tuple[str, str]]:
        rows = PersonalMessage.objects.filter(kind="notice").order_by("id").select_related("membership__user")
        return [(str(row.membership), row.why["words"]) for row in rows]

    return told


def watched(pager: Pager, *names: str) -> Schedule:
    """A schedule that tells, of people who can be woken."""
    for name in names:
        pager.contact(name)
    schedule = pager.schedule(*names)
    with acting(ENGINE, now=pager.now):
        schedule.tells_gaps = True
        schedule.save()
    return schedule


def off(pager: Pager, schedule: Schedule, name: str, start: datetime, end: datetime) -> Override:
    with acting(ENGINE, now=pager.now):
        return Override.objects.create(
            schedule=schedule, kind="remove", membership=pager.people[name], starts_at=start, ends_at=end
        )


def test_a_whole_year_is_proved(pager: Pager) -> None:
    schedule = watched(pager, "anna", "bram")
    pager.engine.run()
    look = CoverageLook.objects.get(schedule=schedule)
    assert (look.gap_at, look.proved_until, look.covered_percent) == (None, START + 365 * DAY, Decimal(100))
    assert not CoverageGap.objects.exists()
    assert first_gap(schedules=[schedule], now=pager.now) is None


def test_the_first_hour_without_anybody_is_found_far_beyond_what_is_shown(pager: Pager) -> None:
    schedule = watched(pager, "bram")
    christmas = datetime(2027, 10, 25, 2, tzinfo=UTC)
    off(pager, schedule, "bram", christmas, christmas + 4 * HOUR)
    pager.engine.run()
    look = CoverageLook.objects.get(schedule=schedule)
    assert (look.gap_at, look.proved_until) == (christmas, christmas)
    assert not CoverageGap.objects.exists()  # more than 90 days ahead
    hole = first_gap(schedules=[schedule], now=pager.now)
    assert hole is not None
    assert (hole.schedule, hole.start, hole.end) == (schedule, christmas, christmas + 4 * HOUR)


def test_a_new_gap_is_told_to_the_owners_once(pager: Pager, told: Any) -> None:
    schedule = watched(pager, "bram")
    gap = datetime(2026, 11, 25, 1, tzinfo=UTC)
    off(pager, schedule, "bram", gap, gap + 4 * HOUR)
    pager.later(minutes=1)
    assert told() == []  # somebody may still be at it
    pager.later(minutes=10)
    assert [who for who, _words in told()] == ["Anna"]
    assert "Checkout: nobody from Wed 25 Nov 02:00 to 06:00" in told()[0][1]
    for _night in range(3):
        pager.later(days=1)
    assert len(told()) == 1
    assert not CoverageGap.objects.exists()  # past


def test_what_is_filled_within_ten_minutes_is_not_told(pager: Pager, told: Any) -> None:
    schedule = watched(pager, "bram")
    override = off(pager, schedule, "bram", START + DAY, START + DAY + HOUR)
    pager.later(minutes=5)
    assert CoverageGap.objects.count() == 1  # shown at once
    with acting(ENGINE, now=pager.now):
        override.delete()
    pager.later(minutes=6)
    pager.later(days=2)
    assert told() == []
    assert not CoverageGap.objects.exists()


def test_a_gap_that_grows_is_told_again_one_that_shrinks_is_not(pager: Pager, told: Any) -> None:
    schedule = watched(pager, "bram")
    start = START + 2 * DAY
    override = off(pager, schedule, "bram", start, start + 4 * HOUR)
    pager.later(minutes=1)
    pager.later(minutes=11)
    for hours, messages in ((2, 1), (6, 2)):
        with acting(ENGINE, now=pager.now):
            override.ends_at = start + hours * HOUR
            override.save()
        pager.later(minutes=1)
        pager.later(minutes=11)
        assert len(told()) == messages, hours
    assert CoverageGap.objects.get().ends_at == start + 6 * HOUR


def test_one_without_end_is_told_once_however_the_horizon_moves(pager: Pager, told: Any) -> None:
    schedule = watched(pager, "bram")
    with acting(ENGINE, now=pager.now):
        Rotation.objects.get(schedule=schedule).delete()
    pager.engine.run()
    for _night in range(4):
        pager.later(days=1)
        pager.later(minutes=11)
    assert len(told()) == 1
    assert CoverageGap.objects.get().starts_at == START  # since it began, not since the last look


def test_several_schedules_are_one_message(pager: Pager, told: Any) -> None:
    pager.contact("bram")
    for name in ("Checkout", "Exports", "Search"):
        schedule = pager.schedule("bram", called=name)
        with acting(ENGINE, now=pager.now):
            schedule.tells_gaps = name != "Search"
            schedule.save()
        off(pager, schedule, "bram", START + DAY, START + DAY + HOUR)
    pager.later(minutes=1)
    pager.later(minutes=11)
    assert len(told()) == 1
    assert "Checkout" in told()[0][1]
    assert "Exports" in told()[0][1]
    assert "Search" not in told()[0][1]


def test_who_cannot_be_woken_is_said_by_name(pager: Pager, told: Any) -> None:
    schedule = watched(pager, "anna")
    with acting(ENGINE, now=pager.now):
        contact = ContactMethod.objects.get(membership=pager.people["anna"])
        contact.disabled_at = pager.now
        contact.save()
    pager.later(minutes=1)
    pager.later(minutes=11)
    gap = CoverageGap.objects.get()
    assert (gap.kind, gap.membership) == (GapKind.UNREACHABLE, pager.people["anna"])
    assert CoverageLook.objects.get().gap_at is not None
    assert year_of(schedule, now=pager.now).covered == 0
    assert "Anna cannot be reached" in told()[0][1]


def test_an_sms_wakes_nobody_where_none_can_be_sent(pager: Pager, settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = settings.TWILIO_FROM = ""
    pager.contact("bram", kind="sms", address="+31612345678")
    schedule = pager.schedule("bram")
    hole = first_gap(schedules=[schedule], now=pager.now)
    assert hole is not None
    assert hole.start == pager.now


def test_who_stands_in_a_temporary_schedule_counts_as_well(pager: Pager) -> None:
    schedule = watched(pager, "bram")
    contact = pager.contact("carla")
    carla = Planned(pager.people["carla"], START + DAY, START + 2 * DAY)
    marc = pager.people["marc"].as_actor()
    set_temporary(
        schedule=schedule, name="Fair", starts_at=carla.starts_at, ends_at=carla.ends_at, shifts=[carla],
        actor=marc, now=START,
    )  # fmt: skip
    pager.engine.run()
    assert CoverageLook.objects.get().gap_at is None
    with acting(ENGINE, now=pager.now):
        contact.disabled_at = pager.now
        contact.save()
    pager.engine.run()
    assert CoverageLook.objects.get().gap_at == START + DAY


def test_only_declared_hours_count(pager: Pager) -> None:
    schedule = watched(pager, "bram")
    with acting(ENGINE, now=pager.now):
        rotation = Rotation.objects.get(schedule=schedule)
        Restriction.objects.create(rotation=rotation, days="12345", start=time(9), end=time(17))
        schedule.coverage_days, schedule.coverage_start, schedule.coverage_end = "12345", time(9), time(17)
        schedule.save()
    pager.engine.run()
    assert CoverageLook.objects.get().gap_at is None
    with acting(ENGINE, now=pager.now):
        schedule.coverage_end = time(18)
        schedule.save()
    pager.engine.run()
    assert CoverageLook.objects.get().gap_at == datetime(2026, 11, 23, 16, tzinfo=UTC)
    # 64 weekdays of 8 of 9 hours, and 6 of the 7 left of today.
    assert CoverageLook.objects.get().covered_percent == Decimal("88.85")


def test_the_next_look_is_at_three_in_the_zone_of_the_schedule(pager: Pager) -> None:
    schedule = watched(pager, "bram")
    pager.engine.run()
    assert CoverageLook.objects.get(schedule=schedule).look_at == datetime(2026, 11, 24, 2, tzinfo=UTC)


def test_a_schedule_that_nobody_looks_through_is_found(pager: Pager) -> None:
    watched(pager, "bram")
    pager.engine.run()
    assert looking.repair_looks(pager.now) == 0
    CoverageLook.objects.all().delete()
    assert looking.repair_looks(pager.now) == 1
    assert CoverageLook.objects.get().look_at == pager.now


def test_leaving_makes_a_gap(pager: Pager, world: World, told: Any) -> None:
    watched(pager, "bram")
    pager.engine.run()
    anna: Membership = pager.people["anna"]
    end_membership(membership=pager.people["bram"], actor=anna.as_actor(), now=pager.now)
    pager.later(minutes=1)
    pager.later(minutes=11)
    assert CoverageGap.objects.get().kind == GapKind.NOBODY
    assert len(told()) == 1


def test_another_tenants_schedules_are_not_looked_at(pager: Pager, world: World) -> None:
    watched(pager, "bram")
    look = CoverageLook.objects.get()
    with tenant_scope(world.other.tenant.pk):
        assert looking.look(look.pk, pager.now) is False
    look.refresh_from_db()
    assert look.looked_at is None


def test_what_changes_while_a_year_is_worked_out_is_looked_at_again(
    pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look holds no lock meanwhile, and what it found is of the rules as they were."""
    schedule = watched(pager, "bram")

    def meanwhile(schedules: Any, *, now: datetime) -> Any:
        found = years_of(schedules, now=now)
        monkeypatch.setattr(looking, "years_of", years_of)
        pager.clock.move(seconds=1)
        off(pager, schedule, "bram", START + DAY, START + DAY + HOUR)
        return found

    monkeypatch.setattr(looking, "years_of", meanwhile)
    pager.engine.run()
    pager.later(seconds=1)
    assert CoverageLook.objects.get().gap_at == START + DAY
