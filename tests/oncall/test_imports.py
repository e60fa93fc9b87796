"""Calendars that are read: absences and holidays, from a file or an address, and whatever can go wrong."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from config.tenancy.operations.people import end_membership
from config.tenancy.outbound import OutboundError, Reply
from config.tenancy.scoping import tenant_scope
from oncall.adapters.apart import read_apart
from oncall.models import Absence, Holiday, ImportedCalendar
from oncall.operations import imports
from oncall.operations.imports import READING
from tests.conftest import START
from tests.oncall.conftest import Pager
from tests.people import World

DAY = timedelta(days=1)
ADDRESS = "https://calendar.acme.test/leave.ics?key=hush"


def calendar(*events: str) -> bytes:
    parts = [f"BEGIN:VEVENT\n{event}\nEND:VEVENT" for event in events]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//", *parts, "END:VCALENDAR", ""]
    return "\n".join(lines).replace("\n", "\r\n").encode()


CHRISTMAS = "UID:x\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227\nSUMMARY:At the clinic"
MEETING = "UID:m\nDTSTART;TZID=America/New_York:20261201T090000\nDURATION:PT2H"


def read_file(pager: Pager, name: str, body: bytes) -> ImportedCalendar:
    person = pager.people[name]
    return imports.import_calendar(
        kind="absences", name="Leave", membership=person, body=body, actor=person.as_actor(), now=pager.now
    )


def bounds() -> list[tuple[datetime, datetime]]:
    return list(Absence.objects.order_by("starts_at").values_list("starts_at", "ends_at"))


class Web:
    """The world: what an address answers, or the error it raises."""

    answer: Any = Reply(200, calendar(CHRISTMAS), None)
    asked: list[tuple[str, int]]

    def __init__(self) -> None:
        self.asked = []

    def fetch(self, method: str, url: str, **given: Any) -> Reply:
        self.asked.append((url, given["most"]))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Web:
    there = Web()
    monkeypatch.setattr(imports, "fetch", there.fetch)
    return there


def subscribe(pager: Pager, name: str = "bram", address: str = ADDRESS) -> ImportedCalendar:
    who = pager.people[name]
    return imports.import_calendar(
        kind="absences", name="Leave", membership=who, address=address, actor=who.as_actor(), now=pager.now
    )


def test_whole_days_are_days_where_the_person_lives(pager: Pager) -> None:
    row = read_file(pager, "bram", calendar(CHRISTMAS, MEETING))
    assert bounds() == [
        (datetime(2026, 12, 1, 14, tzinfo=UTC), datetime(2026, 12, 1, 16, tzinfo=UTC)),
        (datetime(2026, 12, 23, 23, tzinfo=UTC), datetime(2026, 12, 26, 23, tzinfo=UTC)),
    ]
    assert {absence.membership for absence in Absence.objects.all()} == {pager.people["bram"]}
    assert (row.read_at, row.next_read_at) == (START, None)
    # What for is nobody's business.
    assert not Absence.objects.exclude(note="").exists()


def test_what_is_free_or_cancelled_is_no_absence(pager: Pager) -> None:
    read_file(
        pager,
        "bram",
        calendar(
            MEETING + "\nTRANSP:TRANSPARENT",
            MEETING + "\nSTATUS:CANCELLED",
            MEETING + "\nX-MICROSOFT-CDO-BUSYSTATUS:FREE",
            "UID:old\nDTSTART;VALUE=DATE:20200101",
            "UID:far\nDTSTART;VALUE=DATE:20300101",
        ),
    )
    assert bounds() == []


def test_repetitions_are_worked_out_with_their_exceptions(pager: Pager) -> None:
    weekly = "UID:w\nDTSTART;VALUE=DATE:20261202\nRRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;VALUE=DATE:20261209"
    read_file(pager, "bram", calendar(weekly))
    assert [start.date() for start, _end in bounds()] == [date(2026, 12, day) for day in (1, 15, 22)]


DAILY = "DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY"
NEVER = "DTSTART;VALUE=DATE:19720101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not a calendar"),
        (b"\x00\xff\xfe" * 50, "not a calendar"),
        (b"<html>Sign in</html>", "not a calendar"),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "not a calendar"),
        (b"x" * (1024 * 1024 + 1), "larger than 1 MB"),
        (calendar(*[f"UID:{n}\n{DAILY}" for n in range(9)]), "more entries"),
        (calendar(*[f"UID:{n}\n{NEVER}" for n in range(400)]), "too long"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(pager: Pager, body: bytes, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        read_file(pager, "bram", body)
    assert not ImportedCalendar.objects.exists()


def test_what_repeats_each_second_is_left_out(pager: Pager) -> None:
    """37 million absences otherwise."""
    read_file(
        pager,
        "bram",
        calendar(
            "UID:1\nDTSTART:20261201T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
            "UID:2\nDTSTART:20261201T000000Z\nDURATION:PT1S\nRRULE:FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3",
        ),
    )
    assert bounds() == []


def test_an_address_is_read_again_every_six_hours_and_its_rows_are_replaced(pager: Pager, web: Web) -> None:
    row = subscribe(pager)
    pager.engine.run()
    assert web.asked == [(ADDRESS, 1024 * 1024 + 1)]
    kept = Absence.objects.get()
    web.answer = Reply(200, calendar(CHRISTMAS, MEETING), None)
    pager.later(hours=5)
    assert len(web.asked) == 1
    pager.later(hours=1)
    assert Absence.objects.count() == 2
    assert Absence.objects.filter(pk=kept.pk).exists()  # the same one, and not one just like it
    web.answer = Reply(200, calendar(MEETING), None)
    pager.later(hours=6)
    assert bounds() == [(datetime(2026, 12, 1, 14, tzinfo=UTC), datetime(2026, 12, 1, 16, tzinfo=UTC))]
    row.refresh_from_db()
    assert (row.read_at, row.next_read_at, row.error) == (pager.now, pager.now + timedelta(hours=6), "")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Reply(404, b"", None), "answered with 404"),
        (Reply(200, b"<html>", None), "not a calendar"),
        (Reply(200, b"x" * (1024 * 1024 + 1), None), "larger than 1 MB"),
        (OutboundError("that address is not public"), "not public"),
    ],
)
def test_what_was_read_before_stays_and_the_next_try_waits_longer(
    pager: Pager, web: Web, answer: Any, words: str
) -> None:
    row = subscribe(pager)
    pager.engine.run()
    web.answer = answer
    pager.later(hours=6)
    row.refresh_from_db()
    assert words in row.error
    assert (row.failures, row.next_read_at) == (1, pager.now + timedelta(hours=6))
    pager.later(hours=6)
    row.refresh_from_db()
    assert (row.failures, row.next_read_at) == (2, pager.now + timedelta(hours=12))
    assert Absence.objects.count() == 1
    web.answer = Reply(200, calendar(CHRISTMAS), None)
    pager.later(hours=12)
    row.refresh_from_db()
    assert (row.failures, row.error) == (0, "")


def test_an_inner_address_is_refused_where_it_is_called(pager: Pager) -> None:
    row = subscribe(pager, address="http://127.0.0.1/leave.ics")
    pager.engine.run()
    row.refresh_from_db()
    assert "not public" in row.error
    assert row.read_at is None


def test_webcal_is_https_and_nonsense_is_refused(pager: Pager) -> None:
    assert subscribe(pager, address="webcal://x.test/a.ics").address == "https://x.test/a.ics"
    for wrong in ("file:///etc/passwd", "leave.ics", ""):
        with pytest.raises(ValidationError):
            subscribe(pager, address=wrong)


def test_holidays_are_days_of_a_team_or_of_everybody(pager: Pager) -> None:
    imports.import_calendar(
        kind="holidays", name="Dutch", body=calendar(CHRISTMAS.replace("At the clinic", "Christmas")),
        actor=pager.people["marc"].as_actor(), now=pager.now,
    )  # fmt: skip
    days = list(Holiday.objects.values_list("day", "name", "team"))
    assert days == [(date(2026, 12, day), "Christmas", None) for day in (24, 25, 26)]


def test_whose_calendar_one_may_give(pager: Pager) -> None:
    bram, marc = pager.people["bram"], pager.people["marc"]
    with pytest.raises(PermissionDenied):
        imports.import_calendar(
            kind="absences", name="x", membership=marc, body=calendar(), actor=bram.as_actor(), now=START
        )
    with pytest.raises(PermissionDenied):
        imports.import_calendar(kind="holidays", name="x", body=calendar(), actor=bram.as_actor(), now=START)
    row = read_file(pager, "bram", calendar(CHRISTMAS))
    with pytest.raises(PermissionDenied):
        imports.remove_calendar(calendar=row, actor=pager.people["carla"].as_actor(), now=START)
    imports.remove_calendar(calendar=row, actor=marc.as_actor(), now=START)
    assert not Absence.objects.exists()


def test_another_tenants_calendar_is_a_missing_one(
    pager: Pager, world: World, web: Web, in_scope: Callable[..., Any]
) -> None:
    row = read_file(pager, "bram", calendar(CHRISTMAS))
    olga = world.other.members["olga"]
    for deed in (imports.remove_calendar, imports.read_again):
        with tenant_scope(world.other.tenant.pk), pytest.raises(ImportedCalendar.DoesNotExist):
            deed(calendar=row, actor=olga.as_actor(), now=START)
    bram = pager.people["bram"]
    with tenant_scope(world.other.tenant.pk), pytest.raises(ValidationError):
        imports.import_calendar(
            kind="absences", name="x", membership=bram, body=calendar(), actor=olga.as_actor(), now=START
        )
    assert Absence.objects.count() == 1


def test_an_absence_that_becomes_old_is_not_made_again(pager: Pager, web: Web) -> None:
    """Read for a day beyond what is replaced: it would be a second row with the same key."""
    web.answer = Reply(200, calendar("UID:o\nDTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261125"), None)
    row = subscribe(pager)
    pager.engine.run()
    ended = bounds()[0][1]
    pager.clock.set(ended + imports.PAST + timedelta(hours=1))
    imports.read_again(calendar=row, actor=pager.people["bram"].as_actor(), now=pager.now)
    pager.engine.run()
    row.refresh_from_db()
    assert (Absence.objects.count(), row.read_at, row.claims) == (1, pager.now, 0)


def test_the_calendar_of_who_left_is_read_no_more(pager: Pager, world: World, web: Web) -> None:
    row = subscribe(pager)
    pager.engine.run()
    end_membership(
        membership=pager.people["bram"], actor=world.acme.members["anna"].as_actor(), now=pager.now
    )
    pager.later(hours=7)
    row.refresh_from_db()
    assert (len(web.asked), row.address, row.next_read_at) == (1, "", None)


@pytest.mark.django_db(transaction=True)
def test_only_one_is_read_at_a_time_over_all(pager: Pager, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses that never answer must not fill the workers that send pages."""
    for name in ("bram", "carla"):
        subscribe(pager, name)
    meanwhile: list[int] = []

    def slowly(method: str, url: str, **given: Any) -> Reply:
        with ThreadPoolExecutor(1) as other:
            meanwhile.append(other.submit(elsewhere).result())
        return web.fetch(method, url, **given)

    def elsewhere() -> int:
        try:
            assert imports.due_work().oldest_due(pager.now) is None  # nobody rings for it meanwhile
            return imports.run_calendars(pager.now)
        finally:
            connection.close()

    monkeypatch.setattr(imports, "fetch", slowly)
    assert [imports.run_calendars(pager.now) for _ in range(3)] == [1, 1, 0]
    assert (meanwhile, len(web.asked)) == ([0, 0], 2)


@pytest.mark.django_db(transaction=True)
def test_the_turn_is_given_back_whichever_connections_the_work_took(pager: Pager, web: Web) -> None:
    """Where nothing is bound, as in a worker, each scope gives its connection back; the next has another."""
    for name in ("bram", "carla"):
        subscribe(pager, name)
    spare = [connection.copy() for _ in range(3)]
    for other in spare:
        other.ensure_connection()
    for other in spare:
        other.close()

    def work() -> list[int]:
        try:
            return [imports.run_calendars(pager.now) for _ in range(3)]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as worker:
        assert worker.submit(work).result() == [1, 1, 0]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [READING[0]]
        )
        assert cursor.fetchone() == (0,)


def test_what_takes_a_calendar_apart_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def run(*_args: Any, **options: Any) -> Any:
        given.update(options)
        return SimpleNamespace(stdout=b'{"entries": []}')

    monkeypatch.setenv("SECRET_KEY", "hush")
    monkeypatch.setattr("oncall.adapters.apart.subprocess.run", run)
    read_apart(calendar(CHRISTMAS), start=START, end=START + DAY, zone="UTC")
    assert set(given["env"]) == {"PATH", "LANG"}
