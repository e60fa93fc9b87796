"""Several engines at once, on real transactions: nothing twice, nothing lost, and an answer beats a send."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Coalesce

from config.tenancy.actors import ENGINE
from config.tenancy.scoping import all_tenants, tenant_scope
from oncall import signals
from oncall.models import Attempt, Escalation, EscalationEvent, Notification
from oncall.operations import beginning, drafts, paging
from oncall.operations.beginning import begin_attempt
from oncall.operations.claiming import LEASE, SENDS, Claimed
from oncall.operations.engine import run_steps
from oncall.operations.sending import finish_attempt, run_sends
from oncall.senders.message import Message, Outcome
from tests.oncall.conftest import CARD, Pager
from tests.people import World

pytestmark = pytest.mark.django_db(transaction=True)
ENGINES = 5


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    """Runs `work` in so many threads, each with a connection of its own, all let go together."""
    barrier = threading.Barrier(count)

    def one() -> Any:
        barrier.wait()
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(count)]]


def until_quiet(pager: Pager, run: Callable[[Any], int]) -> Callable[[], None]:
    def work() -> None:
        while run(pager.now):
            pass

    return work


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were called, in order."""
    made: list[str] = []

    def send(message: Message, address: str) -> Outcome:
        made.append(address)
        return Outcome(True, "250")

    monkeypatch.setattr(drafts.email, "send", send)
    return made


def test_five_engines_fire_each_step_once(pager: Pager, calls: list[str]) -> None:
    policy = pager.policy(["bram"], ["marc"])
    for number in range(30):
        pager.start(policy, run=False, key=f"INC-{number}")
    at_once(ENGINES, until_quiet(pager, run_steps))
    # A row that another engine held was passed over by all: the next tick finds it.
    until_quiet(pager, run_steps)()
    assert EscalationEvent.objects.filter(kind="step").count() == 30
    assert Notification.objects.count() == 30


def test_of_thirty_first_pages_to_one_person_at_once_one_is_sent(pager: Pager, calls: list[str]) -> None:
    policy = pager.policy(["bram"])
    for number in range(30):
        pager.start(policy, run=False, key=f"INC-{number}")
    until_quiet(pager, run_steps)()
    at_once(ENGINES, until_quiet(pager, run_sends))
    until_quiet(pager, run_sends)()
    assert calls == ["bram@acme.test"]
    assert Notification.objects.filter(state="folded").count() == 29
    assert Attempt.objects.count() == 1


def test_five_senders_send_each_mail_once(pager: Pager, world: World, calls: list[str]) -> None:
    everybody = list(pager.people)
    for number in range(4):
        pager.start(pager.policy(everybody, called=f"P{number}"), run=False, key=f"INC-{number}")
    with tenant_scope(world.other.tenant.pk):
        paging.page_people(
            card=CARD,
            memberships=list(world.other.members.values()),
            urgency="high",
            actor=ENGINE,
            now=pager.now,
        )
    until_quiet(pager, run_steps)()
    at_once(ENGINES, until_quiet(pager, run_sends))
    until_quiet(pager, run_sends)()
    assert sorted(calls) == sorted(
        [f"{name}@acme.test" for name in everybody] + ["olga@other.test", "omar@other.test"]
    )


def test_a_send_that_waits_for_an_acknowledgement_is_not_made(pager: Pager, calls: list[str]) -> None:
    """The answer holds the lock when the send wants to begin: the send waits, reads again, is not made."""
    escalation = pager.start(pager.policy(["bram"]), run=False)
    until_quiet(pager, run_steps)()
    (claimed,) = SENDS.claim(pager.now, limit=4)
    inside, let_go = threading.Event(), threading.Event()

    def hold(**kwargs: object) -> None:
        inside.set()
        assert let_go.wait(20)

    signals.escalation_acknowledged.connect(hold)

    def answer() -> None:
        with tenant_scope(claimed.tenant_id):
            paging.acknowledge(
                escalation_id=escalation.pk, membership=pager.people["bram"], actor=ENGINE, now=pager.now
            )
        connection.close()

    def begin() -> Any:
        with tenant_scope(claimed.tenant_id):
            draft = begin_attempt(claimed, pager.now)
        connection.close()
        return draft

    try:
        with ThreadPoolExecutor(2) as pool:
            answering = pool.submit(answer)
            assert inside.wait(20)
            beginning = pool.submit(begin)
            wait_for_a_lock()
            let_go.set()
            answering.result(20)
            assert beginning.result(20) is None
    finally:
        signals.escalation_acknowledged.disconnect(hold)
    assert Notification.objects.get().state == "skipped"
    assert not Attempt.objects.exists()


def test_an_acknowledgement_that_waits_for_a_begun_send_finds_it_on_record(
    pager: Pager, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other order: the send had begun. It goes out, and everybody else hears who took it."""
    escalation = pager.start(pager.policy(["bram", "marc"]), run=False)
    until_quiet(pager, run_steps)()
    claimed = SENDS.claim(pager.now, limit=4)
    with tenant_scope(claimed[0].tenant_id):
        for row in claimed:
            assert begin_attempt(row, pager.now) is not None
        paging.acknowledge(
            escalation_id=escalation.pk, membership=pager.people["bram"], actor=ENGINE, now=pager.now
        )
        told = Notification.objects.get(kind="taken")
        assert str(told.membership) == "Marc"


def wait_for_a_lock() -> None:
    """Until somebody waits for a row lock, as PostgreSQL tells it."""
    with all_tenants("a test's look"), connection.cursor() as cursor:
        for _ in range(20_000):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            row = cursor.fetchone()
            if row and row[0]:
                return
    raise AssertionError("nobody waits")


def test_two_answers_at_once_make_one_answer(pager: Pager, calls: list[str]) -> None:
    escalation = pager.start(pager.policy(["bram", "marc"]))
    heard: list[object] = []

    def hear(membership: object, **kwargs: object) -> None:
        heard.append(membership)

    signals.escalation_acknowledged.connect(hear)
    people = [pager.people["bram"], pager.people["marc"]]

    def answer() -> str:
        with tenant_scope(escalation.tenant_id):
            who = people.pop()
            found = paging.acknowledge(
                escalation_id=escalation.pk, membership=who, actor=ENGINE, now=pager.now
            )
            return str(found.acknowledged_by)

    try:
        assert len(set(at_once(2, answer))) == 1
    finally:
        signals.escalation_acknowledged.disconnect(hear)
    assert len(heard) == 1
    assert Notification.objects.filter(kind="taken").count() == 1


def test_a_row_is_not_claimed_from_under_a_send_that_begins(
    pager: Pager, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease has run out, and it is about to be renewed: a second claim now would be a second page."""
    pager.start(pager.policy(["bram"]), run=False)
    until_quiet(pager, run_steps)()
    (claimed,) = SENDS.claim(pager.now, limit=1)
    stolen: list[Any] = []

    def meanwhile(membership: Any) -> bool:
        stolen.extend(at_once(1, lambda: SENDS.claim(pager.now + LEASE, limit=1))[0])
        return True

    monkeypatch.setattr(beginning, "can_be_called", meanwhile)
    with tenant_scope(claimed.tenant_id):
        assert begin_attempt(claimed, pager.now) is not None
    assert stolen == []


def test_a_failed_send_and_one_that_begins_for_the_same_page_do_not_lock_each_other(
    pager: Pager, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pager.contact("bram")
    pager.contact("bram", address="second@pager.test")
    pager.start(pager.policy(["bram"]), run=False)
    until_quiet(pager, run_steps)()
    first, second = (SENDS.claim(pager.now, limit=1)[0] for _ in range(2))
    inside, let_go = threading.Event(), threading.Event()

    def within(*given: Any) -> Any:
        inside.set()
        assert let_go.wait(20)
        return Coalesce(*given)

    def begin() -> Any:
        with tenant_scope(second.tenant_id):
            draft = begin_attempt(second, pager.now)
        connection.close()
        return draft

    with tenant_scope(first.tenant_id):
        draft = begin_attempt(first, pager.now)
    assert draft is not None

    def fail() -> None:
        with tenant_scope(first.tenant_id):
            finish_attempt(draft, Outcome(False, "451 busy"), pager.now)
        connection.close()

    monkeypatch.setattr(beginning, "Coalesce", within)
    with ThreadPoolExecutor(2) as pool:
        beginning_second = pool.submit(begin)
        assert inside.wait(20)
        failing = pool.submit(fail)
        wait_for_a_lock()
        let_go.set()
        failing.result(20)
        assert beginning_second.result(20) is not None


def two_to_bram(pager: Pager) -> tuple[Escalation, Claimed]:
    """One page that was sent, and a claim on another that could be folded into it."""
    policy = pager.policy(["bram"])
    first = pager.start(policy, run=False)
    until_quiet(pager, run_steps)()
    until_quiet(pager, run_sends)()
    pager.start(policy, run=False, key="INC-43")
    until_quiet(pager, run_steps)()
    (claimed,) = SENDS.claim(pager.now, limit=1)
    return first, claimed


def test_a_page_that_folds_while_the_other_is_answered_comes_out_at_once(
    pager: Pager, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is committed between the look at the other page and the fold."""
    first, claimed = two_to_bram(pager)
    fold = beginning._fold

    def answered_before(*given: Any) -> None:
        def answer() -> None:
            with tenant_scope(first.tenant_id):
                paging.acknowledge(
                    escalation_id=first.pk, membership=pager.people["bram"], actor=ENGINE, now=pager.now
                )

        at_once(1, answer)
        fold(*given)

    monkeypatch.setattr(beginning, "_fold", answered_before)
    with tenant_scope(claimed.tenant_id):
        assert begin_attempt(claimed, pager.now) is None
        assert Notification.objects.get(pk=claimed.id).state == "folded"
    assert [row.id for row in SENDS.claim(pager.now, limit=4)] == [claimed.id]


def test_a_page_that_folds_before_the_answer_to_the_other_is_committed_comes_out_at_once(
    pager: Pager, calls: list[str]
) -> None:
    first, claimed = two_to_bram(pager)

    def fold(**kwargs: object) -> None:
        def begin() -> Any:
            with tenant_scope(claimed.tenant_id):
                return begin_attempt(claimed, pager.now)

        assert at_once(1, begin) == [None]

    signals.escalation_acknowledged.connect(fold)
    try:
        with tenant_scope(first.tenant_id):
            paging.acknowledge(
                escalation_id=first.pk, membership=pager.people["bram"], actor=ENGINE, now=pager.now
            )
    finally:
        signals.escalation_acknowledged.disconnect(fold)
    assert [row.id for row in SENDS.claim(pager.now, limit=4)] == [claimed.id]
