"""Claims: fair across tenants, each row once, and few statements from a call to its first send."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import clock
from config.tenancy.actors import ENGINE, Actor
from config.tenancy.operations.tenants import close_tenant, reopen_tenant
from config.tenancy.scoping import all_tenants, tenant_scope
from oncall.models import Escalation, Notification
from oncall.operations import paging
from oncall.operations.claiming import LEASE, MESSAGE_SEATS, SEATS, SENDS, STEPS
from oncall.operations.engine import run_steps
from oncall.operations.sending import run_sends
from tests.oncall.conftest import CARD, Pager
from tests.people import World


def test_a_quiet_tenant_is_served_in_the_first_batch_behind_a_noisy_ones_backlog(
    pager: Pager, world: World
) -> None:
    policy = pager.policy(["bram"])
    for number in range(60):
        pager.start(policy, run=False, key=f"INC-{number}")
    pager.clock.move(minutes=1)
    with tenant_scope(world.other.tenant.pk):
        omar = world.other.members["omar"]
        paging.page_people(card=CARD, memberships=[omar], urgency="high", actor=ENGINE, now=pager.now)
    batch = STEPS.claim(pager.now, limit=4)
    assert [claimed.tenant_id for claimed in batch].count(world.other.tenant.pk) == 1
    assert len(batch) == 4


def test_claimed_one_by_one_the_older_backlog_does_not_always_come_first(pager: Pager, world: World) -> None:
    """By chance, so: of 60 claims the quiet tenant's one row is among them, and not always the last."""
    policy = pager.policy(["bram"])
    for number in range(60):
        pager.start(policy, run=False, key=f"INC-{number}")
    pager.clock.move(minutes=1)
    with tenant_scope(world.other.tenant.pk):
        omar = world.other.members["omar"]
        paging.page_people(card=CARD, memberships=[omar], urgency="high", actor=ENGINE, now=pager.now)
    served = [STEPS.claim(pager.now, limit=1)[0].tenant_id for _ in range(60)]
    assert world.other.tenant.pk in served


def test_a_leased_row_is_claimed_by_nobody_else_until_the_lease_ends(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"]), run=False)
    (first,) = STEPS.claim(pager.now, limit=4)
    assert STEPS.claim(pager.now, limit=4) == []
    assert STEPS.oldest_due(pager.now) is None
    pager.clock.set(pager.now + LEASE)
    (second,) = STEPS.claim(pager.now, limit=4)
    assert (second.id, second.claims) == (escalation.pk, 2)
    assert second.token != first.token


def test_what_is_not_due_is_not_claimed(pager: Pager) -> None:
    pager.start(pager.policy(["bram"]))
    pager.clock.move(minutes=4, seconds=59)
    assert STEPS.claim(pager.now, limit=4) == []


def test_a_row_that_failed_is_put_back_for_longer_each_time(pager: Pager) -> None:
    pager.start(pager.policy(["bram"]), run=False)
    waits = []
    for _ in range(6):
        (claimed,) = STEPS.claim(pager.now, limit=4)
        with tenant_scope(claimed.tenant_id):
            STEPS.put_back(claimed, pager.now)
        until = Escalation.objects.get().lease_until
        waits.append((until - pager.now).total_seconds())
        pager.clock.set(until)
    assert waits == [2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize("names", [["bram"], ["bram", "marc", "carla", "vera"]])
def test_a_step_costs_the_same_for_one_person_and_for_four(
    pager: Pager, django_assert_max_num_queries: Any, names: list[str]
) -> None:
    for name in pager.people:
        pager.contact(name)
    pager.start(pager.policy([pager.schedule("bram", "marc"), *names], ["anna"]), run=False)
    with django_assert_max_num_queries(21):
        assert run_steps(pager.now) == 1


def test_a_send_is_few_statements(pager: Pager, django_assert_max_num_queries: Any) -> None:
    pager.contact("bram")
    pager.start(pager.policy(["bram"]), run=False)
    run_steps(pager.now)
    with django_assert_max_num_queries(25):
        assert run_sends(pager.now) == 1
    assert pager.mailed() == ["bram"]


def test_of_a_closed_tenant_nothing_is_claimed_nor_late_nor_mended_until_it_is_open_again(
    pager: Pager, world: World
) -> None:
    """It may not be paged by a house it cannot enter. No row is touched: opened again, it goes on."""
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    acknowledged = pager.start(pager.policy(["vera"], called="Other"), key="INC-43")
    pager.acknowledge(acknowledged, "vera")
    pager.mails()
    staff = Actor.staff(1, "Platform")
    close_tenant(tenant=world.acme.tenant, actor=staff, now=pager.now)
    for _ in range(3):
        pager.later(minutes=30)
        for work in clock.works():
            if work.name.startswith("oncall."):
                assert (work.oldest_due(pager.now), work.repair(pager.now)) == (None, 0), work.name
                assert work.next_due(pager.now - timedelta(hours=2)) is None
    assert pager.mails() == []
    reopen_tenant(tenant=world.acme.tenant, actor=staff, now=pager.now)
    pager.later(seconds=1)
    assert sorted(pager.mailed()) == ["marc", "vera"]
    assert escalation.events.filter(kind="step").count() == 2


def test_sends_that_failed_here_wait_without_a_seat(pager: Pager) -> None:
    """As many as a tenant has seats are broken: its next page goes all the same."""
    for number in range(SEATS):
        pager.start(pager.policy(["bram"], called=f"P{number}"), run=False, key=f"INC-{number}")
    run_steps(pager.now)
    for _ in range(SEATS):
        (claimed,) = SENDS.claim(pager.now, limit=1)
        with tenant_scope(claimed.tenant_id):
            SENDS.put_back(claimed, pager.now)
    assert SENDS.claim(pager.now, limit=1) == []
    assert not Notification.objects.filter(lease_until__isnull=False).exists()
    new = pager.start(pager.policy(["marc"], called="New"), run=False, key="INC-9")
    run_steps(pager.now)
    (claimed,) = SENDS.claim(pager.now, limit=4)
    assert claimed.escalation_id == new.pk
    pager.clock.move(seconds=2)
    assert len(SENDS.claim(pager.now, limit=8)) == SEATS - 1  # one seat is taken


def test_one_tenant_never_keeps_all_eight_workers_waiting() -> None:
    assert SEATS + MESSAGE_SEATS < 8


def test_an_empty_claim_is_one_look(pager: Pager, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):  # with the scope's two around it, and no transaction
        assert STEPS.claim(pager.now, limit=20) == []


def test_in_a_storm_the_schedules_are_read_once_a_batch(pager: Pager) -> None:
    policy = pager.policy([pager.schedule("bram", "marc")], ["anna"])
    for number in range(10):
        pager.start(policy, run=False, key=f"INC-{number}")
    with CaptureQueriesContext(connection) as seen:
        assert run_steps(pager.now) == 10
    assert sum("oncall_rotation" in query["sql"] for query in seen) == 1


BACKLOG = 4000


@pytest.fixture(params=["with statistics", "without"])
def backlog(pager: Pager, request: pytest.FixtureRequest) -> None:
    """Thousands of due ladders of one tenant that the planner knows of, and that it has not heard of yet."""
    pager.start(pager.policy(["bram"]), run=False)
    with all_tenants("test"), connection.cursor() as cursor:
        names = [f.column for f in Escalation._meta.concrete_fields if f.column not in ("id", "uid")]
        columns = ", ".join(names)
        cursor.execute(
            f"INSERT INTO oncall_escalation (uid, {columns}) SELECT lpad(n::text, 12, '0'), {columns} "
            "FROM oncall_escalation, generate_series(2, %s) n",
            [BACKLOG],
        )
        if request.param == "with statistics":
            cursor.execute("ANALYZE oncall_escalation; ANALYZE tenancy_tenant")


def _rows_read() -> tuple[int, int]:
    """In this transaction, of ladders: without an index, and by one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = %s",
            [Escalation._meta.db_table],
        )
        without, by_index = cursor.fetchone()
    return without, by_index


@pytest.mark.usefixtures("backlog")
@pytest.mark.parametrize(
    ("deed", "most"),
    [
        (STEPS.oldest_due, 2),
        (lambda now: STEPS.next_due(now - timedelta(days=1)), 2),
        (lambda now: STEPS.claim(now, limit=20), 100),
    ],
    ids=["the look", "what is next", "a claim of 20"],
)
def test_a_backlog_is_read_by_index_and_only_its_beginning(
    pager: Pager, deed: Callable[[datetime], object], most: int
) -> None:
    before = _rows_read()
    assert deed(pager.now)
    without, by_index = (after - b for after, b in zip(_rows_read(), before, strict=True))
    assert without == 0
    assert by_index <= most


@pytest.mark.django_db(transaction=True)
def test_a_claim_leaves_no_planner_setting_behind(pager: Pager) -> None:
    """It is told to go by index for one statement; the connection goes on as it was."""
    pager.start(pager.policy(["bram"]), run=False)
    with all_tenants("test"), connection.cursor() as cursor:
        assert len(STEPS.claim(pager.now, limit=4)) == 1
        cursor.execute("SHOW enable_sort")
        assert cursor.fetchone() == ("on",)
