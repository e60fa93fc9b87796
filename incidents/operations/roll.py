"""The roll of an incident: when each was paged, answered, came online, and had which role (R32)."""

from dataclasses import dataclass, field
from datetime import datetime

from config.tenancy.models import Membership
from incidents.facts.online import Seen
from incidents.models import Call, Incident, Presence, RoleAssignment
from oncall.models import Page


@dataclass
class Record:
    """One person. Of several calls the first page and the first answer stand here; roles as given in time."""

    membership: Membership
    paged_at: datetime | None = None
    paged_as: str = ""
    paged_by: Membership | None = None
    answered_at: datetime | None = None
    answer: str = ""
    expected_at: datetime | None = None
    presence: Presence | None = None
    online: bool = False
    roles: list[RoleAssignment] = field(default_factory=list)

    @property
    def first_at(self) -> datetime:
        seen_at = self.presence.first_seen_at if self.presence else None
        moments = [self.paged_at, self.answered_at, seen_at, *(given.given_at for given in self.roles)]
        return min(moment for moment in moments if moment is not None)


def roll_of(incident: Incident, *, seen: Seen) -> list[Record]:
    """Everybody who was paged, came or had a role, in the order in which they came into it. Three queries.

    Who merely read along has no state of their own and is not in it.
    """
    found: dict[int, Record] = {}

    def of(membership: Membership) -> Record:
        return found.setdefault(membership.pk, Record(membership))

    calls = {
        call.escalation_id: call
        for call in Call.objects.filter(incident=incident).select_related(
            "answered_by__user", "made_by__user"
        )
    }
    pages = Page.objects.filter(escalation_id__in=calls).select_related("membership__user").order_by("id")
    for page in pages:
        record = of(page.membership)
        if record.paged_at is None:
            record.paged_at = page.first_sent_at or page.created_at
            record.paged_as = calls[page.escalation_id].label
            record.paged_by = calls[page.escalation_id].made_by
    for call in calls.values():
        if call.answered_by is not None and call.answered_at is not None:
            record = of(call.answered_by)
            if record.answered_at is None or call.answered_at < record.answered_at:
                record.answered_at, record.answer = call.answered_at, call.answer
                record.expected_at = call.expected_at
    roles = RoleAssignment.objects.filter(incident=incident).select_related(
        "role", "membership__user", "given_by__user"
    )
    for given in roles.order_by("given_at", "id"):
        of(given.membership).roles.append(given)
    online = {one.pk for one in seen.online}
    for presence in seen.presences:
        if presence.membership_id in found:
            found[presence.membership_id].presence = presence
            found[presence.membership_id].online = presence.membership_id in online
    return sorted(found.values(), key=lambda record: record.first_at)
