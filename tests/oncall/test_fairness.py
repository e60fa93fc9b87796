"""Who carries how much."""

from datetime import UTC, datetime, timedelta

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Tenant
from config.tenancy.scoping import tenant_scope
from oncall.models import Holiday
from oncall.operations.fairness import fairness
from oncall.operations.schedules import set_participants
from tests.conftest import START
from tests.oncall.conftest import Pager
from tests.people import World

WEEK = timedelta(weeks=1)
MONDAY = datetime(2026, 11, 30, 8, tzinfo=UTC)  # 09:00 in Amsterdam: a handover


def test_a_week_each_in_hours_nights_weekends_and_holidays(pager: Pager) -> None:
    schedule = pager.schedule("anna", "bram")
    with acting(ENGINE, now=START):
        Holiday.objects.create(day=MONDAY.date() + timedelta(days=1), name="Founders day")
        user = pager.people["anna"].user
        user.time_zone = "Asia/Tokyo"
        user.save()
    rows = fairness(schedules=[schedule], start=MONDAY, end=MONDAY + 2 * WEEK, now=START)
    assert [(str(row.membership), row.hours, row.shifts) for row in rows] == [
        ("Anna", 168, 1),
        ("Bram", 168, 1),
    ]
    # Seven nights of nine hours, a weekend and one day, on each one's own clock.
    assert {(row.night_hours, row.weekend_hours) for row in rows} == {(63, 48)}
    assert {str(row.membership): row.holiday_hours for row in rows} == {"Anna": 0, "Bram": 24}


def test_who_really_was_on_call_counts_for_what_is_past(pager: Pager) -> None:
    schedule = pager.schedule("anna")
    rotation = schedule.rotations.get()
    pager.clock.set(START + WEEK)
    marc, bram = pager.people["marc"], pager.people["bram"]
    set_participants(rotation=rotation, memberships=[bram], actor=marc.as_actor(), now=pager.now)
    rows = fairness(schedules=[schedule], start=START, end=START + 3 * WEEK, now=pager.now)
    assert {str(row.membership): row.hours for row in rows} == {"Anna": 168, "Bram": 336}


def test_two_schedules_at_once_are_one_time(pager: Pager) -> None:
    both = [pager.schedule("anna", called="One"), pager.schedule("anna", called="Two")]
    rows = fairness(schedules=both, start=START, end=START + WEEK, now=START)
    assert [(row.hours, row.shifts) for row in rows] == [(168, 2)]


def test_called_and_woken_stand_beside_the_hours(pager: Pager) -> None:
    pager.contact("bram")
    schedule = pager.schedule("bram")
    policy = pager.policy([schedule])
    pager.start(policy)
    pager.clock.set(START + timedelta(hours=16))  # 03:00
    pager.start(policy, key="INC-43")
    rows = fairness(schedules=[schedule], start=START, end=START + WEEK, now=pager.now)
    assert [(row.called, row.woken) for row in rows] == [(2, 1)]


def test_another_tenant_sees_nothing(pager: Pager, world: World, acme: Tenant) -> None:
    schedule = pager.schedule("anna")
    with tenant_scope(world.other.tenant.pk):
        assert fairness(schedules=[schedule], start=START, end=START + WEEK, now=START) == []
