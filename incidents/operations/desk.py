"""The desk that words are written at: all a draft is made of, read once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation

from incidents import words
from incidents.facts.assessment import answers_of
from incidents.known import whole_minutes
from incidents.models import Alert, Audience, Incident, Message, MessageKind, MessageTemplate, Service
from statuspage.models import Component, StatusPage
from statuspage.states import PageKind

Translations = dict[str, dict[str, str]]
Template = Callable[[], words.Draft]


@dataclass(frozen=True)
class Desk:
    """`page` is where words to customers go. `languages` by audience, the first is the main one."""

    incident: Incident
    page: StatusPage | None
    services: list[Service]
    components: list[Component]
    languages: Mapping[str, list[str]]
    last: Mapping[str, Message]
    templates: Mapping[tuple[str, str, str, bool], MessageTemplate]
    about: words.About

    def draft(
        self,
        audience: str,
        kind: str,
        *,
        language: str = "",
        postmortem: bool = True,
        own: Template | None = None,
    ) -> words.Draft:
        """In the audience's main language, or the one named. `own` stands in place of the template."""
        language = language or self.languages[audience][0]
        with translation.override(language):
            template = own() if own else self._template(audience, kind, language, postmortem)
            return words.draft(template, self._about(audience, language))

    def translations(
        self, audience: str, kind: str, *, postmortem: bool = True, own: Template | None = None
    ) -> Translations:
        """The same in the further languages of the audience."""
        return {
            language: self.draft(audience, kind, language=language, postmortem=postmortem, own=own)._asdict()
            for language in self.languages[audience][1:]
        }

    def _template(self, audience: str, kind: str, language: str, postmortem: bool) -> words.Draft:
        variant = postmortem or (audience, kind) != (Audience.EXTERNAL, MessageKind.FINAL)
        own = self.templates.get((audience, kind, language, variant))
        if own is not None:
            return words.Draft(own.title, own.body)
        return words.built_in(audience, kind, postmortem=postmortem)

    def _about(self, audience: str, language: str) -> words.About:
        about = self.about if audience == Audience.INTERNAL else words.about_for_customers(self.about)
        last = self.last.get(audience)
        if last is None:
            return about
        said = last.translations.get(language, {}).get("body") or last.body
        return words.about_with(about, previous=said)


def desk_of(incident: Incident, *, now: datetime) -> Desk:
    """A fixed number of queries: 7, and one or two more to find the page."""
    services = services_of(incident)
    components = components_of(services)
    page = page_of(incident, components)
    began = incident.started_at or incident.declared_at
    return Desk(
        incident=incident,
        page=page,
        services=services,
        components=components,
        languages=_languages(incident, page),
        last=last_published(incident),
        templates={(t.audience, t.kind, t.language, t.postmortem): t for t in MessageTemplate.objects.all()},
        about=words.About(
            key=incident.key,
            severity=incident.severity_word,
            summary=incident.summary,
            services=[service.name for service in services],
            components=[one.name for one in components] or [page.name if page else incident.tenant.name],
            minutes=whole_minutes((incident.impact_over_at or now) - began),
            customers_notice=incident.customers_notice,
            cases=incident.cases,
            answers=answers_of(incident),
        ),
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


def page_of(incident: Incident, components: list[Component]) -> StatusPage | None:
    """Where words to customers go: on with the notice that is there, else the page of the first component
    that is affected, else the tenant's first public one.
    """
    if incident.notice is not None:
        return incident.notice.page
    if components:
        return components[0].page
    found: StatusPage | None = StatusPage.objects.filter(kind=PageKind.PUBLIC).order_by("id").first()
    return found


def _languages(incident: Incident, page: StatusPage | None) -> dict[str, list[str]]:
    inside = StatusPage.objects.filter(kind=PageKind.INTERNAL).order_by("id").first()
    main = incident.tenant.language
    return {
        Audience.EXTERNAL: _each_once(page.language, page.more_languages) if page else [main],
        Audience.INTERNAL: _each_once(main, inside.more_languages if inside else []),
    }


def _each_once(main: str, more: list[str]) -> list[str]:
    return [main, *(language for language in more if language != main)]


def last_published(incident: Incident) -> dict[str, Message]:
    """The newest by audience. One query."""
    told = Message.objects.filter(incident=incident, published_at__isnull=False)
    rows = told.order_by("audience", "-published_at", "-id").distinct("audience")
    return {row.audience: row for row in rows}
