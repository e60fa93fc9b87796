"""Pages, groups and components."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from config.tenancy.actors import ENGINE, Actor
from config.tenancy.doors import DoorClosed, open_door
from config.tenancy.models import DoorKind, Tenant
from config.tenancy.scoping import tenant_scope
from statuspage.models import Component, ComponentInterval, StatusPage
from statuspage.operations.setup import add_component, add_group, create_default_pages, create_page
from tests.conftest import MovedClock
from tests.people import World


def test_a_tenant_starts_with_a_public_and_an_internal_page(
    pages: tuple[StatusPage, StatusPage], acme: Tenant, moved_clock: MovedClock
) -> None:
    public, internal = pages
    assert (public.slug, public.kind, public.name) == ("acme", "public", "Acme")
    assert (internal.slug, internal.kind) == ("acme-internal", "internal")
    for page in pages:
        page.refresh_from_db()
        assert (page.time_zone, page.language) == (acme.time_zone, acme.language)
        assert page.render_due_at == moved_clock.now()
        component = page.components.get()
        assert (component.name, component.status) == ("Website", "operational")
        interval = ComponentInterval.objects.get(component=component)
        assert (interval.starts_at, interval.ends_at) == (moved_clock.now(), None)


def test_addresses_lead_to_the_public_and_under_the_prefix(pages: tuple[StatusPage, StatusPage]) -> None:
    assert pages[0].address.endswith("/status/acme/")
    assert pages[1].address.endswith("/t/acme/status/acme-internal/")


def test_only_the_public_page_has_a_door(pages: tuple[StatusPage, StatusPage], acme: Tenant) -> None:
    with open_door(DoorKind.STATUS_PAGE, "acme") as opened:
        assert (opened.tenant_id, opened.row_id) == (acme.pk, pages[0].pk)
    with pytest.raises(DoorClosed), open_door(DoorKind.STATUS_PAGE, "acme-internal"):
        pass


def test_a_slug_of_another_tenant_is_taken_and_the_default_finds_the_next(
    world: World, moved_clock: MovedClock
) -> None:
    now = moved_clock.now()
    with tenant_scope(world.other.tenant.pk):
        create_page(slug="acme", name="Theirs", actor=ENGINE, now=now)
    with tenant_scope(world.acme.tenant.pk):
        with pytest.raises(ValidationError) as refused:
            create_page(slug="acme", name="Ours", actor=ENGINE, now=now)
        assert "slug" in refused.value.message_dict
        public, _ = create_default_pages(
            tenant=world.acme.tenant, component_name="Website", actor=ENGINE, now=now
        )
    assert public.slug == "acme-2"


@pytest.mark.parametrize("slug", ["internal", "", "..", "a/b", "A", "-a", "a-", "a.b", "x" * 64, "é"])
def test_a_slug_is_safe_as_a_folder(acme: Tenant, owner: Actor, moved_clock: MovedClock, slug: str) -> None:
    with pytest.raises(ValidationError):
        create_page(slug=slug, name="P", actor=owner, now=moved_clock.now())
    # And the database refuses it as well, whatever code writes it.
    now = moved_clock.now()
    with pytest.raises(IntegrityError) if len(slug) < 64 else pytest.raises(Exception), transaction.atomic():  # noqa: PT011
        StatusPage.objects.bulk_create(
            [StatusPage(tenant=acme, slug=slug, name="P", created_at=now, updated_at=now)]
        )


def test_components_and_groups_are_put_last(page: StatusPage, owner: Actor, moved_clock: MovedClock) -> None:
    now = moved_clock.now()
    group = add_group(page=page, name="Shop", actor=owner, now=now)
    first = add_component(page=page, name="Checkout", group=group, actor=owner, now=now)
    second = add_component(page=page, name="Search", group=group, actor=owner, now=now)
    assert (group.position, first.position, second.position) == (1, 2, 3)


def test_a_name_stands_once_in_a_group(page: StatusPage, owner: Actor, moved_clock: MovedClock) -> None:
    group = add_group(page=page, name="Shop", actor=owner, now=moved_clock.now())
    with pytest.raises(ValidationError):
        add_component(page=page, name="Website", actor=owner, now=moved_clock.now())
    assert add_component(page=page, name="Website", group=group, actor=owner, now=moved_clock.now())


def test_a_group_of_another_page_is_refused(
    page: StatusPage, internal: StatusPage, owner: Actor, moved_clock: MovedClock
) -> None:
    group = add_group(page=internal, name="Tools", actor=owner, now=moved_clock.now())
    with pytest.raises(ValidationError):
        add_component(page=page, name="Wiki", group=group, actor=owner, now=moved_clock.now())


def test_a_communicator_does_not_set_up(page: StatusPage, carla: Actor, moved_clock: MovedClock) -> None:
    now = moved_clock.now()
    for attempt in (
        lambda: create_page(slug="more", name="More", actor=carla, now=now),
        lambda: add_group(page=page, name="G", actor=carla, now=now),
        lambda: add_component(page=page, name="C", actor=carla, now=now),
    ):
        with pytest.raises(PermissionDenied):
            attempt()


def test_an_outsider_adds_nothing_to_our_page(
    world: World, page: StatusPage, outsider: Actor, moved_clock: MovedClock
) -> None:
    now, before = moved_clock.now(), Component.objects.count()
    with tenant_scope(world.other.tenant.pk):
        with pytest.raises(StatusPage.DoesNotExist):
            add_component(page=page, name="C", actor=outsider, now=now)
        with pytest.raises(StatusPage.DoesNotExist):
            add_group(page=page, name="G", actor=outsider, now=now)
    assert Component.objects.count() == before


def test_the_database_refuses_a_component_on_a_foreign_page(
    world: World, page: StatusPage, moved_clock: MovedClock
) -> None:
    now = moved_clock.now()
    with tenant_scope(world.other.tenant.pk):
        Component.objects.bulk_create(
            [Component(tenant=world.other.tenant, page=page, name="C", created_at=now, updated_at=now)]
        )
        with pytest.raises(IntegrityError):
            connection.check_constraints()
