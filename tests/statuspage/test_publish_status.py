"""manage.py publish_status: everything from the rows alone."""

import shutil
from pathlib import Path

from django.core.management import call_command

from config.tenancy.actors import ENGINE, Actor
from config.tenancy.scoping import tenant_scope
from statuspage.models import StatusPage
from statuspage.operations.notices import edit_update, open_notice, post_update
from statuspage.operations.rendering import repair
from statuspage.operations.setup import create_page
from statuspage.render import facts
from tests.conftest import Engine
from tests.people import World


def test_a_lost_directory_is_made_again_with_every_notice_of_every_tenant(
    world: World, page: StatusPage, carla: Actor, engine: Engine, published: Path
) -> None:
    with tenant_scope(world.other.tenant.pk):
        create_page(slug="other", name="Other", actor=ENGINE, now=engine.clock.now())
    uids = []
    for number in range(facts.LATEST + 2):
        notice = open_notice(page=page, title=f"Old {number}", body="B", actor=carla, now=engine.clock.now())
        post_update(notice=notice, status="resolved", body="B", actor=carla, now=engine.clock.move(minutes=1))
        uids.append(notice.uid)
    engine.clock.move(days=2)
    engine.run()
    assert not (published / "acme" / "incidents" / f"{uids[0]}.html").exists()
    shutil.rmtree(published)
    call_command("publish_status", verbosity=0)
    assert (published / "other" / "index.html").exists()
    assert all((published / "acme" / "incidents" / f"{uid}.html").exists() for uid in uids)


def test_a_page_of_an_older_look_is_due_again(page: StatusPage, engine: Engine, published: Path) -> None:
    engine.run()
    assert repair(engine.clock.move(seconds=1)) == 0
    for style in (published / "acme").glob("status.*.css"):
        style.unlink()
    assert repair(engine.clock.now()) == 1
    engine.run()
    assert list((published / "acme").glob("status.*.css"))


def test_words_said_or_corrected_on_a_notice_of_long_ago_reach_its_page(
    page: StatusPage, carla: Actor, engine: Engine, published: Path
) -> None:
    """More than the newest fifty: it is in no list any more, but its own page still stands."""
    now = engine.clock.now
    old = open_notice(page=page, title="Old", body="password: hunter2", actor=carla, now=now())
    engine.run()
    for number in range(facts.LATEST):
        notice = open_notice(page=page, title=f"N {number}", body="B", actor=carla, now=now())
        post_update(notice=notice, status="resolved", body="B", actor=carla, now=engine.clock.move(minutes=1))
    engine.run()
    engine.clock.move(minutes=10)
    post_update(notice=old, status="resolved", body="All is well.", actor=carla, now=now())
    engine.run()
    own = published / "acme" / "incidents" / f"{old.uid}.html"
    assert "All is well." in own.read_text()
    engine.clock.move(hours=30)
    first = old.updates.order_by("id").first()
    edit_update(update=first, body="We are looking into it.", actor=carla, now=now())
    engine.run()
    assert "hunter2" not in own.read_text()
