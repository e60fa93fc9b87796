"""/ical/<token>.ics: duty as an iCal calendar, for whoever knows the address. No session, no cookie.

Unknown, revoked, of a closed tenant or of somebody who left: one neutral 404. Times are UTC, so that no
VTIMEZONE is needed; nothing of any incident is in it.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils import translation
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event, vText

from config import clock
from config.tenancy import links
from config.tenancy.doors import DoorClosed, open_door
from config.tenancy.models import DoorKind, Tenant
from oncall.models import CalendarFeed
from oncall.operations.feed_events import Shift
from oncall.operations.feeds import Served, read_feed

PRODUCT = "-//Muster//On call//EN"


@require_safe
def ical(request: HttpRequest, token: str) -> HttpResponseBase:
    try:
        with open_door(DoorKind.ICAL, token) as opened:
            served = read_feed(feed_id=opened.row_id, now=clock.now())
            if served is None:
                raise DoorClosed
            response = _answer(request, served)
    except DoorClosed:
        raise Http404 from None
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _answer(request: HttpRequest, served: Served) -> HttpResponse:
    if served.wait is not None:
        response = HttpResponse(status=429, content_type="text/plain; charset=utf-8")
        response["Retry-After"] = str(int(served.wait.total_seconds()))
        return response
    with translation.override(served.feed.membership.user.language):
        body = calendar_of(served.feed, served.shifts)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="on-call.ics"'
    response["ETag"] = etag
    return response


def calendar_of(feed: CalendarFeed, shifts: Sequence[Shift]) -> bytes:
    """The same bytes for the same rules: no time of reading is in it. Reads the tenant."""
    tenant = Tenant.objects.get(pk=feed.tenant_id)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _name(feed, tenant))
    for shift in shifts:
        calendar.add_component(_event(shift, tenant, own=feed.schedule_id is None))
    written: bytes = calendar.to_ical()
    return written


def _name(feed: CalendarFeed, tenant: Tenant) -> str:
    if feed.schedule is not None:
        return _("%(schedule)s on call, %(tenant)s") % {"schedule": feed.schedule, "tenant": tenant}
    return _("%(name)s on call, %(tenant)s") % {"name": feed.membership, "tenant": tenant}


def _event(shift: Shift, tenant: Tenant, *, own: bool) -> Event:
    event = Event()
    event.add("uid", f"{shift.uid}@{_host()}")
    event.add("dtstamp", shift.changed_at)
    event.add("last-modified", shift.changed_at)
    event.add("sequence", _sequence(shift.changed_at))
    event.add("dtstart", shift.start)
    event.add("dtend", shift.end)
    event.add("summary", vText(_summary(shift, own=own)))
    event.add("description", vText(shift.why))
    event.add("url", links.tenant(tenant.slug, f"oncall/{shift.schedule.uid}"))
    event.add("transp", "TRANSPARENT")  # on call is not busy
    return event


def _summary(shift: Shift, *, own: bool) -> str:
    said = {"schedule": shift.schedule.name, "name": str(shift.person), "whom": str(shift.instead_of or "")}
    if own:
        mine = _("%(schedule)s: on call") % said
        if shift.instead_of is None:
            return mine
        how = _("swap with %(whom)s") if shift.is_swap else _("for %(whom)s")
        return f"{mine} ({how % said})"
    if shift.instead_of is None:
        return _("%(schedule)s: %(name)s") % said
    if shift.is_swap:
        return _("%(schedule)s: %(name)s (swap with %(whom)s)") % said
    return _("%(schedule)s: %(name)s for %(whom)s") % said


def _sequence(changed_at: datetime) -> int:
    """Grows with every change; minutes, since clients keep it in 32 bits."""
    return int(changed_at.timestamp()) // 60


def _host() -> str:
    return links.absolute("").partition("://")[2].partition(":")[0].partition("/")[0]
