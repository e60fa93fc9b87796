"""/t/<tenant>/who: who would be paged for a service and a severity, at any moment."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from config import clock
from config.tenancy import links
from incidents.models import Service, Severity
from incidents.office_hours import to_utc
from incidents.operations.foreseeing import foresee, gap_of
from incidents.views.paged_picture import picture_of
from oncall.models import EscalationPolicy, Holiday

NIGHT, NOON = time(3), time(12)
EARLIEST, LATEST = 1971, 2100


@dataclass(frozen=True)
class Chip:
    """A moment that one tap asks for; `said` goes into the address, empty for now."""

    words: str
    said: str
    on: bool


@require_safe
def who(request: HttpRequest) -> HttpResponse:
    """Reads only. What makes no sense in the address is said, and the usual stands in its place."""
    if not request.user.has_perm("incidents.view"):
        raise PermissionDenied
    bound: Any = request
    now = clock.now()
    service, severity, policy = _chosen(request)
    at, wrong = _moment(request.GET.get("at", ""), now)
    paged = foresee(tenant=bound.tenant, service=service, severity=severity, policy=policy, at=at)
    gap = gap_of(paged.policy, now)
    context = {
        "now": now,
        "at": at,
        "said_at": f"{timezone.localtime(at):%Y-%m-%dT%H:%M}",
        "wrong": wrong,
        "paged": paged,
        "picture": picture_of(paged),
        "gap": gap,
        "fill_url": links.tenant_path(bound.tenant.slug, f"oncall/{gap.schedule.uid}") if gap else "",
        "chips": _chips(request.GET.get("at", ""), now),
        "services": list(Service.objects.filter(archived_at=None)),
        "severities": list(Severity.objects.all()),
        "chosen": {"service": service, "severity": severity, "policy": policy},
    }
    return render(request, "incidents/paged/who.html", context)


@require_safe
def who_rows(request: HttpRequest) -> HttpResponse:
    """The rows alone, at this moment: what a person who raises or calls in would cause."""
    if not request.user.has_perm("incidents.view"):
        raise PermissionDenied
    bound: Any = request
    now = clock.now()
    service, severity, policy = _chosen(request)
    paged = foresee(
        tenant=bound.tenant, service=service, severity=severity, policy=policy, at=now, by_hand=True
    )
    return render(request, "incidents/paged/rows.html", {"now": now, "paged": paged})


def _chosen(request: HttpRequest) -> tuple[Service | None, Severity | None, EscalationPolicy | None]:
    services = Service.objects.filter(archived_at=None).select_related("team", "policy")
    return (
        _named(request, "service", services),
        _named(request, "severity", Severity.objects.all()),
        _named(request, "policy", EscalationPolicy.objects.all()),
    )


def _named(request: HttpRequest, name: str, rows: Any) -> Any:
    """By uid; a foreign or missing one is none."""
    uid = request.GET.get(name, "").replace("\0", "")[:12]
    return rows.filter(uid=uid).first() if uid else None


def _moment(said: str, now: datetime) -> tuple[datetime, str]:
    """A wall-clock time of the reader's zone, or one with an offset; and what is wrong with it."""
    if not said:
        return now, ""
    try:
        found = parse_datetime(said.replace("\0", ""))
    except ValueError:
        found = None
    if found is None or not EARLIEST <= found.year <= LATEST:
        return now, _("Write a moment as 2026-11-28T03:00. This is how it is now.")
    if timezone.is_naive(found):
        found = to_utc(found.date(), found.time(), _zone())
    return found, ""


def _chips(said: str, now: datetime) -> list[Chip]:
    local = timezone.localtime(now)
    night = local.date() + timedelta(days=local.time() >= NIGHT)
    chips = [Chip(_("now"), "", not said)]
    tonight = f"{night.isoformat()}T{NIGHT:%H:%M}"
    chips.append(Chip(_("tonight %(at)s") % {"at": f"{NIGHT:%H:%M}"}, tonight, said == tonight))
    holiday = Holiday.objects.filter(day__gt=local.date()).order_by("day").first()
    if holiday is not None:
        at = f"{holiday.day.isoformat()}T{NOON:%H:%M}"
        chips.append(Chip(_("next holiday: %(name)s") % {"name": holiday}, at, said == at))
    return chips


def _zone() -> ZoneInfo:
    zone: Any = timezone.get_current_timezone()
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo(str(zone))
