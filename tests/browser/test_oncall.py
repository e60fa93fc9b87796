"""The on-call calendar in a real browser: cover tonight in two taps, and each page in all its looks."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import User
from config.tenancy.scoping import tenant_scope
from oncall.models import (
    Absence,
    Holiday,
    Override,
    Restriction,
    Rotation,
    RotationMember,
    Schedule,
    Swap,
)
from oncall.operations.feeds import make_feed
from oncall.operations.resolve import on_call_at
from tests.browser.conftest import DESK, PHONE, Person
from tests.browser.looking import look, look_all_round
from tests.browser.stage import Stage
from tests.conftest import Engine, MovedClock

HOUR = timedelta(hours=1)


@pytest.fixture
def calendar(stage: Stage, engine: Engine, moved_clock: MovedClock) -> Schedule:
    """Checkout: a weekly layer, by day another; a cover, a swap that is asked, somebody away, and a gap."""
    people = stage.world.acme.members
    now = moved_clock.now()
    with tenant_scope(stage.world.acme.tenant.pk):
        schedule: Schedule = Schedule.objects.get(name="Checkout")
        with acting(ENGINE, now=now):
            weekly = Rotation.objects.get(schedule=schedule)
            for place, name in enumerate(("anna", "marc"), 2):
                RotationMember.objects.create(rotation=weekly, membership=people[name], position=place)
            day = Rotation.objects.create(
                schedule=schedule, name="By day", start_date=now.date(), start_time=time(9), unit="day",
                priority=1,
            )  # fmt: skip
            for place, name in enumerate(("carla", "anna"), 1):
                RotationMember.objects.create(rotation=day, membership=people[name], position=place)
            Restriction.objects.create(rotation=day, days="12345", start=time(9), end=time(18))
            gap = datetime(2026, 11, 26, 1, tzinfo=UTC)
            Override.objects.create(
                schedule=schedule,
                kind="remove",
                membership=people["bram"],
                starts_at=gap,
                ends_at=gap + 4 * HOUR,
            )
            cover = datetime(2026, 11, 27, 17, tzinfo=UTC)
            Override.objects.create(
                schedule=schedule, kind="replace", membership=people["marc"], replaces=people["bram"],
                starts_at=cover, ends_at=cover + 40 * HOUR,
            )  # fmt: skip
            Swap.objects.create(
                schedule=schedule, membership=people["bram"], starts_at=cover + 41 * HOUR,
                ends_at=cover + 55 * HOUR, note="My sister gets married", made_at=now,
            )  # fmt: skip
            Absence.objects.create(
                membership=people["anna"], starts_at=now + 168 * HOUR, ends_at=now + 220 * HOUR, note="Skiing"
            )
            Holiday.objects.create(day=datetime(2026, 11, 28, tzinfo=UTC).date(), name="Founders day")
            network = Schedule.objects.create(name="Network", time_zone="Asia/Tokyo")
            Rotation.objects.create(
                schedule=network, name="Nobody yet", start_date=now.date(), start_time=time(9), unit="week"
            )
    engine.run()
    return schedule


def test_cover_tonight_in_two_taps(
    someone: Callable[..., Person], calendar: Schedule, stage: Stage, moved_clock: MovedClock
) -> None:
    anna = someone(size=PHONE)
    anna.sign_in("anna@acme.test", f"/t/acme/oncall/{calendar.uid}")
    anna.start()
    tonight = anna.page.locator(".cal-agenda.today .cal-final, .cal-agenda.today .cal-block").last
    tonight.click()
    anna.taps += 1
    anna.tap("Cover this", role="button")
    anna.sees("You are on call for Checkout then.")
    assert anna.taps == 2
    assert not anna.errors
    with tenant_scope(stage.world.acme.tenant.pk):
        at = moved_clock.now() + 10 * HOUR
        assert [str(one.membership) for one in on_call_at(schedule=calendar, at=at)] == ["Anna"]


def test_a_block_by_keyboard_and_back(someone: Callable[..., Person], calendar: Schedule) -> None:
    bram = someone(size=DESK)
    bram.sign_in("bram@acme.test", f"/t/acme/oncall/{calendar.uid}")
    gap = "Nobody is on call for Checkout, Thu 26 Nov 02:00 to 06:00. Fill it"
    bram.page.get_by_role("link", name=gap).first.focus()
    bram.page.keyboard.press("Enter")
    bram.page.get_by_role("button", name="I am on call then").wait_for(state="visible")
    bram.tap("Close", role="link")
    bram.page.get_by_role("button", name="I am on call then").wait_for(state="hidden")
    assert not bram.errors


def test_it_works_without_script(someone: Callable[..., Person], calendar: Schedule) -> None:
    bram = someone(size=PHONE, script=False)
    bram.sign_in("bram@acme.test", f"/t/acme/oncall/{calendar.uid}?at=2026-11-26T01:00:00Z")
    bram.go(f"/t/acme/oncall/{calendar.uid}?at=2026-11-26T01:00:00Z#shift")
    bram.tap("I am on call then", role="button")
    bram.sees("You are on call for Checkout then.")
    assert "Nobody is on call for Checkout, Thu 26" not in bram.page.content()


def test_the_pages_of_the_calendar(
    someone: Callable[..., Person], calendar: Schedule, stage: Stage, moved_clock: MovedClock
) -> None:
    with tenant_scope(stage.world.acme.tenant.pk):
        marc = stage.world.acme.members["marc"]
        make_feed(membership=marc, schedule=None, actor=marc.as_actor(), now=moved_clock.now())
    person = someone(size=DESK)
    person.sign_in("marc@acme.test", "/t/acme/oncall")
    problems: list[str] = []
    for name, path in {
        "oncall": "oncall",
        "oncall-schedule": f"oncall/{calendar.uid}",
        "oncall-later": f"oncall/{calendar.uid}?from=2027-03-22&zone=schedule",
        "oncall-calendars": "oncall/calendars",
    }.items():
        person.go(f"/t/acme/{path}")
        look_all_round(person, name, problems)
    moments = {"shift": "24T20:00", "gap": "26T01:00", "cover": "28T01:00"}
    for name, at in moments.items():
        person.go("about:blank")
        person.go(f"/t/acme/oncall/{calendar.uid}?at=2026-11-{at}:00Z#shift")
        look_all_round(person, f"oncall-sheet-{name}", problems)
    for fold in person.page.locator("#shift details summary").all():
        fold.click()
    look(person, "oncall-sheet-open", problems)
    assert not problems, "\n".join(problems)


def test_the_pages_in_dutch(someone: Callable[..., Person], calendar: Schedule, stage: Stage) -> None:
    with acting(ENGINE, now=calendar.tenant.created_at):
        user = User.objects.get(email="marc@acme.test")
        user.language = "nl"
        user.save()
    person = someone(size=PHONE)
    person.sign_in("marc@acme.test", f"/t/acme/oncall/{calendar.uid}")
    problems: list[str] = []
    look(person, "oncall-dutch-390", problems)
    assert not problems, "\n".join(problems)
