"""The queue of pages to render: claims, leases, changes meanwhile, time-driven renderings, repair."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from config import clock
from config.tenancy.actors import ENGINE, Actor
from config.tenancy.scoping import all_tenants, tenant_scope
from statuspage.models import Component, StatusPage
from statuspage.operations import rendering
from statuspage.operations.changes import page_changed
from statuspage.operations.components import set_component_status
from statuspage.operations.notices import open_notice, post_update
from statuspage.operations.rendering import render_due, render_page, repair
from statuspage.operations.setup import create_page
from tests.conftest import Engine, MovedClock
from tests.people import World


def words_of(published: Path, name: str = "index.html", slug: str = "acme") -> str:
    return (published / slug / name).read_text()


def test_a_published_update_is_on_the_page_after_one_run(
    page: StatusPage, website: Component, carla: Actor, engine: Engine, published: Path
) -> None:
    engine.run()
    assert "Everything works." in words_of(published)
    notice = open_notice(
        page=page,
        title="Website is down",
        body="We are looking into it.",
        components={website.pk: "major_outage"},
        actor=carla,
        now=engine.clock.move(seconds=1),
    )
    assert render_due(engine.clock.now()) == 1
    text = words_of(published)
    assert "Website is not working." in text
    assert "We are looking into it." in text
    post_update(
        notice=notice,
        status="identified",
        body="It is the disk.",
        actor=carla,
        now=engine.clock.move(seconds=1),
    )
    render_due(engine.clock.now())
    assert "It is the disk." in words_of(published)
    assert "It is the disk." in words_of(published, f"incidents/{notice.uid}.html")
    assert "It is the disk." in words_of(published, "api/v2/summary.json")
    assert "It is the disk." in words_of(published, "history.atom")


def test_the_work_is_registered_under_the_name_that_is_rung(page: StatusPage) -> None:
    assert [work.name for work in clock.works()].count("statuspage.render") == 1


def test_a_page_is_rendered_once_per_change(page: StatusPage, moved_clock: MovedClock) -> None:
    assert render_due(moved_clock.now()) == 2  # public and internal
    assert render_due(moved_clock.now()) == 0


def test_the_next_rendering_is_at_midnight_of_the_pages_zone(
    page: StatusPage, engine: Engine, published: Path
) -> None:
    engine.run()
    with all_tenants("test"):
        assert rendering.oldest_due(engine.clock.now()) is None
        assert rendering.next_due(engine.clock.now()).isoformat() == "2026-11-23T23:00:00+00:00"  # type: ignore[union-attr]
    assert "Mon 23 Nov" in words_of(published)
    engine.clock.move(hours=13)
    engine.run()
    assert "Tue 24 Nov" in words_of(published)


def test_a_change_while_rendering_stays_due(
    page: StatusPage, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    render_due(moved_clock.now())
    page_changed(page.pk, moved_clock.move(seconds=1))
    load = rendering.load

    def load_then_change(row: StatusPage, now: object, **more: bool) -> object:
        facts = load(row, now, **more)  # type: ignore[arg-type]
        page_changed(page.pk, moved_clock.now())
        return facts

    with monkeypatch.context() as patched:
        patched.setattr(rendering, "load", load_then_change)
        assert render_due(moved_clock.now()) == 0
    page.refresh_from_db()
    assert page.render_due_at == moved_clock.now()
    assert render_due(moved_clock.now()) == 1


def test_a_leased_page_is_left_alone_until_the_lease_is_over(
    page: StatusPage, moved_clock: MovedClock
) -> None:
    StatusPage.objects.update(lease_until=moved_clock.now() + rendering.LEASE, lease_token=1)
    assert rendering.oldest_due(moved_clock.now()) is None
    assert render_due(moved_clock.now()) == 0
    moved_clock.move(seconds=31)
    assert rendering.oldest_due(moved_clock.now()) is not None
    assert render_due(moved_clock.now()) == 2


def test_a_page_that_cannot_be_rendered_holds_up_no_other(
    page: StatusPage,
    internal: StatusPage,
    moved_clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    published: Path,
) -> None:
    load = rendering.load

    def broken(row: StatusPage, now: object, **more: bool) -> object:
        if row.pk == page.pk:
            raise RuntimeError("broken")
        return load(row, now, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(rendering, "load", broken)
        assert render_due(moved_clock.now()) == 1
        assert render_due(moved_clock.now()) == 0  # leased: not tried again at once
    assert not (published / "acme").exists()
    moved_clock.move(seconds=31)
    assert render_due(moved_clock.now()) == 1
    assert (published / "acme" / "index.html").exists()


def test_an_older_rendering_does_not_clear_what_is_due(
    page: StatusPage, moved_clock: MovedClock, published: Path
) -> None:
    render_due(moved_clock.now())
    page_changed(page.pk, moved_clock.now())
    assert not render_page(page_id=page.pk, token=None, now=moved_clock.now() - timedelta(seconds=5))
    page.refresh_from_db()
    assert page.render_due_at == moved_clock.now()


def test_a_tenant_with_many_pages_does_not_make_another_wait(world: World, moved_clock: MovedClock) -> None:
    now = moved_clock.now()
    with tenant_scope(world.acme.tenant.pk):
        for number in range(rendering.BATCH + 5):
            create_page(slug=f"many-{number}", name="Many", actor=ENGINE, now=now)
    with tenant_scope(world.other.tenant.pk):
        create_page(slug="other", name="Other", actor=ENGINE, now=moved_clock.move(seconds=1))
    assert render_due(moved_clock.now()) == rendering.BATCH
    with tenant_scope(world.other.tenant.pk):
        assert StatusPage.objects.get().rendered_at == moved_clock.now()


def test_the_number_of_statements_does_not_grow_with_the_page(
    page: StatusPage, component: Callable[..., Component], carla: Actor, moved_clock: MovedClock
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            render_page(page_id=page.pk, token=None, now=moved_clock.move(seconds=1))
        return len(captured)

    open_notice(page=page, title="T", body="B", actor=carla, now=moved_clock.now())
    few = statements()
    for number in range(4):
        made = component(f"Part {number}")
        for status in ("degraded_performance", "operational", "major_outage"):
            set_component_status(component=made, status=status, actor=carla, now=moved_clock.move(seconds=1))
        notice = open_notice(
            page=page,
            title="T",
            body="B",
            components={made.pk: "major_outage"},
            actor=carla,
            now=moved_clock.move(seconds=1),
        )
        post_update(
            notice=notice, status="monitoring", body="B", actor=carla, now=moved_clock.move(seconds=1)
        )
    assert statements() == few <= 10


def test_oldest_due_and_next_due_cost_one_statement_each(
    page: StatusPage, moved_clock: MovedClock, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with all_tenants("test"):
        for ask in (rendering.oldest_due, rendering.next_due):
            with CaptureQueriesContext(connection) as captured:
                ask(moved_clock.now())
            assert len([query for query in captured if "set_config" not in query["sql"]]) == 1


def test_repair_finds_pages_without_a_deadline_and_pages_lost_from_disk(
    page: StatusPage, internal: StatusPage, engine: Engine, published: Path
) -> None:
    engine.run()
    assert repair(engine.clock.now()) == 0
    StatusPage.objects.filter(pk=internal.pk).update(render_due_at=None)
    shutil.rmtree(published / "acme")
    assert repair(engine.clock.now()) == 2
    engine.clock.move(seconds=1)
    engine.run()
    assert "Everything works." in words_of(published)
    assert repair(engine.clock.now()) == 0


def test_a_hidden_component_is_in_no_file(
    page: StatusPage, component: Callable[..., Component], carla: Actor, engine: Engine, published: Path
) -> None:
    secret = component("Canary Component", description="Canary Description")
    open_notice(
        page=page,
        title="T",
        body="B",
        components={secret.pk: "major_outage"},
        actor=carla,
        now=engine.clock.now(),
    )
    Component.objects.filter(pk=secret.pk).update(shown=False)
    engine.run()
    for path in published.rglob("*"):
        if path.is_file():
            assert "Canary" not in path.read_text(), path


def test_only_published_words_reach_the_files(
    world: World, page: StatusPage, website: Component, carla: Actor, engine: Engine, published: Path
) -> None:
    """Names of people, of tenants' insides and of numbers stay inside."""
    open_notice(
        page=page,
        title="Website is down",
        body="We are looking into it.",
        components={website.pk: "major_outage"},
        actor=carla,
        now=engine.clock.now(),
    )
    engine.run()
    inside = [str(member) for member in world.acme.members.values()]
    inside += [member.user.email for member in world.acme.members.values()]
    for path in published.rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert not [word for word in inside if word in text], path
            assert '_id":' not in text.replace("page_id", "").replace("group_id", "").replace(
                "incident_id", ""
            ).replace("tweet_id", "")


def test_the_pages_of_two_tenants_are_rendered_from_their_own_rows(
    world: World, page: StatusPage, engine: Engine, published: Path
) -> None:
    now = engine.clock.now()
    with tenant_scope(world.other.tenant.pk):
        other = create_page(slug="other", name="Other Company", actor=ENGINE, now=now)
        open_notice(page=other, title="Canary notice", body="Canary body", actor=ENGINE, now=now)
    engine.run()
    assert "Canary notice" in words_of(published, slug="other")
    assert "Canary" not in words_of(published)
    assert "Acme" not in words_of(published, slug="other")
