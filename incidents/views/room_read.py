"""Everything the incident room shows, read with a fixed number of statements whatever there is."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from config.tenancy.models import Membership, Team, TenantSettings
from incidents import phases
from incidents.facts import facts_of
from incidents.models import (
    OPEN_PHASES,
    Alert,
    AlertStatus,
    Audience,
    CallKind,
    Channel,
    Incident,
    IncidentRole,
    Message,
    Phase,
    Severity,
    TimelineEntry,
)
from incidents.times import clock_age, duration_words
from incidents.views.actions import Given, Next, drawn
from incidents.views.cards import read_cards
from incidents.views.room_people import Calling, Seat, callings_of, seats_of
from statuspage.models import Component

ENTRIES = 20
UNDO = timedelta(minutes=10)
LATE_ENTRY = timedelta(seconds=60)
ALERTS = 12


@dataclass(frozen=True)
class Line:
    """One entry of the timeline. `by` is empty where the text begins with the name: "Bram has it"."""

    entry: TimelineEntry

    @property
    def by(self) -> str:
        return "" if self.entry.text.startswith(self.entry.actor_label) else self.entry.actor_label

    @property
    def is_late(self) -> bool:
        return self.entry.recorded_at - self.entry.occurred_at > LATE_ENTRY


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
    lines: list[Line]
    more: bool
    rows: int
    alerts: list[Alert]
    alert_count: int
    alert_open: int
    alert_services: int
    severities: list[Severity]
    sheets: dict[str, Any] = field(default_factory=dict)
    cards: dict[str, Any] = field(default_factory=dict)

    @property
    def since(self) -> datetime:
        return self.incident.started_at or self.incident.declared_at

    @property
    def ended(self) -> datetime | None:
        return self.incident.resolved_at or self.incident.cancelled_at or self.incident.merged_at

    @property
    def age_words(self) -> str:
        return clock_age(self.since, self.ended or self.now)

    @property
    def roles(self) -> list[IncidentRole]:
        return list({seat.role.pk: seat.role for seat in self.seats}.values())

    @property
    def steps_done(self) -> int:
        return sum(step.state in {"done", "not_needed"} for step in self.steps)

    @property
    def rows_more(self) -> int:
        return self.rows + 2 * ENTRIES

    @property
    def update_in(self) -> str:
        due = self.incident.next_update_at
        return duration_words(due - self.now) if due else ""

    @property
    def update_is_late(self) -> bool:
        due = self.incident.next_update_at
        return due is not None and due < self.now

    @property
    def undo_ack(self) -> bool:
        """Whether this person acknowledged a call in the last ten minutes."""
        return any(
            one.call.escalation.acknowledged_by_id == self.membership.pk
            and one.call.escalation.acknowledged_at is not None
            and one.call.escalation.acknowledged_at + UNDO > self.now
            for one in self.callings
        )

    @property
    def undo_cancel(self) -> bool:
        cancelled = self.incident.cancelled_at
        return (
            self.incident.phase == Phase.CANCELLED and cancelled is not None and cancelled + UNDO > self.now
        )


def read_room(incident: Incident, *, membership: Membership, now: datetime, rows: int = ENTRIES) -> Room:
    facts = facts_of(incident, membership=membership, now=now)
    callings = callings_of(incident, membership)
    severities = list(Severity.objects.all())
    seats = seats_of(incident, callings, membership)
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
        lines=[Line(entry) for entry in entries[:rows]],
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
        cards=read_cards(incident, facts, membership, now),
    )


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
            Component.objects.filter(page__kind="public", shown=True)
            .select_related("page")
            .order_by("position", "id")
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
