"""A believable tenant for screens: acme with a shop, two schedules, a status page and people with roles.

Made by the set-up operations of each app where there is one, on top of tests.people.build_tenant.
"""

from dataclasses import dataclass
from datetime import datetime, time

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Team, TeamMember, TenantSettings
from config.tenancy.scoping import tenant_scope
from incidents.models import AlertSource, IncidentRole, Response, RoleCode, Service, Severity
from incidents.operations.morning import begin_mornings
from incidents.operations.sources import create_source
from oncall.models import (
    EscalationPolicy,
    Rotation,
    RotationMember,
    RotationUnit,
    Schedule,
    Step,
    StepTarget,
    TargetKind,
)
from oncall.operations.setup import add_own_mail, create_default_oncall
from statuspage.models import Component, StatusPage
from statuspage.operations.setup import add_component, create_default_pages
from tests.kept import kept
from tests.people import World

SCALE = [
    (1, "SEV1", "Critical", "Very high impact.", Response.PAGE, 30),
    (2, "SEV2", "Major", "Significant impact.", Response.PAGE, 60),
    (3, "SEV3", "Minor", "Low impact; there is a way round.", Response.OFFICE_HOURS, None),
]
EXAMPLES = {
    1: "A customer-facing service is down for all customers.\nConfidentiality or privacy is breached.\n"
    "Customer data is lost.",
    2: "A customer-facing service is down for some customers.\nCore functionality is significantly affected.",
    3: "A small inconvenience that can be worked around.\nUsable, degraded performance.",
}
CALLED = {1: ["manager", "comms"]}
ROLES = [
    (RoleCode.MANAGER, "Manager", "You decide, and keep everybody on the fastest way back."),
    (RoleCode.TECH_LEAD, "Tech lead", "You form theories and decide on changes."),
    (RoleCode.COMMS, "Comms", "You write and send what colleagues and customers read."),
]


@dataclass
class Stage:
    world: World
    checkout: Service
    exports: Service
    severities: dict[int, Severity]
    roles: dict[str, IncidentRole]
    page: StatusPage
    components: dict[str, Component]
    source: AlertSource
    key: str


def set_stage(world: World, now: datetime) -> Stage:
    """Checkout pages Bram, then Anna; Network (communications) pages Carla."""
    acme = world.acme
    made = kept("stage", now, lambda: vars(_set(world, now)), [acme.tenant, *acme.members.values()])
    return Stage(**(made | {"world": world}))


def _set(world: World, now: datetime) -> Stage:
    tenant, members = world.acme.tenant, world.acme.members
    with tenant_scope(tenant.pk), acting(ENGINE, now=now):
        team = Team.objects.create(name="Shop", time_zone="Europe/Amsterdam")
        for name in ("anna", "bram"):
            TeamMember.objects.create(team=team, membership=members[name])
        create_default_oncall(owner=members["anna"], team=team, actor=ENGINE, now=now)
        add_own_mail(membership=members["bram"], actor=ENGINE, now=now)
        policy = _policy("Checkout", [members["bram"], members["anna"]], team, now)
        comms = _policy("Communication", [members["carla"]], team, now)
        page, _internal = create_default_pages(
            tenant=tenant, component_name="Checkout", actor=ENGINE, now=now
        )
        add_component(page=page, name="Website", actor=ENGINE, now=now)
        add_component(page=page, name="Exports", actor=ENGINE, now=now)
        components = {c.name: c for c in Component.objects.filter(page=page)}
        checkout = Service.objects.create(
            name="Checkout",
            description="Carts and payments",
            team=team,
            policy=policy,
            component=components["Checkout"],
            runbook_url="https://wiki.acme.test/checkout",
        )
        exports = Service.objects.create(name="Exports", team=team, component=components["Exports"])
        severities = {
            rank: Severity.objects.create(
                rank=rank, word=word, name=name, description=text, examples=EXAMPLES[rank],
                response=response, update_minutes=minutes, called_roles=CALLED.get(rank, []),
                postmortem_required=rank < 3,
            )
            for rank, word, name, text, response, minutes in SCALE
        }  # fmt: skip
        roles = {
            code: IncidentRole.objects.create(
                code=code, name=name, duties=duties, position=at,
                policy=comms if code == RoleCode.COMMS else None,
            )
            for at, (code, name, duties) in enumerate(ROLES)
        }  # fmt: skip
        begin_mornings(tenant=tenant, now=now)
        settings = TenantSettings.objects.get()
        settings.video_url_template = "https://meet.acme.test/{key}"
        settings.chat_url_template = "https://chat.acme.test/{key}"
        settings.save()
        source, key = create_source(name="Prometheus", service=checkout, actor=ENGINE, now=now)
    return Stage(world, checkout, exports, severities, roles, page, components, source, key)


def _policy(name: str, people: list, team: Team, now: datetime) -> EscalationPolicy:  # type: ignore[type-arg]
    """A schedule with the first person on call all week, then each of the others by name."""
    # Carla has no way to be woken, and Anna would hear of it in every story.
    schedule = Schedule.objects.create(name=name, time_zone="Europe/Amsterdam", team=team, tells_gaps=False)
    rotation = Rotation.objects.create(
        schedule=schedule, name="Weekly", start_date=now.date(), start_time=time(9), unit=RotationUnit.WEEK
    )
    RotationMember.objects.create(rotation=rotation, membership=people[0], position=1)
    policy = EscalationPolicy.objects.create(name=name, repeat=2)
    first = Step.objects.create(policy=policy, position=1, delay_minutes=5)
    StepTarget.objects.create(step=first, kind=TargetKind.SCHEDULE, schedule=schedule)
    for at, person in enumerate(people[1:], start=2):
        step = Step.objects.create(policy=policy, position=at, delay_minutes=5)
        StepTarget.objects.create(step=step, kind=TargetKind.PERSON, membership=person)
    return policy
