"""Opening, posting to, correcting and resolving notices."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction

from config.tenancy.actors import Actor
from config.tenancy.models import Membership, Tenant
from config.tenancy.scoping import tenant_scope
from statuspage.models import Component, ComponentInterval, Notice, StatusPage, Update, UpdateComponent
from statuspage.operations.components import set_component_status
from statuspage.operations.notices import edit_update, open_notice, post_update
from tests.conftest import Bells, MovedClock
from tests.people import World


@pytest.fixture
def notice(page: StatusPage, website: Component, carla: Actor, moved_clock: MovedClock) -> Notice:
    """Website has a major outage."""
    return open_notice(
        page=page,
        title="Website is down",
        body="We are looking into it.",
        components={website.pk: "major_outage"},
        actor=carla,
        now=moved_clock.now(),
    )


def post(notice: Notice, actor: Actor, clock: MovedClock, status: str, **more: object) -> Update:
    return post_update(
        notice=notice,
        status=status,
        body="Words.",
        actor=actor,
        now=clock.move(minutes=5),
        **more,  # type: ignore[arg-type]
    )


def test_opening_writes_notice_update_and_component_and_makes_the_page_due(
    notice: Notice, website: Component, page: StatusPage, moved_clock: MovedClock, bells: Bells
) -> None:
    update = Update.objects.get(notice=notice)
    assert (notice.status, update.status, update.body) == (
        "investigating",
        "investigating",
        "We are looking into it.",
    )
    change = UpdateComponent.objects.get(update=update)
    assert (change.component, change.old_status, change.new_status) == (
        website,
        "operational",
        "major_outage",
    )
    website.refresh_from_db()
    assert website.status == "major_outage"
    page.refresh_from_db()
    assert page.render_due_at == moved_clock.now()


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_after_the_commit(notice: Notice, bells: Bells) -> None:
    assert "statuspage.render" in bells


def test_impact_is_the_worst_while_open_and_stays_when_it_gets_better(
    notice: Notice, website: Component, carla: Actor, moved_clock: MovedClock
) -> None:
    assert notice.impact == "critical"
    post(notice, carla, moved_clock, "monitoring", components={website.pk: "degraded_performance"})
    notice.refresh_from_db()
    assert notice.impact == "critical"


def test_a_notice_whose_components_all_work_has_no_impact(
    page: StatusPage, carla: Actor, moved_clock: MovedClock
) -> None:
    notice = open_notice(page=page, title="Odd mails", body="Looking.", actor=carla, now=moved_clock.now())
    assert notice.impact == "none"


def test_resolving_ends_the_notice_and_returns_its_components(
    notice: Notice, website: Component, carla: Actor, moved_clock: MovedClock
) -> None:
    post(notice, carla, moved_clock, "monitoring")
    monitoring_at = moved_clock.now()
    update = post(notice, carla, moved_clock, "resolved")
    notice.refresh_from_db()
    website.refresh_from_db()
    assert (notice.status, notice.resolved_at, notice.monitoring_at) == (
        "resolved",
        moved_clock.now(),
        monitoring_at,
    )
    assert website.status == "operational"
    assert update.changes.get().new_status == "operational"


def test_resolving_leaves_a_component_as_another_open_notice_says_it_is(
    notice: Notice, page: StatusPage, website: Component, carla: Actor, moved_clock: MovedClock
) -> None:
    open_notice(
        page=page,
        title="Slow",
        body="Also slow.",
        components={website.pk: "degraded_performance"},
        actor=carla,
        now=moved_clock.now(),
    )
    post(notice, carla, moved_clock, "identified", components={website.pk: "major_outage"})
    post(notice, carla, moved_clock, "resolved")
    website.refresh_from_db()
    assert website.status == "degraded_performance"


@pytest.mark.django_db(transaction=True)
def test_two_notices_that_end_at_the_same_moment_leave_the_component_well(
    notice: Notice, page: StatusPage, website: Component, carla: Actor, moved_clock: MovedClock, acme: Tenant
) -> None:
    other = open_notice(
        page=page,
        title="Slow",
        body="Also slow.",
        components={website.pk: "degraded_performance"},
        actor=carla,
        now=moved_clock.now(),
    )
    now = moved_clock.move(minutes=5)

    def end(which: Notice) -> None:
        post_update(notice=which, status="resolved", body="Over.", actor=carla, now=now)

    def end_the_other() -> None:
        try:
            with tenant_scope(acme.pk):
                end(other)
        finally:
            connection.close()

    second = threading.Thread(target=end_the_other)
    with transaction.atomic():
        end(notice)
        second.start()
        wait_until_somebody_waits_for_a_lock()
    second.join(timeout=20)
    website.refresh_from_db()
    assert website.status == "operational"


def wait_until_somebody_waits_for_a_lock() -> None:
    """Pauses between questions only; there is no time by which it must happen."""
    pause = threading.Event()
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        pause.wait(0.01)
    raise AssertionError("nobody waits for a lock")


def test_resolving_may_say_that_a_component_is_not_well_yet(
    notice: Notice, website: Component, carla: Actor, moved_clock: MovedClock
) -> None:
    post(notice, carla, moved_clock, "resolved", components={website.pk: "degraded_performance"})
    website.refresh_from_db()
    assert website.status == "degraded_performance"


def test_a_further_word_after_resolving_keeps_when_it_was_over(
    notice: Notice, website: Component, carla: Actor, moved_clock: MovedClock
) -> None:
    post(notice, carla, moved_clock, "resolved")
    over = moved_clock.now()
    set_component_status(component=website, status="under_maintenance", actor=carla, now=moved_clock.now())
    post(notice, carla, moved_clock, "resolved")
    notice.refresh_from_db()
    website.refresh_from_db()
    assert notice.resolved_at == over
    assert website.status == "under_maintenance"


def test_an_earlier_step_opens_it_again(notice: Notice, carla: Actor, moved_clock: MovedClock) -> None:
    post(notice, carla, moved_clock, "monitoring")
    post(notice, carla, moved_clock, "resolved")
    post(notice, carla, moved_clock, "investigating")
    notice.refresh_from_db()
    assert (notice.status, notice.resolved_at, notice.monitoring_at) == ("investigating", None, None)


def test_each_status_becomes_an_interval_of_its_own(
    notice: Notice, website: Component, carla: Actor, moved_clock: MovedClock
) -> None:
    down = moved_clock.now()
    post(notice, carla, moved_clock, "resolved")
    rows = ComponentInterval.objects.filter(component=website).order_by("id")
    assert list(rows.values_list("status", "starts_at", "ends_at")) == [
        ("operational", website.created_at, down),
        ("major_outage", down, moved_clock.now()),
        ("operational", moved_clock.now(), None),
    ]


def test_a_clock_that_steps_back_never_ends_an_interval_before_it_began(
    notice: Notice, website: Component, carla: Actor, moved_clock: MovedClock
) -> None:
    began = moved_clock.now()
    set_component_status(
        component=website, status="operational", actor=carla, now=began - timedelta(seconds=1)
    )
    ended = ComponentInterval.objects.get(component=website, status="major_outage")
    assert ended.ends_at == began


def test_the_same_status_again_makes_no_interval_and_no_rendering(
    website: Component, page: StatusPage, carla: Actor, moved_clock: MovedClock
) -> None:
    page.refresh_from_db()
    set_component_status(
        component=website, status="operational", actor=carla, now=moved_clock.move(minutes=1)
    )
    again = StatusPage.objects.get(pk=page.pk)
    assert again.version == page.version
    assert ComponentInterval.objects.filter(component=website).count() == 1


def test_a_promise_goes_with_the_newest_words_and_ends_with_the_notice(
    notice: Notice, carla: Actor, moved_clock: MovedClock
) -> None:
    promised = moved_clock.now() + timedelta(minutes=35)
    post(notice, carla, moved_clock, "identified", next_update_at=promised)
    notice.refresh_from_db()
    assert notice.next_update_at == promised
    post(notice, carla, moved_clock, "resolved", next_update_at=promised)
    notice.refresh_from_db()
    assert notice.next_update_at is None


def test_a_promise_cannot_lie_in_the_past(notice: Notice, carla: Actor, moved_clock: MovedClock) -> None:
    with pytest.raises(ValidationError) as refused:
        post(notice, carla, moved_clock, "identified", next_update_at=moved_clock.now())
    assert "next_update_at" in refused.value.message_dict


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"body": "\n"}, "body"),
        ({"status": "in_progress"}, "status"),
        ({"status": "closed"}, "status"),
        ({"components": {0: "major_outage"}}, "components"),
        ({"started_at": "later"}, "started_at"),
    ],
)
def test_what_cannot_be_published_is_refused_whole(
    page: StatusPage, carla: Actor, moved_clock: MovedClock, wrong: dict[str, object], field: str
) -> None:
    now = moved_clock.now()
    given: dict[str, object] = {"title": "T", "body": "B"} | wrong
    if field == "started_at":
        given["started_at"] = now + timedelta(minutes=1)
    with pytest.raises(ValidationError) as refused:
        open_notice(page=page, actor=carla, now=now, **given)  # type: ignore[arg-type]
    assert field in refused.value.message_dict
    assert not Notice.objects.exists()
    assert not Update.objects.exists()


def test_an_unknown_component_status_is_refused(
    notice: Notice, website: Component, carla: Actor, moved_clock: MovedClock
) -> None:
    with pytest.raises(ValidationError):
        post(notice, carla, moved_clock, "identified", components={website.pk: "broken"})


def test_a_component_of_another_page_is_not_on_this_one(
    page: StatusPage, internal: StatusPage, carla: Actor, moved_clock: MovedClock
) -> None:
    elsewhere = Component.objects.get(page=internal)
    with pytest.raises(ValidationError):
        open_notice(
            page=page,
            title="T",
            body="B",
            components={elsewhere.pk: "major_outage"},
            actor=carla,
            now=moved_clock.now(),
        )


def test_a_corrected_update_says_when_and_history_keeps_the_old_words(
    notice: Notice, carla: Actor, moved_clock: MovedClock
) -> None:
    update = notice.updates.get()
    edit_update(update=update, body="Better words.", actor=carla, now=moved_clock.move(minutes=1))
    update.refresh_from_db()
    assert (update.body, update.edited_at) == ("Better words.", moved_clock.now())
    assert [row.body for row in update.history.order_by("history_id")] == [
        "We are looking into it.",
        "Better words.",
    ]
    assert update.history.latest("history_id").actor_label == "Carla"


def test_a_viewer_publishes_nothing(
    world: World, page: StatusPage, website: Component, moved_clock: MovedClock
) -> None:
    vera: Membership = world.acme.members["vera"]
    with pytest.raises(PermissionDenied):
        open_notice(page=page, title="T", body="B", actor=vera.as_actor(), now=moved_clock.now())
    with pytest.raises(PermissionDenied):
        set_component_status(
            component=website, status="major_outage", actor=vera.as_actor(), now=moved_clock.now()
        )


def test_an_outsider_reaches_no_page_notice_or_component(
    world: World,
    page: StatusPage,
    notice: Notice,
    website: Component,
    outsider: Actor,
    moved_clock: MovedClock,
) -> None:
    now, update = moved_clock.now(), notice.updates.get()
    attempts: list[tuple[type[Exception], Callable[[], object]]] = [
        (
            StatusPage.DoesNotExist,
            lambda: open_notice(page=page, title="T", body="B", actor=outsider, now=now),
        ),
        (
            Notice.DoesNotExist,
            lambda: post_update(notice=notice, status="resolved", body="B", actor=outsider, now=now),
        ),
        (Notice.DoesNotExist, lambda: edit_update(update=update, body="B", actor=outsider, now=now)),
        (
            Component.DoesNotExist,
            lambda: set_component_status(component=website, status="operational", actor=outsider, now=now),
        ),
    ]
    with tenant_scope(world.other.tenant.pk):
        for expected, attempt in attempts:
            with pytest.raises(expected):
                attempt()
    notice.refresh_from_db()
    website.refresh_from_db()
    assert (notice.status, website.status) == ("investigating", "major_outage")
    assert Update.objects.count() == 1
