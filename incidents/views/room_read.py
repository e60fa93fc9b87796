"""Everything the incident room shows, read with a fixed number of statements whatever there is."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from config.tenancy.models import Membership, Team, TenantSettings
from incidents import phases
from incidents.facts import facts_of
from incidents.models import (
    OPEN_PHASES,
    Alert,
    AlertStatus,
    Audience,
    Call,
    CallKind,
    Channel,
    Incident,
    IncidentRole,
    Message,
    RoleAssignment,
    RoleCode,
    Severity,
    TimelineEntry,
)
from incidents.views.actions import Given, Next, drawn
from oncall.models import EscalationState
from oncall.operations.progress import PagedPerson, paged_people
from statuspage.models import Component

ENTRIES = 20
ALERTS = 12


@dataclass(frozen=True)
class Seat:
    """One role and who has it; `call` is the running call for it."""

    role: IncidentRole
    given: RoleAssignment | None
    call: "Calling | None" = None
    mine: bool = False


@dataclass(frozen=True)
class Calling:
    """One call-in and what became of it."""

    call: Call
    people: list[PagedPerson]
    mine: bool

    @property
    def state(self) -> str:
        state: str = self.call.escalation.state
        return state

    @property
    def paging(self) -> bool:
        return self.state == EscalationState.PAGING


@dataclass
class Room:
    incident: Incident
    membership: Membership
    now: datetime
    facts: phases.Facts
    steps: tuple[phases.Step, ...]
    next: Next
    open_ends: tuple[phases.Missing, ...]
    seats: list[Seat]
    callings: list[Calling]
    channels: dict[str, Channel]
    usual_room: bool
    told: dict[str, Message | None]
    entries: list[TimelineEntry]
    more: bool
    rows: int
    alerts: list[Alert]
    alert_count: int
    alert_open: int
    alert_services: int
    severities: list[Severity]
    sheets: dict[str, Any] = field(default_factory=dict)

    @property
    def manager(self) -> Membership | None:
        for seat in self.seats:
            if seat.role.code == RoleCode.MANAGER and seat.given:
                found: Membership = seat.given.membership
                return found
        return None

    @property
    def steps_done(self) -> int:
        return sum(step.state in {"done", "not_needed"} for step in self.steps)

    @property
    def update_is_late(self) -> bool:
        due = self.incident.next_update_at
        return due is not None and due < self.now


def read_room(incident: Incident, *, membership: Membership, now: datetime, rows: int = ENTRIES) -> Room:
    facts = facts_of(incident, membership=membership, now=now)
    callings = _callings(incident, membership)
    severities = list(Severity.objects.all())
    seats = _seats(incident, callings, membership)
    entries = list(incident.timeline.order_by("-id")[: rows + 1])
    counted = _count_alerts(incident)
    given = _given(incident, severities, seats, callings, facts)
    return Room(
        incident=incident,
        membership=membership,
        now=now,
        facts=facts,
        steps=phases.steps(facts),
        next=drawn(phases.next_action(facts), given),
        open_ends=phases.open_ends(facts),
        seats=seats,
        callings=[one for one in callings if one.call.kind != CallKind.ROLE],
        channels={channel.kind: channel for channel in Channel.objects.filter(incident=incident)},
        usual_room=_has_usual_room(),
        told=_told(incident),
        entries=entries[:rows],
        more=len(entries) > rows,
        rows=rows,
        alerts=list(
            Alert.objects.filter(incident=incident)
            .select_related("service")
            .order_by("resolved_at", "-id")[:ALERTS]
        ),
        alert_count=counted["all"],
        alert_open=counted["open"],
        alert_services=counted["services"],
        severities=severities,
        sheets=_sheets(incident, membership),
    )


def _callings(incident: Incident, membership: Membership) -> list[Calling]:
    calls = list(
        incident.calls.select_related(
            "escalation__acknowledged_by__user", "made_by__user", "role", "answered_by__user"
        )
    )
    people = paged_people(escalations=[call.escalation for call in calls])
    return [
        Calling(
            call=call,
            people=people.get(call.escalation_id, []),
            mine=any(one.membership.pk == membership.pk for one in people.get(call.escalation_id, [])),
        )
        for call in calls
    ]


def _seats(incident: Incident, callings: list[Calling], membership: Membership) -> list[Seat]:
    """Every role of the tenant, once for each who has it, once empty."""
    given: dict[int, list[RoleAssignment]] = {}
    for one in (
        incident.role_assignments.filter(ended_at=None)
        .select_related("membership__user", "given_by__user")
        .order_by("id")
    ):
        given.setdefault(one.role_id, []).append(one)
    calls = {one.call.role_id: one for one in callings if one.call.kind == CallKind.ROLE}
    seats = []
    for role in IncidentRole.objects.select_related("policy"):
        for one in given.get(role.pk, []) or [None]:
            mine = one is not None and one.membership_id == membership.pk
            seats.append(Seat(role, one, calls.get(role.pk), mine))
    return seats


def _count_alerts(incident: Incident) -> dict[str, int]:
    counted: dict[str, int] = incident.alerts.aggregate(
        all=Count("pk"),
        open=Count("pk", filter=~Q(status=AlertStatus.RESOLVED)),
        services=Count("service", distinct=True),
    )
    return counted


def _has_usual_room() -> bool:
    settings = TenantSettings.objects.first()
    return settings is not None and bool(settings.video_url_template or settings.chat_url_template)


def _told(incident: Incident) -> dict[str, Message | None]:
    """The last published words by audience. Two queries."""
    published = incident.messages.filter(published_at__isnull=False).order_by("-published_at", "-id")
    return {audience: published.filter(audience=audience).first() for audience in Audience.values}


def _given(
    incident: Incident,
    severities: list[Severity],
    seats: list[Seat],
    callings: list[Calling],
    facts: phases.Facts,
) -> Given:
    seated = {seat.given.membership_id for seat in seats if seat.given}
    came = [one.call.answered_by for one in callings if one.call.answered_by_id not in {None, *seated}]
    further = [one for one in came if one is not None]
    unsure = next((severity for severity in severities if severity.rank == 2), None)
    by_name = {str(seat.role): seat.role.uid for seat in seats}
    return Given(
        severity_uid=incident.severity.uid if incident.severity else "",
        unsure_uid=(unsure or severities[-1]).uid if severities else "",
        callable_roles=tuple(by_name[name] for name in facts.callable_roles if name in by_name),
        newcomer_uid=further[0].uid if further else "",
        role_uids={seat.role.code: seat.role.uid for seat in reversed(seats)},
        alerts_clear_at=facts.alerts_clear_at,
        one_room=str(incident.service.team) if incident.service_id and incident.service else "",
    )


def _sheets(incident: Incident, membership: Membership) -> dict[str, Any]:
    """What the sheets offer to choose from."""
    people = list(
        Membership.objects.filter(ended_at=None).select_related("user").order_by("user__name", "user__email")
    )
    return {
        "people": people,
        "teams": list(Team.objects.all()),
        "components": list(
            Component.objects.filter(page__kind="public", shown=True).select_related("page").order_by("position", "id")
        ),
        "mailed": sum(one.wants_internal_mail for one in people),
        "mergeable": list(
            Incident.objects.visible_to(membership)
            .filter(phase__in=OPEN_PHASES, private=incident.private)
            .exclude(pk=incident.pk)
            .select_related("severity")
            .order_by("-number")[:20]
        ),
    }


def version_of(incident: Incident, *, membership: Membership, now: datetime, rows: int) -> str:
    """Changes when anything in the room may look different to this person. Four queries, all by index."""
    calls = Call.objects.filter(incident=incident).values("escalation_id")
    from oncall.models import Attempt, EscalationEvent

    known: list[Any] = [membership.pk, membership.role, rows, int(now.timestamp()) // 60, incident.phase]
    known.append(incident.history.aggregate(last=Max("history_id"))["last"])
    known.append(incident.timeline.aggregate(last=Max("id"))["last"])
    known.append(EscalationEvent.objects.filter(escalation__in=calls).aggregate(last=Max("id"))["last"])
    attempts = Attempt.objects.filter(notification__escalation__in=calls)
    known.extend(attempts.aggregate(last=Max("id"), ended=Max("ended_at")).values())
    known.extend(
        incident.alerts.aggregate(last=Max("id"), seen=Max("last_seen"), over=Max("resolved_at")).values()
    )
    return "|".join(str(part) for part in known)
