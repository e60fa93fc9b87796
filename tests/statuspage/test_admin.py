"""Setting up pages, groups and components in the admin; reading notices there."""

from collections.abc import Callable

import pytest
from django.test import Client

from config.tenancy.actors import ENGINE, Actor
from config.tenancy.scoping import tenant_scope
from statuspage.models import Component, ComponentGroup, ComponentInterval, Notice, StatusPage, Update
from statuspage.operations.notices import open_notice
from statuspage.operations.setup import create_page
from tests.conftest import MovedClock
from tests.people import World

ADMIN = "/t/acme/admin/statuspage"
SETTINGS = {"name": "Acme", "time_zone": "Europe/Amsterdam", "language": "nl"}


@pytest.fixture
def signed_in(world: World) -> Callable[[str], Client]:
    def as_member(name: str) -> Client:
        tenant = world.acme if name in world.acme.members else world.other
        client = Client()
        client.force_login(tenant.members[name].user)
        return client

    return as_member


@pytest.fixture
def theirs(world: World, moved_clock: MovedClock) -> StatusPage:
    """A page of the other tenant."""
    with tenant_scope(world.other.tenant.pk):
        return create_page(slug="theirs", name="Canary", actor=ENGINE, now=moved_clock.now())


def test_a_new_page_is_due_for_rendering(
    acme: object, signed_in: Callable[[str], Client], moved_clock: MovedClock
) -> None:
    answer = signed_in("anna").post(
        f"{ADMIN}/statuspage/add/", SETTINGS | {"slug": "acme-shop", "kind": "public", "name": "Shop"}
    )
    assert answer.status_code == 302
    page = StatusPage.objects.get(slug="acme-shop")
    assert page.render_due_at == moved_clock.now()
    assert page.history.get().actor_label == "Anna"


def test_a_slug_of_another_tenant_is_refused_in_words(
    acme: object, theirs: StatusPage, signed_in: Callable[[str], Client]
) -> None:
    answer = signed_in("anna").post(
        f"{ADMIN}/statuspage/add/", SETTINGS | {"slug": "theirs", "kind": "public"}, follow=True
    )
    assert "This address is taken." in answer.content.decode()
    assert not StatusPage.objects.filter(slug="theirs").exists()


def test_changing_a_page_renders_it_again_and_leaves_slug_and_kind(
    page: StatusPage, signed_in: Callable[[str], Client], moved_clock: MovedClock
) -> None:
    before = StatusPage.objects.get(pk=page.pk).version
    moved_clock.move(minutes=1)
    answer = signed_in("marc").post(
        f"{ADMIN}/statuspage/{page.pk}/change/",
        SETTINGS | {"name": "Acme Ltd", "slug": "stolen", "kind": "internal"},
    )
    assert answer.status_code == 302
    page.refresh_from_db()
    assert (page.name, page.slug, page.kind, page.language) == ("Acme Ltd", "acme", "public", "nl")
    assert page.version == before + 1
    assert page.render_due_at == moved_clock.now()


def test_a_new_component_works_from_now_on(
    page: StatusPage, signed_in: Callable[[str], Client], moved_clock: MovedClock
) -> None:
    group = signed_in("anna").post(f"{ADMIN}/componentgroup/add/", {"page": page.pk, "name": "Shop"})
    assert group.status_code == 302
    answer = signed_in("anna").post(
        f"{ADMIN}/component/add/",
        {"page": page.pk, "group": ComponentGroup.objects.get().pk, "name": "Checkout", "description": "Pay"},
    )
    assert answer.status_code == 302
    made = Component.objects.get(name="Checkout")
    assert (made.status, made.position, made.group) == ("operational", 2, ComponentGroup.objects.get())
    assert ComponentInterval.objects.get(component=made).starts_at == moved_clock.now()


def test_a_status_set_in_the_admin_opens_an_interval(
    website: Component, signed_in: Callable[[str], Client], moved_clock: MovedClock
) -> None:
    moved_clock.move(minutes=5)
    answer = signed_in("anna").post(
        f"{ADMIN}/component/{website.pk}/change/",
        {
            "group": "",
            "name": "Web shop",
            "description": "",
            "status": "partial_outage",
            "position": "3",
            "shown": "on",
        },
    )
    assert answer.status_code == 302
    website.refresh_from_db()
    assert (website.name, website.status, website.position) == ("Web shop", "partial_outage", 3)
    rows = ComponentInterval.objects.filter(component=website).order_by("id")
    assert [row.status for row in rows] == ["operational", "partial_outage"]
    assert rows[0].ends_at == moved_clock.now()


def test_notices_are_read_and_not_written(
    page: StatusPage,
    website: Component,
    carla: Actor,
    signed_in: Callable[[str], Client],
    moved_clock: MovedClock,
) -> None:
    notice = open_notice(
        page=page,
        title="Website is down",
        body="We are looking into it.",
        components={website.pk: "major_outage"},
        actor=carla,
        now=moved_clock.now(),
    )
    reader = signed_in("vera")
    assert "Website is down" in reader.get(f"{ADMIN}/notice/").content.decode()
    answer = reader.get(f"{ADMIN}/notice/{notice.pk}/change/").content.decode()
    for words in ("We are looking into it.", "Website: Major outage", f"/status/acme/incidents/{notice.uid}"):
        assert words in answer
    owner = signed_in("anna")
    assert owner.post(f"{ADMIN}/notice/{notice.pk}/change/", {"title": "Other"}).status_code == 403
    assert owner.get(f"{ADMIN}/notice/add/").status_code == 403
    assert owner.post(f"{ADMIN}/notice/{notice.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Notice.objects.get().title == "Website is down"
    assert Update.objects.count() == 1


@pytest.mark.parametrize("name", ["bram", "carla", "vera"])
def test_who_may_not_set_up_changes_nothing(
    page: StatusPage, website: Component, signed_in: Callable[[str], Client], name: str
) -> None:
    client = signed_in(name)
    assert client.get(f"{ADMIN}/component/").status_code == 200
    assert client.post(f"{ADMIN}/statuspage/{page.pk}/change/", SETTINGS | {"name": "X"}).status_code == 403
    assert client.post(f"{ADMIN}/component/{website.pk}/change/", {"name": "X"}).status_code == 403
    assert client.post(f"{ADMIN}/component/add/", {"page": page.pk, "name": "X"}).status_code == 403


def test_an_outsider_finds_none_of_it(
    page: StatusPage, website: Component, signed_in: Callable[[str], Client]
) -> None:
    olga = signed_in("olga")
    for path in (f"statuspage/{page.pk}/change/", f"component/{website.pk}/change/", "component/"):
        assert olga.get(f"{ADMIN}/{path}").status_code == 404
        own = olga.get(f"/t/other/admin/statuspage/{path}", follow=True)
        assert "Website" not in own.content.decode()


def test_a_component_cannot_be_put_on_another_tenants_page(
    page: StatusPage, theirs: StatusPage, signed_in: Callable[[str], Client]
) -> None:
    form = signed_in("anna").get(f"{ADMIN}/component/add/").content.decode()
    assert "Canary" not in form
    answer = signed_in("anna").post(f"{ADMIN}/component/add/", {"page": theirs.pk, "name": "Planted"})
    assert answer.status_code == 200
    assert not Component.objects.filter(name="Planted").exists()
