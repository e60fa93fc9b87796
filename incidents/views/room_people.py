"""Who has which role in an incident, who was called in, and what became of it."""

from dataclasses import dataclass, field
from datetime import datetime

from config.tenancy.models import Membership
from incidents.facts.online import Seen
from incidents.models import CallAnswer, CallKind, EntryKind, Incident, IncidentRole, RoleAssignment
from incidents.models.call import Call
from oncall.models import EscalationState
from oncall.operations.progress import PagedPerson, paged_people


@dataclass(frozen=True)
class Seat:
    """One role and who has it; `call` is the last call for it. `two_hats`: that person has another too."""

    role: IncidentRole
    given: RoleAssignment | None
    call: "Calling | None" = None
    mine: bool = False
    two_hats: bool = False
    online: bool = False


@dataclass(frozen=True)
class Calling:
    """One call-in and what became of it. `cannot` are the names of those who passed it on."""

    call: Call
    people: list[PagedPerson]
    mine: bool
    now: datetime
    online: frozenset[int] = frozenset()
    cannot: list[str] = field(default_factory=list)
    # Whoever reads it has acknowledged it.
    has_it: bool = False

    @property
    def state(self) -> str:
        state: str = self.call.escalation.state
        return state

    @property
    def mine_until(self) -> datetime | None:
        """When what the reader has runs out; None where it is not theirs, or does not."""
        until: datetime | None = self.call.escalation.ack_expires_at
        return until if self.has_it and self.state == EscalationState.ACKNOWLEDGED else None

    @property
    def paging(self) -> bool:
        return self.state == EscalationState.PAGING

    @property
    def standing(self) -> str:
        """What its row says: paging, quiet, nobody, cannot, has, coming, in_ten, late, here, over."""
        if self.paging:
            return "paging"
        if self.state == EscalationState.SNOOZED:
            return "quiet"
        if self.state == EscalationState.EXHAUSTED:
            return "nobody"
        if self.state == EscalationState.ACKNOWLEDGED:
            return self._answer
        gave_up = self.call.answer == CallAnswer.CANNOT and self.call.answered_at is None
        return "cannot" if gave_up else "over"

    @property
    def _answer(self) -> str:
        if self.call.is_first:
            return "has"
        if self.call.answered_by_id in self.online:
            return "here"
        if self.call.answer != CallAnswer.IN_TEN or self.call.expected_at is None:
            return "coming"
        return "late" if self.call.expected_at <= self.now else "in_ten"


def callings_of(incident: Incident, membership: Membership, seen: Seen) -> list[Calling]:
    """Three queries."""
    calls = list(
        incident.calls.select_related(
            "escalation__acknowledged_by__user", "made_by__user", "role", "answered_by__user"
        )
    )
    people = paged_people(escalations=[call.escalation for call in calls])
    online = frozenset(one.pk for one in seen.online)
    passed_on = _passed_on(incident)
    return [
        Calling(
            call=call,
            people=people.get(call.escalation_id, []),
            mine=any(one.membership.pk == membership.pk for one in people.get(call.escalation_id, [])),
            now=seen.now,
            online=online,
            cannot=passed_on.get(call.uid, []),
            has_it=call.escalation.acknowledged_by_id == membership.pk,
        )
        for call in calls
    ]


def _passed_on(incident: Incident) -> dict[str, list[str]]:
    """By call: the names of those who passed it on, each once. One query."""
    found: dict[str, list[str]] = {}
    rows = incident.timeline.filter(kind=EntryKind.PASSED_ON).order_by("id")
    for data, name in rows.values_list("data", "actor_label"):
        names = found.setdefault(str(data.get("call", "")), [])
        if name not in names:
            names.append(name)
    return found


def seats_of(incident: Incident, callings: list[Calling], membership: Membership, seen: Seen) -> list[Seat]:
    """Every role of the tenant, once for each who has it, once empty. Two queries."""
    given: dict[int, list[RoleAssignment]] = {}
    hats: dict[int, int] = {}
    for one in (
        incident.role_assignments.filter(ended_at=None)
        .select_related("membership__user", "given_by__user")
        .order_by("id")
    ):
        given.setdefault(one.role_id, []).append(one)
        hats[one.membership_id] = hats.get(one.membership_id, 0) + 1
    calls = {one.call.role_id: one for one in callings if one.call.kind == CallKind.ROLE}
    online = {one.pk for one in seen.online}
    seats = []
    for role in IncidentRole.objects.select_related("policy"):
        call = calls.get(role.pk)
        for one in given.get(role.pk, []):
            seats.append(
                Seat(
                    role,
                    one,
                    call,
                    mine=one.membership_id == membership.pk,
                    two_hats=hats[one.membership_id] > 1,
                    online=one.membership_id in online,
                )
            )
        if role.pk not in given:
            seats.append(Seat(role, None, call))
    return seats
