"""Who would be paged for a choice of service and severity, or the rule that decides that nobody is."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.models import Membership, Tenant
from incidents.models import Incident, IncidentRole, Response, Service, Severity
from incidents.operations.crews import first_two
from incidents.operations.hours import office_hours_of
from incidents.operations.ladders import policy_of
from incidents.operations.urgency import first_urgency
from incidents.times import clock_words
from oncall.operations.preview import PagedRow, who_would_be_paged


@dataclass(frozen=True)
class Row:
    minutes: int
    names: list[str]
    how: str
    why: str
    reachable: bool
    kind: str


@dataclass(frozen=True)
class RoleCalled:
    role: IncidentRole
    first: list[Membership]


@dataclass(frozen=True)
class Paged:
    """`rule` is the sentence that decides where rows do not; `also` are roles that are called as well."""

    rows: list[Row] = field(default_factory=list)
    rule: str = ""
    also: list[RoleCalled] = field(default_factory=list)

    @property
    def first(self) -> list[str]:
        return self.rows[0].names if self.rows else []


def preview(
    *, tenant: Tenant, service: Service | None, severity: Severity | None, confirmed: bool, now: datetime
) -> Paged:
    """As opening such an incident at `now` would do. Writes nothing; a bounded number of queries."""
    imagined = Incident(tenant=tenant, service=service, severity=severity)
    if held := _held_until(imagined, now):
        at = clock_words(held, now)
        return Paged(rule=_("Held until %(at)s: nobody is paged now, one silent mail goes out.") % {"at": at})
    policy = policy_of(service)
    if policy is None:
        return Paged(rule=_("There is no escalation policy: the owners are paged."))
    rows = who_would_be_paged(policy=policy, urgency=first_urgency(imagined, now), now=now)
    codes = severity.roles_called if severity is not None and confirmed else ()
    return Paged(rows=[_row(row) for row in rows], also=_also_called(codes, now) if codes else [])


def _held_until(incident: Incident, now: datetime) -> datetime | None:
    severity = incident.severity
    if severity is None or severity.response != Response.OFFICE_HOURS:
        return None
    hours = office_hours_of(incident, now)
    return None if hours.is_open(now) else hours.next_start(now)


def _also_called(codes: tuple[str, ...], now: datetime) -> list[RoleCalled]:
    roles = list(IncidentRole.objects.filter(code__in=codes, policy__isnull=False))
    called = first_two({role.policy_id for role in roles if role.policy_id}, now=now)
    return [RoleCalled(role, next(iter(called.get(role.policy_id, [])), [])) for role in roles]


def _row(row: PagedRow) -> Row:
    minutes = int(row.after.total_seconds() // 60)
    return Row(minutes, row.names, row.how, row.why, row.reachable, row.kind)
