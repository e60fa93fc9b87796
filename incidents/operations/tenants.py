"""A complete tenant: one that can be alerted, paged and read about a minute after its name was thought of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation

from config.tenancy import links
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Team, Tenant
from config.tenancy.operations.keys import create_api_key
from config.tenancy.operations.people import invite_member
from config.tenancy.operations.teams import create_team
from config.tenancy.operations.tenants import create_tenant_row
from config.tenancy.roles import Role
from config.tenancy.scoping import tenant_scope
from incidents.models import AlertSource, IncidentRole, PlaybookStep, Service, Severity, Tool
from incidents.operations.morning import begin_mornings
from incidents.operations.scale import publish_scale
from incidents.operations.sources import create_source
from incidents.starting_playbook import BY_RANK, SECURITY, StartingStep
from incidents.starting_set import ROLES, SEVERITIES, words
from oncall.operations.setup import create_default_oncall
from statuspage.models import Component, StatusPage
from statuspage.operations.setup import create_default_pages


@dataclass(frozen=True)
class NewTenant:
    """What was made. `password` (None: the person has one), `api_key` and `alert_key` are shown only now."""

    tenant: Tenant
    owner: Membership
    password: str | None
    service: Service
    source: AlertSource
    api_key: str
    alert_key: str
    public_page: StatusPage
    internal_page: StatusPage

    def as_json(self) -> dict[str, Any]:
        slug = self.tenant.slug
        return {
            "tenant": slug,
            "name": self.tenant.name,
            "owner": {"email": self.owner.user.email, "password": self.password},
            "admin_url": links.tenant(slug),
            "api_key": self.api_key,
            "alert_key": self.alert_key,
            "alertmanager_url": links.ingest(self.alert_key, "alertmanager"),
            "status_url": links.status_page(self.public_page.slug),
            "internal_status_url": self.internal_page.address,
        }


def create_tenant(
    *,
    slug: str,
    name: str,
    owner_email: str,
    owner_name: str = "",
    time_zone: str = "UTC",
    language: str = "en",
    actor: Actor,
    now: datetime,
) -> NewTenant:
    """Everything in one transaction: the owner and a team, who is on call, the scale of severities, roles,
    a service with its public component, both status pages, a source of alerts and a key of the API.

    In the tenant's language. Outside any tenant scope. Raises ValidationError, by field, where the slug is
    taken or anything else is wrong; then nothing is made. Needs platform.manage.
    """
    with acting(actor, now=now):
        tenant = create_tenant_row(
            slug=slug, name=name, time_zone=time_zone, language=language, actor=actor, now=now
        )
        with tenant_scope(tenant.pk), translation.override(language):
            return _fill(tenant, owner_email, owner_name, actor, now)


def _fill(tenant: Tenant, owner_email: str, owner_name: str, actor: Actor, now: datetime) -> NewTenant:
    given = words(tenant.name)
    owner, password = invite_member(
        email=owner_email, name=owner_name, role=Role.OWNER, actor=actor, now=now, announce=False
    )
    team = create_team(name=given.team, time_zone=tenant.time_zone, members=[owner], actor=actor, now=now)
    create_default_oncall(owner=owner, team=team, actor=actor, now=now)
    public, internal = create_default_pages(tenant=tenant, component_name=given.service, actor=actor, now=now)
    _add_scale(actor, now)
    _add_playbook()
    _add_roles()
    service = _add_service(given.service, team, public)
    source, alert_key = create_source(
        name=given.source, service=service, tool=Tool.ALERTMANAGER, actor=actor, now=now
    )
    begin_mornings(tenant=tenant, now=now)
    _key, api_key = create_api_key(name=given.api_key, scope="admin", actor=actor, now=now)
    return NewTenant(tenant, owner, password, service, source, api_key, alert_key, public, internal)


def _add_scale(actor: Actor, now: datetime) -> None:
    for rank, step in enumerate(SEVERITIES, start=1):
        Severity.objects.create(
            rank=rank,
            word=str(step.word),
            name=str(step.name),
            description=str(step.description),
            examples="\n".join(str(example) for example in step.examples),
            response=step.response,
            update_minutes=step.update_minutes,
            called_roles=list(step.called_roles),
            postmortem_required=step.postmortem_required,
        )
    publish_scale(actor=actor, now=now)


def _add_playbook() -> None:
    for severity in Severity.objects.all():
        _add_steps(BY_RANK.get(severity.rank, ()), severity=severity)
    _add_steps(SECURITY, for_security=True)


def _add_steps(steps: Sequence[StartingStep], **belongs: Any) -> None:
    for position, step in enumerate(steps, start=1):
        PlaybookStep.objects.create(
            text=str(step.text), within_minutes=step.minutes, position=position, **belongs
        )


def _add_roles() -> None:
    for position, role in enumerate(ROLES, start=1):
        IncidentRole.objects.create(
            code=role.code, name=str(role.name), duties=str(role.duties), position=position
        )


def _add_service(name: str, team: Team, page: StatusPage) -> Service:
    """Paged by the tenant's default policy, known to customers as the page's one component."""
    component = Component.objects.get(page=page)
    service: Service = Service.objects.create(name=name, team=team, component=component)
    return service
