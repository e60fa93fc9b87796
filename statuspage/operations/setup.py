"""Pages, groups and components: made by owners and managers."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.doors import add_door
from config.tenancy.models import DoorKind, Tenant
from statuspage.models import Component, ComponentGroup, StatusPage
from statuspage.models.page import RESERVED
from statuspage.operations.changes import page_changed
from statuspage.operations.components import begin_interval
from statuspage.states import PageKind


def create_default_pages(
    *, tenant: Tenant, component_name: str, actor: Actor, now: datetime
) -> tuple[StatusPage, StatusPage]:
    """A public and an internal page with one component each, in the tenant's zone and language.

    Their slugs are the tenant's own and `<slug>-internal`; where one is taken, the next free with a number.
    """
    actor.must("statuspage.setup")
    with acting(actor, now=now):
        with translation.override(tenant.language):
            for_colleagues = _("%(name)s for colleagues") % {"name": tenant.name}
        public = _first_free(tenant, tenant.slug, PageKind.PUBLIC, tenant.name, actor, now)
        internal = _first_free(
            tenant, f"{tenant.slug}-internal", PageKind.INTERNAL, for_colleagues, actor, now
        )
        for page in (public, internal):
            add_component(page=page, name=component_name, actor=actor, now=now)
    return public, internal


def create_page(
    *,
    slug: str,
    name: str,
    actor: Actor,
    now: datetime,
    kind: str = PageKind.PUBLIC,
    time_zone: str = "UTC",
    language: str = "en",
    more_languages: Sequence[str] = (),
) -> StatusPage:
    """A page, due for its first rendering. Raises ValidationError, also where another tenant has the slug."""
    actor.must("statuspage.setup")
    with acting(actor, now=now):
        page = StatusPage(
            slug=slug,
            name=name,
            kind=kind,
            time_zone=time_zone,
            language=language,
            more_languages=list(more_languages),
            created_at=now,
            updated_at=now,
            render_due_at=now,
        )
        page.full_clean()
        try:
            with transaction.atomic():
                page.save()
        except IntegrityError as error:
            raise ValidationError({"slug": _("This address is taken. Choose another.")}) from error
        if page.is_public:
            # For readers whose page is not on disk yet, and for those who write to it without a sign-in.
            add_door(DoorKind.STATUS_PAGE, slug, tenant_id=page.tenant_id, row_id=page.pk)
        page_changed(page.pk, now)
    return page


def add_group(*, page: StatusPage, name: str, actor: Actor, now: datetime) -> ComponentGroup:
    """Put last on the page. Raises ValidationError, StatusPage.DoesNotExist outside its tenant."""
    actor.must("statuspage.setup")
    with acting(actor, now=now):
        page = StatusPage.objects.get(pk=page.pk)
        last = ComponentGroup.objects.filter(page=page).aggregate(last=Max("position"))["last"] or 0
        group = ComponentGroup(page=page, name=name, position=last + 1, created_at=now)
        group.full_clean()
        group.save()
        page_changed(page.pk, now)
    return group


def add_component(
    *,
    page: StatusPage,
    name: str,
    actor: Actor,
    now: datetime,
    group: ComponentGroup | None = None,
    description: str = "",
) -> Component:
    """Operational from `now`, put last on the page. Its uptime is known from here on.

    Raises ValidationError (a name twice, a group of another page) and StatusPage.DoesNotExist outside its
    tenant.
    """
    actor.must("statuspage.setup")
    with acting(actor, now=now):
        page = StatusPage.objects.get(pk=page.pk)
        last = Component.objects.filter(page=page).aggregate(last=Max("position"))["last"] or 0
        component = Component(
            page=page,
            group=group,
            name=name,
            description=description,
            position=last + 1,
            created_at=now,
            updated_at=now,
        )
        component.full_clean()
        component.save()
        begin_interval(component, now)
        page_changed(page.pk, now)
    return component


def _first_free(tenant: Tenant, slug: str, kind: str, name: str, actor: Actor, now: datetime) -> StatusPage:
    """Row security hides the slugs of other tenants, so the only way to know is to try."""
    for attempt in (slug, *(f"{slug}-{number}" for number in range(2, 100))):
        if attempt in RESERVED:
            continue
        try:
            return create_page(
                slug=attempt,
                name=name,
                kind=kind,
                time_zone=tenant.time_zone,
                language=tenant.language,
                actor=actor,
                now=now,
            )
        except ValidationError as error:
            if "slug" not in error.message_dict:
                raise
    raise ValidationError({"slug": _("This address is taken. Choose another.")})
