from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from config import clock
from config.tenancy.models import Tenant
from config.tenancy.scoping import tenant_scope
from oncall.models import Schedule
from oncall.operations.past import on_call_then
from oncall.operations.resolve import OnCall


class Command(BaseCommand):
    help = "Says who is on call in a tenant, on every schedule, now or at a moment; in the past, who was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--at", help="ISO 8601 with an offset: 2026-11-28T03:00+01:00", default="")

    def handle(self, *args: Any, tenant: str, at: str, **options: Any) -> None:
        found = find_tenant(tenant)
        now = clock.now()
        moment = read_moment(at)
        with tenant_scope(found.pk):
            schedules = list(Schedule.objects.order_by("name"))
            on_call = on_call_then(schedules=schedules, at=moment, now=now)
            for schedule in schedules:
                people = [_said(one, schedule) for one in on_call[schedule.pk]]
                self.stdout.write(f"{schedule.name}: {', '.join(people) or _('Nobody')}")


def find_tenant(slug: str) -> Tenant:
    tenant = Tenant.objects.filter(slug=slug, closed_at=None).first()
    if tenant is None:
        raise CommandError(f"There is no tenant {slug!r}.")
    return tenant


def read_moment(text: str) -> datetime:
    """Now, where nothing is given."""
    if not text:
        return clock.now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is not a time. Write 2026-11-28T03:00+01:00.") from error
    if moment.tzinfo is None:
        raise CommandError(f"{text!r} says no offset. Write 2026-11-28T03:00+01:00.")
    return moment


def _said(one: OnCall, schedule: Schedule) -> str:
    if one.until is None:
        return f"{one.membership} ({one.source})"
    until = one.until.astimezone(schedule.zone)
    return f"{one.membership} ({one.source}, until {until:%a %d %b %H:%M} {schedule.time_zone})"
