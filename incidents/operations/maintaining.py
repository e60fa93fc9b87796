"""Maintenance windows: made, changed, ended early; and what is due when one begins or ends (ONCALL 4.10)."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy.actors import ENGINE, Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.deadlines import Deadlines
from incidents.conditions import problems_in, tidy
from incidents.models import (
    OPEN_PHASES,
    Incident,
    MaintenanceMode,
    MaintenanceService,
    MaintenanceWindow,
    Repeats,
    Service,
)
from incidents.operations.keeping_quiet import begin_for, let_out
from incidents.operations.maintained import covers
from incidents.operations.rerouting import reroute
from oncall.rota import first_instant, wall_clock

log = structlog.get_logger(__name__)

DUE = "incidents.maintenance"
MAY = "incidents.respond"
MOST_MINUTES = 24 * 60
QUICK = ZoneInfo("UTC")


def save_window(
    *, window: MaintenanceWindow, services: Iterable[Service], actor: Actor, now: datetime
) -> MaintenanceWindow:
    """Makes it, or changes one that is there, for these services (none where it is for all).

    With conditions it is about alerts that meet them all. Takes hold at once where it is under way. Raises
    ValidationError by field; Service.DoesNotExist for another tenant's. Needs incidents.respond: whoever
    deploys silences for it.
    """
    actor.must(MAY)
    chosen = list(Service.objects.filter(pk__in=[service.pk for service in services]).order_by("pk"))
    if len(chosen) != len({service.pk for service in services}):
        raise Service.DoesNotExist
    if window.all_services == bool(chosen):
        raise ValidationError({"services": _("Choose services, or all of them.")})
    if problems := problems_in(window.conditions):
        raise ValidationError({"conditions": problems})
    window.conditions = tidy(window.conditions)
    with acting(actor, now=now):
        if window.pk is None:
            window.created_at, window.created_by_id = now, actor.membership_id
        # Whatever has changed about it is looked at now.
        window.next_change_at = now
        window.full_clean()
        _forget_old_end(window, now)
        window.save()
        _set_services(window, chosen)
    doorbell.ring(DUE)
    return window


def start_maintenance(
    *,
    service: Service,
    minutes: int = 60,
    mode: str = MaintenanceMode.NO_PAGE,
    actor: Actor,
    now: datetime,
) -> MaintenanceWindow:
    """From this moment, for so many minutes. Needs incidents.respond.

    In UTC: on the clock of a team an hour that comes twice could not be told from the one before it.
    """
    actor.must(MAY)
    if not 1 <= minutes <= MOST_MINUTES:
        raise ValidationError({"minutes": _("Use 1 to %(most)s minutes.") % {"most": MOST_MINUTES}})
    start, end = wall_clock(now, QUICK), wall_clock(_whole(now, minutes), QUICK)
    window = MaintenanceWindow(
        name=_("Maintenance of %(service)s") % {"service": service},
        mode=mode,
        time_zone=QUICK.key,
        start_date=start.date(),
        start_time=start.time().replace(second=0, microsecond=0),
        end_date=end.date(),
        end_time=end.time(),
    )
    return save_window(window=window, services=[service], actor=actor, now=now)


def end_maintenance(
    *, window: MaintenanceWindow, for_good: bool = False, actor: Actor, now: datetime
) -> MaintenanceWindow:
    """Ends the occurrence that is under way; `for_good`, and where it happens once, all that would follow.

    What still fires pages then, as at its ordinary end. Raises Conflict where there is nothing to end.
    Needs incidents.respond.
    """
    actor.must(MAY)
    with acting(actor, now=now):
        window = _lock(window.pk)
        under_way = window.occurrence_at(now) is not None
        if window.cancelled_at is not None or not (under_way or for_good):
            raise Conflict(_("This maintenance is not under way."))
        if under_way:
            window.ended_at = now
        if for_good or window.repeats == Repeats.NONE:
            window.cancelled_at = now
        window.next_change_at = now
        window.save()
    doorbell.ring(DUE)
    return window


def _set_services(window: MaintenanceWindow, chosen: list[Service]) -> None:
    there = {one.service_id: one for one in MaintenanceService.objects.filter(window=window)}
    for service in chosen:
        if there.pop(service.pk, None) is None:
            MaintenanceService.objects.create(window=window, service=service)
    for left in there.values():
        left.delete()


def _forget_old_end(window: MaintenanceWindow, now: datetime) -> None:
    """Ended, and now moved to hours still to come: it takes place. Any other change leaves it ended."""
    if window.pk is None or (window.cancelled_at is None and window.ended_at is None):
        return
    before, times = MaintenanceWindow.objects.get(pk=window.pk).times, window.times
    moved = (before.start, before.zone) != (times.start, times.zone)
    if moved and first_instant(times.start, times.zone) > now:
        window.cancelled_at = window.ended_at = None


def _whole(now: datetime, minutes: int) -> datetime:
    """Never shorter than asked for: the minute that has begun is given."""
    end = now + timedelta(minutes=minutes)
    return end if not (end.second or end.microsecond) else end.replace(second=0, microsecond=0) + MINUTE


MINUTE = timedelta(minutes=1)


def _lock(pk: int) -> MaintenanceWindow:
    found: MaintenanceWindow = MaintenanceWindow.objects.select_for_update(no_key=True).get(pk=pk)
    return found


# --- due work -----------------------------------------------------------------------------------------------
def _follow(window_id: int, now: datetime) -> bool:
    """Holds what is open where it has begun, lets out what it held where it is over. In several transactions:
    each incident has its own locks, and what was done is not done again. Where one failed, it stays due.
    """
    window = MaintenanceWindow.objects.get(pk=window_id)
    due = window.next_change_at
    if due is None or due > now or not _all_done(window, now):
        return False
    with acting(ENGINE, now=now):
        window = _lock(window_id)
        if window.next_change_at == due:
            # Nobody's deed: no row of history.
            row: Any = window
            row.next_change_at = window.times.next_change(now)
            row.save_without_historical_record(update_fields=["next_change_at"])
    return True


def _all_done(window: MaintenanceWindow, now: datetime) -> bool:
    done = []
    if window.occurrence_at(now) is not None:
        done += [_alone(begin_for, incident_id, window, now) for incident_id in _open(window)]
    elif window.reroute_on_end:
        done.append(_alone(reroute, window, now))
    done += [_alone(let_out, incident_id, now) for incident_id in _held_by(window)]
    return all(done)


def _alone(deed: Callable[..., object], *given: object) -> bool:
    """One that fails must not keep the others from it: loud in the log. Did it go well?"""
    try:
        deed(*given)
    except Exception:
        log.exception("maintenance_failed", deed=deed.__name__, of=str(given[0]))
        return False
    return True


def _open(window: MaintenanceWindow) -> list[int]:
    found = Incident.objects.filter(covers(window), phase__in=OPEN_PHASES)
    return list(found.order_by("pk").values_list("pk", flat=True))


def _held_by(window: MaintenanceWindow) -> list[int]:
    found = Incident.objects.filter(maintenance=window, held_until__isnull=False)
    return list(found.order_by("pk").values_list("pk", flat=True))


WORK = Deadlines(DUE, MaintenanceWindow, "next_change_at", _follow).due_work()
