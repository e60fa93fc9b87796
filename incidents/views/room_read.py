"""Everything the incident room shows, read with a fixed number of statements whatever there is."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import translation

from config.tenancy.models import Membership, Team, TenantSettings
from incidents import phases
from incidents.facts import facts_of
from incidents.facts.online import Seen
from incidents.mirrored import about, statuses_of
from incidents.models import (
    OPEN_PHASES,
    Alert,
    AlertStatus,
    Audience,
    CallKind,
    Channel,
    ChannelKind,
    EntryKind,
    Incident,
    IncidentRole,
    Message,
    Phase,
    Severity,
    TimelineEntry,
)
from incidents.operations.roll import Record, roll_of
from incidents.times import clock_age, duration_words
from incidents.topic import generated, topic
from incidents.views.actions import Given, Next, drawn
from incidents.views.cards import read_cards
from incidents.views.room_people import Calling, Seat, callings_of, seats_of
from oncall.models import EscalationPolicy
from statuspage.models import Component

ENTRIES = 20
UNDO = timedelta(minutes=10)
LATE_ENTRY = timedelta(seconds=60)
# What the timeline shows: all, what people wrote, what was decided.
SHOW: dict[str, tuple[str, ...]] = {
    "all": (),
    "notes": (EntryKind.NOTE, EntryKind.OBSERVATION, EntryKind.LINK),
    "decisions": (EntryKind.DECISION,),
}
ALERTS = 12


@dataclass(frozen=True)
class Line:
    """One entry of the timeline. `by` is empty where the text begins with the name: "Bram has it"."""

    entry: TimelineEntry

    @property
    def by(self) -> str:
        return "" if self.entry.text.startswith(self.entry.actor_label) else self.entry.actor_label

    @property
    def link(self) -> str:
        """The uid of the link or photo that this entry tells of."""
        data = self.entry.data
        return str(data.get("link", "")) if isinstance(data, dict) else ""

    @property
    def is_late(self) -> bool:
        return self.entry.recorded_at - self.entry.occurred_at > LATE_ENTRY


@dataclass(frozen=True)
class Topic:
    """The room's topic as it is, and without people's own words."""

    text: str
    generated: str


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
    online: list[Membership]
    roll: list[Record]
    channels: dict[str, Channel]
    usual_room: bool
    told: dict[str, Message | None]
    lines: list[Line]
    more: bool
    rows: int
    show: str
    topic: Topic
    # {membership uid: "INC-42 · SEV1 · incident manager"} of everybody the sheets name.
    statuses: dict[str, str]
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


def read_room(
    incident: Incident,
    *,
    membership: Membership,
    seen: Seen,
    now: datetime,
    rows: int = ENTRIES,
    show: str = "all",
) -> Room:
    facts = facts_of(incident, membership=membership, now=now)
    callings = callings_of(incident, membership, seen)
    severities = list(Severity.objects.all())
    seats = seats_of(incident, callings, membership, seen)
    entries = list(_entries(incident, show)[: rows + 1])
    channels = _channels(incident)
    sheets = _sheets(incident, membership)
    counted = _count_alerts(incident)
    given = _given(incident, severities, seats, facts)
    return Room(
        incident=incident,
        membership=membership,
        now=now,
        facts=facts,
        steps=phases.steps(facts),
        next=drawn(phases.next_action(facts), given),
        open_ends=phases.open_ends(facts),
        seats=seats,
        callings=_shown(callings, seats),
        online=seen.online,
        roll=roll_of(incident, seen=seen),
        channels=channels,
        usual_room=_has_usual_room(),
        told=_told(incident),
        lines=[Line(entry) for entry in entries[:rows]],
        more=len(entries) > rows,
        rows=rows,
        show=show,
        topic=_topic(incident, channels, seats),
        statuses=_statuses(sheets["people"], membership),
        alerts=list(
            Alert.objects.filter(incident=incident)
            .select_related("service")
            .order_by("resolved_at", "-id")[:ALERTS]
        ),
        alert_count=counted["all"],
        alert_open=counted["open"],
        alert_services=counted["services"],
        severities=severities,
        sheets=sheets,
        cards=read_cards(incident, facts, membership, now),
    )


def _entries(incident: Incident, show: str) -> QuerySet[TimelineEntry]:
    entries: QuerySet[TimelineEntry] = incident.timeline.order_by("-id")
    return entries.filter(kind__in=SHOW[show]) if SHOW[show] else entries


def _statuses(people: list[Membership], membership: Membership) -> dict[str, str]:
    found = statuses_of(people, membership)
    return {person.uid: found[person.pk] for person in people if person.pk in found}


def _channels(incident: Incident) -> dict[str, Channel]:
    """By kind, video first: a shared picture is the quickest."""
    order = [ChannelKind.VIDEO, ChannelKind.CHAT, ChannelKind.ROOM]
    found = {channel.kind: channel for channel in Channel.objects.filter(incident=incident)}
    return {kind.value: found[kind] for kind in order if kind in found}


def _topic(incident: Incident, channels: dict[str, Channel], seats: list[Seat]) -> Topic:
    manager = next((str(seat.given.membership) for seat in seats if seat.given and seat.given.is_manager), "")
    places = {kind: channel.place for kind, channel in channels.items()}
    with translation.override(incident.tenant.language):
        told = about(incident, channels=places, manager=manager)
        return Topic(topic(told), generated(told))


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
    published = incident.messages.filter(published_at__isnull=False).select_related(
        "written_by__user", "reviewed_by__user"
    )
    published = published.order_by("-published_at", "-id")
    return {audience: published.filter(audience=audience).first() for audience in Audience.values}


def _shown(callings: list[Calling], seats: list[Seat]) -> list[Calling]:
    """Calls with a row of their own. One for a role stands in its seat; beside a taken one while it runs."""
    taken = {seat.role.pk for seat in seats if seat.given is not None}
    return [
        one
        for one in callings
        if one.call.kind != CallKind.ROLE
        or (one.call.role_id in taken and one.standing in {"paging", "in_ten", "late"})
    ]


def _given(
    incident: Incident,
    severities: list[Severity],
    seats: list[Seat],
    facts: phases.Facts,
) -> Given:
    unsure = next((severity for severity in severities if severity.rank == 2), None)
    by_name = {str(seat.role): seat.role.uid for seat in seats}
    return Given(
        severity_uid=incident.severity.uid if incident.severity else "",
        unsure_uid=(unsure or severities[-1]).uid if severities else "",
        callable_roles=tuple(by_name[name] for name in facts.callable_roles if name in by_name),
        callable_teams=tuple(uid for _name, uid in facts.callable_teams),
        newcomer_uid=facts.newcomer,
        role_uids={seat.role.code: seat.role.uid for seat in reversed(seats)},
        alerts_clear_at=facts.alerts_clear_at,
        ask_role_uid=facts.ask_role,
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
        "policies": list(EscalationPolicy.objects.all()),
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
