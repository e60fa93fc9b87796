"""A tenant set up for leading incidents: the scale, roles, a team with a service, pages, one on call."""

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from config.tenancy.actors import ENGINE, Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Team, TeamMember, Tenant, TenantSettings
from incidents.facts import facts_of
from incidents.models import (
    Alert,
    AlertSource,
    Call,
    Incident,
    IncidentRole,
    Response,
    RoleAssignment,
    RoleCode,
    Service,
    Severity,
    TimelineEntry,
)
from incidents.operations.declaring import declare_incident
from incidents.operations.opening import open_incident
from incidents.phases import Facts
from oncall.models import EscalationPolicy, Page, Step, StepTarget, TargetKind
from oncall.operations.setup import add_own_mail, create_default_oncall
from statuspage.models import Component
from statuspage.operations.setup import create_default_pages
from tests.conftest import Engine
from tests.kept import kept


def policy_for(name: str, *people: Membership, is_default: bool = False) -> EscalationPolicy:
    """One step a person, five minutes apart."""
    policy = EscalationPolicy.objects.create(name=name, repeat=0, is_default=is_default)
    for position, person in enumerate(people, start=1):
        step = Step.objects.create(policy=policy, position=position, delay_minutes=5)
        StepTarget.objects.create(step=step, kind=TargetKind.PERSON, membership=person)
    return policy


@dataclass
class Lead:
    """Inside the scope of acme. Bram, then Anna are called for Checkout; Anna is the default policy.

    `now` is the moved clock's time.
    """

    tenant: Tenant
    people: dict[str, Membership]
    engine: Engine
    sev: dict[int, Severity] = field(default_factory=dict)
    roles: dict[str, IncidentRole] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = [self.tenant, *self.people.values()]
        vars(self).update(kept("lead", self.now, self._set_up, known))

    def _set_up(self) -> dict[str, Any]:
        given = {"tenant", "people", "engine"}
        with acting(ENGINE, now=self.now):
            self._scale()
            self._roles()
            self.default_policy = create_default_oncall(
                owner=self.people["anna"], team=None, actor=ENGINE, now=self.now
            )
            for name in ("bram", "marc", "carla"):
                add_own_mail(membership=self.people[name], actor=ENGINE, now=self.now)
            self.public, self.internal = create_default_pages(
                tenant=self.tenant, component_name="Website", actor=ENGINE, now=self.now
            )
            self.component = Component.objects.get(page=self.public)
            self.team = Team.objects.create(
                name="Payments", time_zone="Europe/Amsterdam", office_start=time(9), office_end=time(17)
            )
            TeamMember.objects.create(team=self.team, membership=self.people["bram"])
            self.checkout = Service.objects.create(
                name="Checkout",
                team=self.team,
                policy=policy_for("Checkout", self.people["bram"], self.people["anna"]),
                component=self.component,
            )
        return {name: value for name, value in vars(self).items() if name not in given}

    def _scale(self) -> None:
        for rank, response, minutes in ((1, "page", 30), (2, "page", 60), (3, "office_hours", None)):
            self.sev[rank] = Severity.objects.create(
                rank=rank,
                word=f"SEV{rank}",
                name=f"Severity {rank}",
                description="x",
                response=Response(response),
                update_minutes=minutes,
                called_roles=["manager", "comms"] if rank == 1 else [],
                postmortem_required=rank < 3,
            )

    def _roles(self) -> None:
        for position, code in enumerate((RoleCode.MANAGER, RoleCode.TECH_LEAD, RoleCode.COMMS)):
            self.roles[code.value] = IncidentRole.objects.create(
                code=code, name=code.label.capitalize(), position=position
            )

    # --- people and time ---------------------------------------------------------------------------------
    @property
    def now(self) -> datetime:
        return self.engine.clock.now()

    def as_(self, name: str) -> Actor:
        return self.people[name].as_actor()

    # --- incidents ---------------------------------------------------------------------------------------
    def declare(self, text: str = "Payments fail", by: str = "marc", **given: Any) -> Incident:
        return declare_incident(
            **{
                "text": text,
                "service": self.checkout,
                "found_by": "team",
                "declared_by": self.people[by],
                "actor": self.as_(by),
                "now": self.now,
                **given,
            }
        )

    def alerted(self, rank: int | None = 1, **given: Any) -> Incident:
        """As an alert opens it: unconfirmed, severity a guess."""
        return open_incident(
            **{
                "summary": "Disk full",
                "service": self.checkout,
                "severity": self.sev[rank] if rank else None,
                "provisional": True,
                "found_by": "monitoring",
                "actor": ENGINE,
                "now": self.now,
                **given,
            }
        )

    def alert_on(self, incident: Incident, **given: Any) -> Alert:
        with acting(ENGINE, now=self.now):
            source, _ = AlertSource.objects.get_or_create(
                name="Monitor", defaults={"created_at": self.now, "key": "k"}
            )
        return Alert.objects.create(
            **{
                "source": source,
                "incident": incident,
                "service": incident.service,
                "dedup_key": str(Alert.objects.count()),
                "title": "Disk full",
                "first_seen": self.now,
                "last_seen": self.now,
                **given,
            }
        )

    def again(self, incident: Incident) -> Incident:
        """The row as it is now."""
        found: Incident = Incident.objects.select_related("severity", "service").get(pk=incident.pk)
        return found

    def facts(self, incident: Incident, viewer: str | None = None) -> Facts:
        membership = self.people[viewer] if viewer else None
        return facts_of(self.again(incident), membership=membership, now=self.now)

    # --- what came of it ---------------------------------------------------------------------------------
    def calls(self, incident: Incident) -> list[Call]:
        return list(Call.objects.filter(incident=incident).select_related("escalation").order_by("id"))

    def states(self, incident: Incident) -> list[str]:
        return [call.escalation.state for call in self.calls(incident)]

    def paged(self, incident: Incident) -> list[str]:
        """Who has a page for it, in order."""
        ids = [call.escalation_id for call in self.calls(incident)]
        pages = Page.objects.filter(escalation_id__in=ids).select_related("membership__user").order_by("id")
        return [str(page.membership).lower() for page in pages]

    def told(self, incident: Incident) -> list[tuple[str, str]]:
        """(kind, who) of the timeline, oldest first."""
        rows = TimelineEntry.objects.filter(incident=incident).order_by("id")
        return [(entry.kind, entry.actor_label) for entry in rows]

    def kinds(self, incident: Incident) -> list[str]:
        return [kind for kind, _ in self.told(incident)]

    def managers(self, incident: Incident) -> list[str]:
        held = RoleAssignment.objects.filter(incident=incident, is_manager=True, ended_at=None)
        return [str(given.membership).lower() for given in held.select_related("membership__user")]

    def usual_rooms(self) -> None:
        with acting(ENGINE, now=self.now):
            settings = TenantSettings.objects.get()
            settings.video_url_template = "https://meet.example.org/{key}"
            settings.chat_url_template = "https://chat.example.org/{key}/{0.__class__}"
            settings.save()
