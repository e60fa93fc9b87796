"""Whom the Call in sheet offers, who would come first, whom it suggests. Reads."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from config.tenancy.models import Membership, Team, TeamMember
from incidents.models import Alert, Call, CallKind, Incident, IncidentRole, Phase, RoleAssignment, Service
from oncall.models import ContactMethod, Escalation, EscalationState
from oncall.operations.firsts import first_crews

People = list[Membership]
# A call whose ladder is in one of these has not failed: nobody is called twice for it.
UNDER_WAY = (EscalationState.PAGING, EscalationState.ACKNOWLEDGED, EscalationState.SNOOZED)


@dataclass(frozen=True)
class Offer:
    """One tick of the sheet: "Database – Bram now, then Eva". `kind`: role, team, person; `why` if suggested.

    `reachable`: everybody who is paged first has a verified way to be reached.
    """

    kind: str
    uid: str
    name: str
    first: People = field(default_factory=list)
    then: People = field(default_factory=list)
    reachable: bool = False
    hint: str = ""
    why: str = ""
    under_way: bool = False
    # The uid of the policy that would page, for the preview; empty for a person.
    policy: str = ""

    @property
    def count(self) -> int:
        """How many people a tick pages at once."""
        return max(1, len(self.first))


@dataclass(frozen=True)
class Offers:
    suggested: list[Offer]
    roles: list[Offer]
    teams: list[Offer]
    people: list[Offer]
    # Whom the incident's own ladder pages first.
    service_first: People

    @property
    def all(self) -> list[Offer]:
        return [*self.suggested, *self.roles, *self.teams, *self.people]


def first_two(policy_ids: set[int], *, now: datetime) -> dict[int, list[People]]:
    """By policy: the people of its first two steps that call anybody. A few statements at most."""
    return first_crews(policy_ids=policy_ids, now=now, most=2)


def reachable_members() -> set[int]:
    """Memberships with a verified way to reach them. One query."""
    usable = ContactMethod.objects.filter(verified_at__isnull=False, disabled_at=None)
    return set(usable.values_list("membership_id", flat=True))


def offers(
    incident: Incident,
    *,
    roles: Iterable[IncidentRole],
    people: Iterable[Membership],
    viewer: Membership | None,
    default_policy_id: int | None,
    now: datetime,
) -> Offers:
    """Suggestions on top: roles the severity calls and nobody has, the service's team, who was in its last
    incident. What is suggested is not offered a second time below. Sixteen statements at most.
    """
    sources = _Sources(incident, list(roles), list(people), default_policy_id, now)
    found = sources.roles() + sources.teams() + sources.people()
    why = _why_suggested(incident, sources, viewer)
    suggested = [
        Offer(**{**vars(one), "why": why[one.kind, one.uid]}) for one in found if (one.kind, one.uid) in why
    ]
    rest = [one for one in found if (one.kind, one.uid) not in why]
    return Offers(
        suggested=suggested,
        roles=[one for one in rest if one.kind == "role"],
        teams=[one for one in rest if one.kind == "team"],
        people=[one for one in rest if one.kind == "person"],
        service_first=next(iter(sources.called.get(default_policy_id or 0, [])), []),
    )


class _Sources:
    """The rows behind the offers, each read once."""

    def __init__(
        self,
        incident: Incident,
        roles: list[IncidentRole],
        people: People,
        default_policy_id: int | None,
        now: datetime,
    ) -> None:
        self.all_roles, self.all_people = roles, people
        self.all_teams = list(Team.objects.all())
        services = Service.objects.filter(policy__isnull=False, archived_at=None).order_by("name")
        self.policy_of_team: dict[int, int] = {}
        self.uids = {role.policy_id: role.policy.uid for role in roles if role.policy is not None}
        for service in services.select_related("policy"):
            self.policy_of_team.setdefault(service.team_id, service.policy_id)
            self.uids[service.policy_id] = service.policy.uid
        self.members: dict[int, People] = {}
        for one in TeamMember.objects.filter(membership__ended_at=None).select_related("membership__user"):
            self.members.setdefault(one.team_id, []).append(one.membership)
        policies = {role.policy_id for role in roles if role.policy_id} | set(self.policy_of_team.values())
        self.called = first_two(policies | ({default_policy_id} if default_policy_id else set()), now=now)
        self.reachable = reachable_members()
        # By team: the names of its services that this incident is about, or has alerts of.
        self.hit: dict[int, list[str]] = {}
        alerts = Alert.objects.filter(incident=incident, service__isnull=False).values("service")
        about = Service.objects.filter(Q(pk=incident.service_id) | Q(pk__in=alerts), team__isnull=False)
        for service in about.order_by("name"):
            self.hit.setdefault(service.team_id, []).append(service.name)
        self.calls = list(Call.objects.filter(incident=incident).select_related("escalation"))
        running = [call for call in self.calls if call.escalation.state in UNDER_WAY]
        self.running = {(call.kind, call.role_id or call.team_id or call.membership_id) for call in running}
        held = RoleAssignment.objects.filter(incident=incident, ended_at=None)
        self.held = set(held.values_list("role_id", "membership_id"))

    def roles(self) -> list[Offer]:
        return [
            self._offer("role", role, self.called.get(role.policy_id, []), role.policy_id)
            for role in self.all_roles
            if role.policy_id
        ]

    def teams(self) -> list[Offer]:
        found = []
        for team in self.all_teams:
            if team.pk in self.policy_of_team:
                called = self.called.get(self.policy_of_team[team.pk], [])
            elif team.pk in self.members:
                called = [self.members[team.pk]]
            else:
                continue
            found.append(self._offer("team", team, called, self.policy_of_team.get(team.pk)))
        return found

    def people(self) -> list[Offer]:
        return [
            Offer(
                "person",
                one.uid,
                str(one),
                reachable=one.pk in self.reachable,
                hint=str(one.get_role_display()),
                under_way=("person", one.pk) in self.running,
            )
            for one in self.all_people
        ]

    def _offer(
        self, kind: str, row: IncidentRole | Team, called: list[People], policy_id: int | None
    ) -> Offer:
        first, then = [*called, [], []][:2]
        reachable = bool(first) and all(one.pk in self.reachable for one in first)
        return Offer(
            kind,
            row.uid,
            row.name,
            first,
            then,
            reachable,
            under_way=(kind, row.pk) in self.running,
            policy=self.uids.get(policy_id or 0, ""),
        )


def _why_suggested(
    incident: Incident, sources: _Sources, viewer: Membership | None
) -> dict[tuple[str, str], str]:
    """(kind, uid) to the reason, in the order of the sheet."""
    why: dict[tuple[str, str], str] = {}
    if not incident.is_open:
        return why
    codes = incident.severity.roles_called if incident.severity else ()
    taken = {role for role, _member in sources.held}
    for role in sources.all_roles:
        wanted = role.policy_id and role.code in codes and role.pk not in taken
        if wanted and (CallKind.ROLE, role.pk) not in sources.running and incident.severity:
            why["role", role.uid] = _("%(severity)s calls it, nobody has it") % {
                "severity": incident.severity.word
            }
    for team in sources.all_teams:
        runs = sources.hit.get(team.pk)
        if runs and (CallKind.TEAM, team.pk) not in sources.running:
            names = ", ".join(runs[:3]) + (", …" if len(runs) > 3 else "")
            why["team", team.uid] = _("runs %(service)s") % {"service": names}
    in_it = {member for _role, member in sources.held} | {call.answered_by_id for call in sources.calls}
    known = {one.pk: one for one in sources.all_people}
    for pk, key in _in_the_last(incident, viewer).items():
        person = known.get(pk)
        if person is None or pk in in_it or person == viewer or ("person", pk) in sources.running:
            continue
        why["person", person.uid] = _("was in %(key)s") % {"key": key}
    return why


def _in_the_last(incident: Incident, viewer: Membership | None) -> dict[int, str]:
    """Who had a role in the last incident of this service, or came: membership id to its key. Two queries."""
    if incident.service_id is None:
        return {}
    last = (
        Incident.objects.visible_to(viewer)
        .filter(service_id=incident.service_id, phase__in=(Phase.RESOLVED, Phase.CLOSED))
        .exclude(pk=incident.pk)
        .order_by("-number")
        .first()
    )
    if last is None:
        return {}
    roles = RoleAssignment.objects.filter(incident=last).values_list("membership_id", flat=True)
    came = Escalation.objects.filter(
        Q(pk__in=Call.objects.filter(incident=last).values("escalation_id")),
        acknowledged_by__isnull=False,
    ).values_list("acknowledged_by_id", flat=True)
    return dict.fromkeys(roles.union(came), last.key)
