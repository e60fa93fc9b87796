"""Calendars that are read: who is away, and holidays. From an address again and again, or once from a file.

Whatever goes wrong is said in words on the calendar's row, and what was read before stays.
"""

from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from config import doorbell
from config.clock import DueWork
from config.tenancy.actors import ENGINE, Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Team
from config.tenancy.outbound import OutboundError, fetch
from config.tenancy.scoping import all_tenants, tenant_scope
from oncall.adapters.apart import Unreadable, read_apart
from oncall.models import Absence, CalendarKind, Holiday, ImportedCalendar
from oncall.operations.claiming import Claimed, DueRows
from oncall.rota import first_instant

log = structlog.get_logger(__name__)

PAST, AHEAD = timedelta(days=30), timedelta(days=400)
EVERY, LONGEST_WAIT = timedelta(hours=6), timedelta(days=1)
MOST_BYTES = 1024 * 1024
MOST_CALENDARS = 20  # of one person, and of holidays
POISON_AFTER = 5
# Slow or hostile addresses of many tenants must never keep the workers that send pages.
CALENDARS = DueRows("oncall_importedcalendar", "next_read_at", seats=1)
# Both halves of an advisory lock's key: "cals", "read".
READING = (0x63616C73, 0x72656164)
WORDS_AT_MOST = 300


def import_calendar(
    *,
    kind: str,
    name: str,
    actor: Actor,
    now: datetime,
    membership: Membership | None = None,
    team: Team | None = None,
    address: str = "",
    body: bytes | None = None,
) -> ImportedCalendar:
    """Absences of `membership`, or holidays of `team` (None: everybody's), from `address` or a file's `body`.

    An address is read by the engine at once; a file here and now. Needs oncall.setup, or that the absences
    are the actor's own. Raises ValidationError: no calendar, too large, too many, no address at all.
    """
    _must(actor, kind, membership)
    address = _as_web(address.strip())
    if not address and body is None:
        raise ValidationError(_("Give the address of a calendar, or a file."))
    entries = None if body is None else _read(body, kind, membership, team, now)
    with acting(actor, now=now):
        calendar = ImportedCalendar(
            kind=kind,
            name=name.strip()[:80],
            membership=membership,
            team=team,
            address=address if body is None else "",
            next_read_at=now if body is None else None,
        )
        calendar.full_clean(exclude={"read_at", "next_read_at", "lease_until", "lease_token"})
        others = ImportedCalendar.objects.filter(kind=kind, membership=membership)
        if others.count() >= MOST_CALENDARS:
            raise ValidationError(_("There are %(n)d calendars already.") % {"n": MOST_CALENDARS})
        calendar.save()
        if entries is not None:
            _replace(calendar, entries, now)
            calendar.read_at = now
            calendar.save()
    doorbell.ring("oncall.calendars")
    return calendar


def remove_calendar(*, calendar: ImportedCalendar, actor: Actor, now: datetime) -> None:
    """The calendar and all that was read from it. Needs the same as importing it."""
    _must(actor, calendar.kind, calendar.membership)
    with acting(actor, now=now):
        row = ImportedCalendar.objects.select_for_update(of=("self",)).get(pk=calendar.pk)
        for entry in [*row.absences.all(), *row.holidays.all()]:
            entry.delete()
        row.delete()


def read_again(*, calendar: ImportedCalendar, actor: Actor, now: datetime) -> None:
    """The engine reads its address as soon as it can. One that came from a file stays as it is."""
    _must(actor, calendar.kind, calendar.membership)
    with acting(actor, now=now):
        row = ImportedCalendar.objects.select_for_update(of=("self",)).get(pk=calendar.pk)
        if row.address:
            row.next_read_at = now
            row.save(update_fields=["next_read_at"])
    doorbell.ring("oncall.calendars")


def forget_calendars_of(*, membership: Membership, actor: Actor, now: datetime) -> None:
    """Addresses of who left are called no more and not kept. Whoever ended the membership was allowed to."""
    with acting(actor, now=now):
        rows = ImportedCalendar.objects.select_for_update(no_key=True, of=("self",))
        for row in rows.filter(membership=membership).order_by("pk"):
            row.address = ""
            row.next_read_at = row.lease_until = row.lease_token = None
            row.save(update_fields=["address", "next_read_at", "lease_until", "lease_token"])


def _must(actor: Actor, kind: str, membership: Membership | None) -> None:
    own = membership is not None and membership.pk == actor.membership_id
    if not (own and kind == CalendarKind.ABSENCES):
        actor.must("oncall.setup")


def _as_web(address: str) -> str:
    """What calendar programs write for "subscribe here" is https."""
    scheme, _colon, rest = address.partition("://")
    if not address:
        return ""
    if scheme.lower() in {"webcal", "webcals"}:
        scheme = "https"
    if scheme.lower() not in {"http", "https"} or not rest or len(address) > 2000:
        raise ValidationError({"address": _("Write the address of a calendar: https://…")})
    return f"{scheme.lower()}://{rest}"


# --- what is read -------------------------------------------------------------------------------------------
def _read(
    body: bytes, kind: str, membership: Membership | None, team: Team | None, now: datetime
) -> list[dict[str, Any]]:
    """Raises ValidationError with words for whoever gave the calendar. In a process of its own."""
    if len(body) > MOST_BYTES:
        raise ValidationError(_("It is larger than 1 MB."))
    zone = _zone(membership, team)
    try:
        return read_apart(body, start=now - PAST, end=now + AHEAD, zone=zone.key)
    except Unreadable as error:
        raise ValidationError(_why(error.code)) from error


def _why(code: str) -> str:
    return {
        "too_many": _("It has more entries than can be taken in: 2000 in 14 months."),
        "too_much_work": _("Its repetitions take too long to work out."),
    }.get(code, _("It is not a calendar in the iCal format."))


def _zone(membership: Membership | None, team: Team | None) -> ZoneInfo:
    """Whole days are days where the person lives."""
    if membership is not None:
        return ZoneInfo(membership.user.time_zone)
    return team.zone if team is not None else ZoneInfo("UTC")


def _replace(calendar: ImportedCalendar, entries: list[dict[str, Any]], now: datetime) -> None:
    """The rows of the calendar become these; what is the same stays, what is long over is left alone."""
    if calendar.kind == CalendarKind.ABSENCES:
        _replace_absences(calendar, entries, now)
    else:
        _replace_holidays(calendar, entries)


def _replace_absences(calendar: ImportedCalendar, entries: list[dict[str, Any]], now: datetime) -> None:
    zone = _zone(calendar.membership, None)
    wanted = {entry["key"]: _bounds(entry, zone) for entry in entries}
    # What has just become old is still read for a day: it is known by its key, and must not be made again.
    lately = Q(ends_at__gt=now - PAST) | Q(key__in=list(wanted))
    for row in Absence.objects.filter(lately, calendar=calendar):
        bounds = wanted.pop(row.key, None)
        if bounds is None:
            row.delete()
        elif bounds != (row.starts_at, row.ends_at):
            row.starts_at, row.ends_at = bounds
            row.save()
    for key, (start, end) in wanted.items():
        Absence.objects.create(
            membership=calendar.membership, calendar=calendar, key=key, starts_at=start, ends_at=end
        )


def _replace_holidays(calendar: ImportedCalendar, entries: list[dict[str, Any]]) -> None:
    wanted = {(day, entry["title"] or calendar.name) for entry in entries for day in _days(entry)}
    for row in Holiday.objects.filter(calendar=calendar):
        if (row.day, row.name) in wanted:
            wanted.discard((row.day, row.name))
        else:
            row.delete()
    for day, name in sorted(wanted):
        Holiday.objects.create(day=day, name=name, team=calendar.team, calendar=calendar)


def _bounds(entry: dict[str, Any], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """What a colleague's calendar says an absence is about is nobody's business: only when."""
    if not entry["all_day"]:
        return datetime.fromisoformat(entry["start"]), datetime.fromisoformat(entry["end"])
    first, last = (datetime.fromisoformat(entry[name]) for name in ("start", "end"))
    return first_instant(first, zone), first_instant(last, zone)


def _days(entry: dict[str, Any]) -> list[date]:
    """At most a month of one entry: a holiday is a day or a few."""
    first = datetime.fromisoformat(entry["start"]).date()
    last = datetime.fromisoformat(entry["end"]).date() if entry["all_day"] else first + timedelta(days=1)
    return [first + timedelta(days=ahead) for ahead in range(min((last - first).days, 31))]


# --- due work -----------------------------------------------------------------------------------------------
def run_calendars(now: datetime) -> int:
    """Reads one calendar that is due at `now`. Returns how many rows were claimed: 1 or 0.

    Only one is read at a time, over all tenants: a second worker goes away with 0, and whoever reads takes
    what is due after it.
    """
    # On a connection of its own: leaving a scope gives the usual one back to the pool, and the lock with it.
    with closing(connection.copy()) as own, own.cursor() as cursor:
        # Of the session, not of a transaction: none is open while the world is called.
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", READING)
        if not cursor.fetchone()[0]:
            return 0
        try:
            return _run_one(now)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", READING)


def _run_one(now: datetime) -> int:
    batch = CALENDARS.claim(now, limit=1)
    for claimed in batch:
        with tenant_scope(claimed.tenant_id):
            try:
                _work(claimed, now)
            except Exception:
                log.exception("calendar_failed_here", calendar=claimed.id, claims=claimed.claims)
                CALENDARS.put_back(claimed, now)
    return len(batch)


def _work(claimed: Claimed, now: datetime) -> None:
    """Read unlocked, called outside any transaction, written under lock if nobody else has it by now."""
    rows = ImportedCalendar.objects.select_related("membership__user", "team")
    calendar = rows.filter(pk=claimed.id, lease_token=claimed.token).first()
    if calendar is None:
        return
    entries: list[dict[str, Any]] = []
    error = _("It could not be read.") if claimed.claims > POISON_AFTER else ""
    if not error:
        try:
            body = _fetched(calendar.address, now)
            entries = _read(body, calendar.kind, calendar.membership, calendar.team, now)
        except (OutboundError, ValidationError) as refusal:
            error = " ".join(getattr(refusal, "messages", [str(refusal)]))
    with acting(ENGINE, now=now):
        locked = ImportedCalendar.objects.select_for_update(no_key=True, of=("self",))
        row = locked.filter(pk=claimed.id, lease_token=claimed.token).first()
        if row is not None:
            _write(row, calendar, entries, error, now)


def _fetched(address: str, now: datetime) -> bytes:
    if not address:
        raise ValidationError(_("Its address is gone. Give it again."))
    reply = fetch("GET", address, headers={"accept": "text/calendar"}, now=now, most=MOST_BYTES + 1)
    if reply.status != 200:
        raise OutboundError(_("The address answered with %(status)d.") % {"status": reply.status})
    return reply.body


def _write(
    row: ImportedCalendar,
    read: ImportedCalendar,
    entries: list[dict[str, Any]],
    error: str,
    now: datetime,
) -> None:
    if error:
        row.failures = min(row.failures + 1, 100)
        row.error = error[:WORDS_AT_MOST]
        row.next_read_at = now + min(EVERY * 2 ** (row.failures - 1), LONGEST_WAIT)
    else:
        _replace(read, entries, now)
        row.failures, row.error, row.read_at = 0, "", now
        row.next_read_at = now + EVERY
    row.lease_until = row.lease_token = None
    row.claims = 0
    row.save()


def _oldest_due(now: datetime) -> datetime | None:
    """None while one is read: the others wait for their turn. They are not late, and nobody is to be rung."""
    with all_tenants("calendars that are read"):
        if ImportedCalendar.objects.filter(lease_until__gt=now).exists():
            return None
    return CALENDARS.oldest_due(now)


def due_work() -> DueWork:
    return DueWork("oncall.calendars", run_calendars, _oldest_due, CALENDARS.next_due, queue="send")
