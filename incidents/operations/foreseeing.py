"""Who would be paged for a service and a severity at a moment, how and when, and the rule that decides (N6).

Nothing is written: as opening such an incident at that moment would do. One answer for Declare, Raise and
Call in, the page of its own, the API and the command.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from config.tenancy.models import Membership, Tenant
from incidents.known import UNKNOWN_RANK
from incidents.models import (
    Alert,
    Incident,
    IncidentRole,
    MaintenanceMode,
    Service,
    ServiceUrgency,
    Severity,
)
from incidents.operations.crews import first_two
from incidents.operations.hours import office_hours_of
from incidents.operations.ladders import policy_of
from incidents.operations.maintained import WORST, Under, under_maintenance
from incidents.operations.urgency import first_urgency, urgency_of
from incidents.times import clock_words
from oncall.models import EscalationPolicy, Method, Schedule, StepTarget
from oncall.operations.coverage import Hole, first_gap
from oncall.operations.preview import PagedRow, PreviewedPerson, who_would_be_paged
from oncall.operations.reach import reach_of

HOUR = 60


@dataclass(frozen=True)
class Mark:
    """One method of a person, so many minutes after the ladder began. `wakes`: not only mail or chat."""

    minute: int
    word: str
    wakes: bool


@dataclass(frozen=True)
class Lane:
    """A person's first hour."""

    name: str
    marks: list[Mark]


@dataclass(frozen=True)
class Row:
    """`kind`: step, channel, passed, wait, repeat, end (oncall.operations.preview). `at` is aware."""

    at: datetime
    minutes: int
    names: list[str]
    people: list[PreviewedPerson]
    how: str
    why: str
    note: str
    reachable: bool
    kind: str


@dataclass(frozen=True)
class RoleCalled:
    role: IncidentRole
    first: list[Membership]


@dataclass(frozen=True)
class Paged:
    """`rules` are the sentences that decide. `pages_at` is when the ladder begins: later than `at` where it
    is held, None where maintenance opens no incident. `also` are roles that are called as well.
    """

    at: datetime
    pages_at: datetime | None
    rules: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    also: list[RoleCalled] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    policy: EscalationPolicy | None = None
    urgency: str = "high"

    @property
    def waits(self) -> bool:
        return self.pages_at != self.at

    @property
    def first(self) -> list[str]:
        """Whom it pages at once."""
        return [] if self.waits else next((row.names for row in self.rows if row.kind == "step"), [])


def foresee(
    *,
    tenant: Tenant,
    service: Service | None,
    severity: Severity | None,
    at: datetime,
    confirmed: bool = False,
    by_hand: bool = False,
    policy: EscalationPolicy | None = None,
    alerts: Iterable[Alert] = (),
) -> Paged:
    """`by_hand`: a person opens it, and is heard in maintenance where it is the worst. `policy`: that one,
    whatever the service says. `alerts` are those that would open it: maintenance may be about some only.
    Moments in words are in the active zone. Some twenty queries.
    """
    imagined = Incident(tenant=tenant, service=service, severity=severity)
    rules = _unknown(severity)
    under = under_maintenance(service, at, alerts)
    if under is not None and by_hand and severity is not None and severity.rank == WORST:
        words = {"until": clock_words(under.until, at), "severity": severity.word}
        rules.append(_("Maintenance until %(until)s, but %(severity)s by a person pages.") % words)
        under = None
    if under is not None:
        rules.append(_in_maintenance(under, at))
        if under.suppresses and not by_hand:
            return Paged(at, None, rules)
    pages_at = under.until if under is not None else at
    pages_at, held = _held(imagined, pages_at)
    rules += [held] if held else []
    policy = policy or policy_of(service)
    if policy is None:
        return Paged(at, pages_at, [*rules, _("There is no escalation policy: the owners are paged.")])
    urgency = first_urgency(imagined, pages_at)
    rules += _of_urgency(imagined, urgency, pages_at)
    rank = severity.rank if severity is not None else UNKNOWN_RANK
    found = who_would_be_paged(policy=policy, urgency=urgency, now=pages_at, severity_rank=rank)
    codes = severity.roles_called if severity is not None and confirmed and pages_at == at else ()
    return Paged(
        at=at,
        pages_at=pages_at,
        rules=rules,
        rows=[_row(row, pages_at) for row in found],
        also=_also_called(codes, at) if codes else [],
        lanes=_lanes(found, urgency),
        policy=policy,
        urgency=urgency,
    )


def gap_of(policy: EscalationPolicy | None, now: datetime) -> Hole | None:
    """The first hour within a year in which nobody of its schedules would be woken."""
    if policy is None:
        return None
    named = StepTarget.objects.filter(step__policy=policy, schedule__isnull=False).values("schedule_id")
    schedules = list(Schedule.objects.filter(pk__in=named))
    return first_gap(schedules=schedules, now=now) if schedules else None


# --- rules in words -----------------------------------------------------------------------------------------
def _unknown(severity: Severity | None) -> list[str]:
    if severity is not None:
        return []
    counts_as = Severity.objects.filter(rank=UNKNOWN_RANK).first()
    words = {"word": counts_as.word if counts_as else f"SEV{UNKNOWN_RANK}"}
    return [_("Unknown severity counts as %(word)s.") % words]


def _in_maintenance(under: Under, at: datetime) -> str:
    said = {
        MaintenanceMode.NO_PAGE: _("Maintenance until %(until)s: nobody is paged (%(name)s)."),
        MaintenanceMode.RECORD_ONLY: _("Maintenance until %(until)s: recorded only (%(name)s)."),
        MaintenanceMode.SUPPRESS: _("Maintenance until %(until)s: alerts open no incident (%(name)s)."),
    }[MaintenanceMode(under.window.mode)]
    return said % {"until": clock_words(under.until, at), "name": under.window.name}


def _held(incident: Incident, at: datetime) -> tuple[datetime, str]:
    """When it pages, and why not at once."""
    severity = incident.severity
    if severity is None or severity.pages:
        return at, ""
    hours = office_hours_of(incident, at)
    opens = None if hours.is_open(at) else hours.next_start(at)
    if opens is None:
        return at, ""
    words = {"severity": severity.word, "at": clock_words(opens, at)}
    return opens, _("%(severity)s outside office hours: held until %(at)s, one silent mail goes out.") % words


def _of_urgency(incident: Incident, urgency: str, at: datetime) -> list[str]:
    if urgency == "high":
        return []
    service = incident.service
    if service is None or urgency_of(incident) == "low" or service.urgency != ServiceUrgency.OFFICE:
        return [_("By the rules for low urgency.")]
    opens = office_hours_of(incident, at).next_start(at)
    words = {"at": clock_words(opens, at) if opens else ""}
    return [_("Outside office hours: low urgency, paged again with high at %(at)s.") % words]


# --- parts --------------------------------------------------------------------------------------------------
def _also_called(codes: tuple[str, ...], now: datetime) -> list[RoleCalled]:
    roles = list(IncidentRole.objects.filter(code__in=codes, policy__isnull=False))
    called = first_two({role.policy_id for role in roles if role.policy_id}, now=now)
    return [RoleCalled(role, next(iter(called.get(role.policy_id, [])), [])) for role in roles]


def _row(row: PagedRow, begins: datetime) -> Row:
    return Row(
        at=begins + row.after,
        minutes=_minutes(row.after),
        names=row.names,
        people=row.people,
        how=row.how,
        why=row.why,
        note=row.note,
        reachable=row.reachable,
        kind=row.kind,
    )


def _lanes(rows: Iterable[PagedRow], urgency: str) -> list[Lane]:
    """Each person's methods within the first hour of the first round. Two queries at most."""
    steps = [(row, one) for row in rows if row.kind == "step" for one in row.memberships]
    reach = reach_of({one.pk for _row, one in steps}, urgency=urgency)
    marks: dict[Membership, list[Mark]] = {}
    for row, person in steps:
        for way in reach[person.pk].ways:
            minute = _minutes(row.after) + way.delay_minutes
            if minute <= HOUR:
                mark = Mark(minute, str(Method(way.method).label), way.method in WAKES)
                marks.setdefault(person, []).append(mark)
    return [Lane(str(person), found) for person, found in marks.items()]


WAKES = (Method.SMS, Method.VOICE, Method.PUSH)


def _minutes(after: timedelta) -> int:
    return int(after.total_seconds() // 60)
