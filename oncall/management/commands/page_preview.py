from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.tenancy.scoping import tenant_scope
from oncall.management.commands.who_is_on_call import find_tenant, read_moment
from oncall.models import EscalationPolicy, Urgency
from oncall.operations.preview import PagedRow, who_would_be_paged


class Command(BaseCommand):
    help = "Says who would be paged, when and how, if a policy began now or at a moment. Pages nobody."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--policy", metavar="NAME", help="The default policy where left out.", default="")
        parser.add_argument("--urgency", choices=Urgency.values, default=Urgency.HIGH.value)
        parser.add_argument("--at", help="ISO 8601 with an offset: 2026-11-28T03:00+01:00", default="")

    def handle(self, *args: Any, tenant: str, policy: str, urgency: str, at: str, **options: Any) -> None:
        found = find_tenant(tenant)
        moment = read_moment(at)
        with tenant_scope(found.pk):
            named = {"name": policy} if policy else {"is_default": True}
            one = EscalationPolicy.objects.filter(**named).first()
            if one is None:
                raise CommandError(
                    f"There is no policy {policy!r}." if policy else "No policy is the default."
                )
            self.stdout.write(f"{one.name}, {urgency}")
            for row in who_would_be_paged(policy=one, urgency=urgency, now=moment):
                self.stdout.write(_line(row))


def _line(row: PagedRow) -> str:
    minutes = int(row.after.total_seconds() // 60)
    parts = [f"+{minutes} min", ", ".join(row.names), row.how, row.why]
    warning = "" if row.reachable else "  ! no usable rule"
    return "  ".join(part for part in parts if part) + warning
