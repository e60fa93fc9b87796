"""What the watchdog mends: rows that should have a deadline and have none, and ladders that stand still."""

from typing import Any

import pytest
from django.db import connection, transaction

from config import clock
from config.tenancy.scoping import all_tenants
from oncall.models import Escalation, EscalationState, Notification
from oncall.operations import auditing
from oncall.operations.claiming import Claimed
from oncall.operations.engine import POISON_AFTER, rescue
from oncall.operations.testing import start_test
from tests.oncall.conftest import MINUTE, Pager, logged, person


def repair_all(pager: Pager) -> int:
    return sum(work.repair(pager.now) for work in clock.works() if work.name.startswith("oncall."))


def test_in_ordinary_running_there_is_nothing_to_repair(pager: Pager) -> None:
    first = pager.start(pager.policy(["bram"], ["marc"], repeat=2))
    second = pager.start(pager.policy(["carla"], called="Other"), key="INC-43")
    for minute in range(40):
        assert repair_all(pager) == 0, minute
        if minute == 7:
            pager.acknowledge(first, "bram")
        pager.later(minutes=1)
    assert Escalation.objects.get(pk=second.pk).state == EscalationState.EXHAUSTED


def test_it_is_quiet_right_when_something_falls_due_and_nobody_has_run_yet(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"]))
    pager.acknowledge(escalation, "bram")
    pager.clock.move(minutes=30)
    assert repair_all(pager) == 0
    pager.engine.run()
    pager.clock.move(minutes=5)
    assert repair_all(pager) == 0


def test_a_running_ladder_without_a_next_step_gets_one(
    pager: Pager, caplog: pytest.LogCaptureFixture
) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    pager.mails()
    Escalation.objects.filter(pk=escalation.pk).update(next_step_at=None)
    pager.later(minutes=1)
    assert pager.mailed() == []
    assert repair_all(pager) == 1
    pager.engine.run()
    assert pager.mailed() == ["marc"]
    assert ("ERROR", "escalation_without_next_step") in logged(caplog)


def test_a_ladder_that_stands_still_although_it_has_a_next_step_is_found(
    pager: Pager, caplog: pytest.LogCaptureFixture
) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    pager.mails()
    Escalation.objects.filter(pk=escalation.pk).update(next_step_at=pager.now.replace(year=2030))
    pager.clock.move(minutes=6)
    assert auditing.audit(pager.now) == 0
    pager.clock.move(seconds=1)
    assert auditing.audit(pager.now) == 1
    pager.engine.run()
    assert pager.mailed() == ["marc"]
    assert ("ERROR", "escalation_neglected") in logged(caplog)


def test_a_ladder_whose_step_was_never_run_is_found(pager: Pager) -> None:
    """The engine is dead: its claim is never made. The audit frees the row and rings."""
    pager.start(pager.policy(["bram"]), run=False)
    Escalation.objects.update(lease_until=pager.now.replace(year=2030), lease_token=1)
    pager.clock.move(minutes=6, seconds=1)
    assert auditing.audit(pager.now) == 1
    pager.engine.run()
    assert pager.mailed() == ["bram"]


@pytest.mark.parametrize("state", ["pending", "sending", "failed", "folded"])
def test_a_notification_that_is_neither_done_nor_due_is_sent(pager: Pager, state: str) -> None:
    pager.start(pager.policy(["bram"], delay=60))
    pager.mails()
    Notification.objects.update(state=state, retry_at=None)
    assert repair_all(pager) == 1
    pager.engine.run()
    assert pager.mailed() == ["bram"]


def test_an_acknowledgement_and_a_snooze_that_never_end_get_an_end(pager: Pager) -> None:
    taken = pager.start(pager.policy(["bram"]))
    pager.acknowledge(taken, "bram")
    Escalation.objects.update(ack_expires_at=None)
    assert repair_all(pager) == 1
    assert Escalation.objects.get().ack_expires_at == pager.now + 30 * MINUTE
    Escalation.objects.update(state="snoozed", ack_expires_at=None)
    assert repair_all(pager) == 1
    assert Escalation.objects.get().snoozed_until == pager.now


def test_an_acknowledgement_meant_to_last_is_left_alone(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"]))
    Escalation.objects.update(ack_minutes=None)
    pager.acknowledge(escalation, "bram")
    assert Escalation.objects.get().ack_expires_at is None
    assert repair_all(pager) == 0


def test_a_ladder_that_breaks_the_code_ends_in_pages_to_the_owners(
    pager: Pager, caplog: pytest.LogCaptureFixture
) -> None:
    broken = pager.start(pager.policy(["bram"]), run=False)
    Escalation.objects.filter(pk=broken.pk).update(snapshot={"rungs": [{"delay_minutes": 5}]})
    pager.start(pager.policy(["marc"], called="Other"), key="INC-43")
    assert pager.mailed() == ["marc"]  # the broken one holds up no other
    for _ in range(5):
        pager.later(seconds=31)
    assert pager.mailed() == ["anna"]
    assert ("ERROR", "escalation_failed_here") in logged(caplog)
    assert ("ERROR", "escalation_rescued") in logged(caplog)


def test_oldest_and_next_due_are_told_over_all_tenants(pager: Pager) -> None:
    works: dict[str, Any] = {work.name: work for work in clock.works()}
    assert works["oncall.steps"].oldest_due(pager.now) is None
    start = pager.now
    pager.start(pager.policy(["bram"], ["marc"]))
    assert works["oncall.steps"].next_due(pager.now) == start + 5 * MINUTE
    pager.clock.move(minutes=7)
    with all_tenants("a test's look from outside"):
        assert works["oncall.steps"].oldest_due(pager.now) == start + 5 * MINUTE
    assert works["oncall.sends"].queue == "send"


def test_what_is_stuck_is_found_by_its_index(pager: Pager) -> None:
    """However many millions of notifications there have been."""
    statement = auditing.STUCK.format(in_an_open_tenant=auditing.IN_AN_OPEN_TENANT)
    with all_tenants("a test's look from outside"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('enable_seqscan', 'off', true)")
        cursor.execute(f"EXPLAIN {statement}", {"now": pager.now})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "oncall_notification_stuck" in plan


def test_of_a_rescued_ladder_nobody_is_reminded_and_a_broken_test_pages_no_owner(pager: Pager) -> None:
    taken = pager.start(pager.policy(["bram"]))
    pager.acknowledge(taken, "bram")
    bram = pager.people["bram"]
    test = start_test(membership=bram, actor=person(bram), now=pager.now)
    pager.engine.run()
    pager.mails()
    claims = POISON_AFTER + 1
    for row, claimed in (
        (taken, Claimed(taken.tenant_id, taken.pk, taken.pk, 1, claims)),
        (test, Claimed(test.tenant_id, test.pk, test.pk, 1, claims)),
    ):
        Escalation.objects.filter(pk=row.pk).update(lease_token=1)
        rescue(claimed, pager.now)
    pager.engine.run()
    assert [name for name, subject in pager.mails() if name == "anna"] == ["anna"]
    row = Escalation.objects.get(pk=taken.pk)
    assert (row.state, row.remind_at, row.acknowledged_by, row.acknowledged_at) == (
        "paging",
        None,
        None,
        None,
    )
    assert Escalation.objects.get(pk=test.pk).state == "stopped"
