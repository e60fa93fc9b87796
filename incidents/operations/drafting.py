"""Drafts of messages, from the templates of incidents.words."""

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from incidents import words
from incidents.known import UNKNOWN_RANK, whole_minutes
from incidents.models import Alert, Audience, Incident, Message, MessageKind, Service
from incidents.operations.advancing import advance
from incidents.operations.hours import next_update_for
from incidents.operations.locking import lock_incident
from statuspage.models import Component, StatusPage
from statuspage.states import ComponentStatus, NoticeStatus, PageKind

# What a severity means for a component until somebody says otherwise.
STATUS_OF_RANK = {1: ComponentStatus.MAJOR, 2: ComponentStatus.PARTIAL}


def draft_message(
    *,
    incident: Incident,
    audience: str,
    kind: str,
    postmortem: bool = True,
    actor: Actor,
    now: datetime,
) -> Message:
    """A draft from the templates, or the one that is there already. Needs incidents.publish.

    An external draft names public components only, never a service, key or person. `postmortem` chooses
    the variant of the final words (R44). Raises ValidationError for an unknown audience or kind.
    """
    actor.must("incidents.publish")
    check_choice(audience, kind)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        found = draft_of(incident, audience, kind)
        if found is None:
            template = words.TEMPLATES[audience, kind]
            found = write_draft(
                incident, audience, kind, template, postmortem=postmortem, actor=actor, now=now
            )
        advance(incident=incident, actor_cause=actor, now=now)
    return found


def write_draft(
    incident: Incident,
    audience: str,
    kind: str,
    template: Callable[[words.About], words.Draft],
    *,
    postmortem: bool = True,
    actor: Actor,
    now: datetime,
) -> Message:
    """Stores a draft for the locked incident, in the audience's language."""
    page = public_page(incident)
    language = page.language if audience == Audience.EXTERNAL and page else incident.tenant.language
    with translation.override(language):
        title, body = template(about_incident(incident, audience, postmortem=postmortem, now=now))
    message: Message = Message.objects.create(
        incident=incident,
        audience=audience,
        kind=kind,
        status=NoticeStatus.RESOLVED if kind == MessageKind.FINAL else NoticeStatus.INVESTIGATING,
        title=title[:300],
        body=body,
        components=_suggested_components(incident, kind) if audience == Audience.EXTERNAL else {},
        next_update_at=None if kind == MessageKind.FINAL else next_update_for(incident, now),
        written_at=now,
        written_by_id=actor.membership_id,
    )
    return message


def about_incident(
    incident: Incident, audience: str, *, postmortem: bool = True, now: datetime
) -> words.About:
    services = services_of(incident)
    last = last_published(incident, audience)
    began = incident.started_at or incident.declared_at
    return words.About(
        key=incident.key,
        severity=incident.severity_word,
        summary=incident.summary,
        services=[service.name for service in services],
        components=[component.name for component in components_of(services)] or _page_name(incident),
        minutes=whole_minutes((incident.impact_over_at or now) - began),
        customers_notice=incident.customers_notice,
        postmortem=postmortem,
        previous=last.body if last else "",
    )


def services_of(incident: Incident) -> list[Service]:
    """The incident's own service first, then those of its alerts, by name."""
    others = Alert.objects.filter(incident=incident, service__isnull=False).values("service_id")
    found = Service.objects.filter(pk__in=others).exclude(pk=incident.service_id).order_by("name")
    return ([incident.service] if incident.service else []) + list(found)


def components_of(services: list[Service]) -> list[Component]:
    """What customers know of these services: components that a public page shows."""
    ids = {service.component_id for service in services} - {None}
    shown = Component.objects.filter(pk__in=ids, page__kind=PageKind.PUBLIC, shown=True)
    return list(shown.select_related("page").order_by("position", "id"))


def _suggested_components(incident: Incident, kind: str) -> dict[str, str]:
    if kind == MessageKind.FINAL:
        return {}
    last = last_published(incident, Audience.EXTERNAL)
    if last is not None:
        return dict(last.components)
    rank = incident.severity.rank if incident.severity else UNKNOWN_RANK
    status = STATUS_OF_RANK.get(rank, ComponentStatus.DEGRADED)
    return {component.uid: status.value for component in components_of(services_of(incident))}


def draft_of(incident: Incident, audience: str, kind: str) -> Message | None:
    """The database holds at most one."""
    found: Message | None = Message.objects.filter(
        incident=incident, audience=audience, kind=kind, published_at=None
    ).first()
    return found


def last_published(incident: Incident, audience: str) -> Message | None:
    found: Message | None = (
        Message.objects.filter(incident=incident, audience=audience, published_at__isnull=False)
        .order_by("-published_at", "-id")
        .first()
    )
    return found


def public_page(incident: Incident) -> StatusPage | None:
    """The page of the first component that is affected, else the tenant's first public one."""
    named = components_of(services_of(incident))
    if named:
        return named[0].page
    found: StatusPage | None = StatusPage.objects.filter(kind=PageKind.PUBLIC).order_by("id").first()
    return found


def _page_name(incident: Incident) -> list[str]:
    page = public_page(incident)
    return [page.name] if page else [incident.tenant.name]


def check_choice(audience: str, kind: str) -> None:
    if audience not in Audience.values:
        raise ValidationError({"audience": _("Choose colleagues or customers.")})
    if kind not in MessageKind.values:
        raise ValidationError({"kind": _("Choose a first message, an update or a final message.")})
