"""The engine's rounds: due steps and answers that ran out, each row in its own scope and transaction."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from config import doorbell
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import bound_tenant_id, tenant_scope
from oncall.models import EscalationState, EventKind
from oncall.operations.claiming import ACK_EXPIRIES, SNOOZES, STEPS, Claimed, DueRows
from oncall.operations.crew import Called, owners
from oncall.operations.ending import end_quietly
from oncall.operations.events import record
from oncall.operations.firing import Known, fire_step
from oncall.operations.locking import lock_escalation
from oncall.operations.restarting import expire_ack, wake
from oncall.operations.summons import call

log = structlog.get_logger(__name__)

BATCH = 20
POISON_AFTER = 4
RESCUED_FOR = timedelta(minutes=5)
Deed = Callable[..., object]


def run_steps(now: datetime) -> int:
    """Fires the steps that are due at `now`, at most a batch. Returns how many rows were claimed."""
    crews: dict[int, Known] = {}

    def fire(**given: Any) -> bool:
        """What one ladder of a tenant has read of its schedules, the next ones of the batch need not."""
        return fire_step(**given, known=crews.setdefault(bound_tenant_id(), {}))

    return _run(STEPS, fire, now)


def run_acks(now: datetime) -> int:
    """Acknowledgements that ran out and snoozes that ended: paging again."""
    return _run(ACK_EXPIRIES, expire_ack, now) + _run(SNOOZES, wake, now)


def _run(rows: DueRows, deed: Deed, now: datetime) -> int:
    batch = rows.claim(now, limit=BATCH)
    if len(batch) == BATCH:
        doorbell.ring("oncall.steps" if rows is STEPS else "oncall.acks")
    for claimed in batch:
        with tenant_scope(claimed.tenant_id):
            _work(rows, deed, claimed, now)
    return len(batch)


def _work(rows: DueRows, deed: Deed, claimed: Claimed, now: datetime) -> None:
    """One row. What goes wrong with it stays with it: it is tried again, and in the end rescued."""
    try:
        if claimed.claims > POISON_AFTER:
            rescue(claimed, now)
        else:
            deed(escalation_id=claimed.id, lease_token=claimed.token, now=now)
    except Exception:
        log.exception("escalation_failed_here", escalation=claimed.id, claims=claimed.claims)
        rows.put_back(claimed, now)


def rescue(claimed: Claimed, now: datetime) -> None:
    """A ladder that cannot be worked (its rules or rows break the code): the owners are paged, loudly.

    One's own test ends quietly, as if nobody had answered.
    """
    with acting(ENGINE, now=now):
        escalation = lock_escalation(claimed.id)
        if escalation.lease_token != claimed.token:
            return
        log.error("escalation_rescued", escalation=claimed.id)
        if escalation.is_test:
            end_quietly(escalation, now)
            return
        escalation.turn += 1
        before = list(escalation.pages.select_related("membership__user"))
        call(
            escalation,
            [Called(owner, "owner") for owner in owners()],
            why={"step": escalation.rung + 1},
            before=before,
            now=now,
        )
        escalation.state = EscalationState.PAGING
        escalation.ack_expires_at = escalation.snoozed_until = escalation.remind_at = None
        escalation.acknowledged_by = escalation.acknowledged_at = escalation.held_step_at = None
        escalation.next_step_at = now + RESCUED_FOR
        escalation.last_step_at = now
        escalation.lease_until = escalation.lease_token = None
        escalation.claims = 0
        escalation.save()
        record(escalation, EventKind.RESCUED, actor=ENGINE, now=now)
