from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.tenancy.models import Tenant
from config.tenancy.scoping import tenant_scope
from incidents.models import Service, Severity
from incidents.operations.foreseeing import foresee, gap_of
from oncall.management.commands.who_is_on_call import find_tenant, read_moment
from oncall.models import EscalationPolicy, Urgency
from oncall.operations.preview import PagedRow, who_would_be_paged


class Command(BaseCommand):
    help = "Says who would be paged, when and how, for a service or a policy at a moment. Pages nobody."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--service", metavar="NAME", default="")
        parser.add_argument("--severity", metavar="WORD", help="SEV1; unknown where left out.", default="")
        parser.add_argument("--policy", metavar="NAME", help="The default policy where left out.", default="")
        parser.add_argument(
            "--urgency", choices=Urgency.values, default=Urgency.HIGH.value, help="Without a service."
        )
        parser.add_argument("--at", help="ISO 8601 with an offset: 2026-11-28T03:00+01:00", default="")

        parser.add_argument("--by-hand", action="store_true", help="A person opens it, not a monitor.")

    def handle(self, *args: Any, tenant: str, at: str, **options: Any) -> None:
        found, moment = find_tenant(tenant), read_moment(at)
        with tenant_scope(found.pk), timezone.override(found.zone):
            if options.get("service") or options.get("severity"):
                self._of_service(found, moment, options)
            else:
                self._of_policy(moment, options)

    def _of_service(self, tenant: Tenant, at: datetime, options: dict[str, Any]) -> None:
        service = _one(Service.objects.select_related("team", "policy"), "service", "name", options)
        severity = _one(Severity.objects.all(), "severity", "word", options)
        policy = _one(EscalationPolicy.objects.all(), "policy", "name", options)
        by_hand = bool(options.get("by_hand"))
        paged = foresee(
            tenant=tenant, service=service, severity=severity, policy=policy, at=at, by_hand=by_hand
        )
        self.stdout.write(f"{service or 'no service'}, {severity or 'severity unknown'}, {paged.urgency}")
        for rule in paged.rules:
            self.stdout.write(rule)
        for row in paged.rows:
            named = [str(one.membership) for one in row.people] or row.names
            self.stdout.write(_line(row.minutes, named, row.how, row.why, row.note, reachable=row.reachable))
        gap = gap_of(paged.policy, at)
        if gap is not None:
            self.stdout.write(f"first hour without anybody: {gap.start.isoformat()} ({gap.schedule})")

    def _of_policy(self, at: datetime, options: dict[str, Any]) -> None:
        name = options.get("policy", "")
        named = {"name": name} if name else {"is_default": True}
        policy = EscalationPolicy.objects.filter(**named).first()
        if policy is None:
            raise CommandError(f"There is no policy {name!r}." if name else "No policy is the default.")
        urgency = options.get("urgency", Urgency.HIGH.value)
        self.stdout.write(f"{policy.name}, {urgency}")
        for row in who_would_be_paged(policy=policy, urgency=urgency, now=at):
            self.stdout.write(_of_row(row))


def _one(rows: Any, what: str, field: str, options: dict[str, Any]) -> Any:
    said = options.get(what, "")
    if not said:
        return None
    found = rows.filter(**{field: said}).first()
    if found is None:
        raise CommandError(f"There is no {what} {said!r}.")
    return found


def _of_row(row: PagedRow) -> str:
    minutes = int(row.after.total_seconds() // 60)
    return _line(minutes, row.names, row.how, row.why, row.note, reachable=row.reachable)


def _line(minutes: int, names: list[str], *words: str, reachable: bool) -> str:
    parts = [f"+{minutes} min", ", ".join(names), *words]
    warning = "" if reachable else "  ! no usable rule"
    return "  ".join(part for part in parts if part) + warning
