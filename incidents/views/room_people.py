"""Who has which role in an incident, who was called in, and what became of it."""

from dataclasses import dataclass

from config.tenancy.models import Membership
from incidents.models import Call, CallKind, Incident, IncidentRole, RoleAssignment
from oncall.models import EscalationState
from oncall.operations.progress import PagedPerson, paged_people


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


def callings_of(incident: Incident, membership: Membership) -> list[Calling]:
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


def seats_of(incident: Incident, callings: list[Calling], membership: Membership) -> list[Seat]:
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
        call = calls.get(role.pk)
        for one in given.get(role.pk, []):
            seats.append(Seat(role, one, call, mine=one.membership_id == membership.pk))
        if role.pk not in given:
            seats.append(Seat(role, None, call))
    return seats
