"""The pager's due work, as config.clock knows it."""

from datetime import datetime

from config.clock import DueWork, register
from oncall.operations import auditing, engine, imports, looking, personal, receiving, reminding, sending
from oncall.operations.claiming import ACK_EXPIRIES, MESSAGES, SENDS, SNOOZES, STEPS, earliest


def _oldest_answer(now: datetime) -> datetime | None:
    return earliest([ACK_EXPIRIES.oldest_due(now), SNOOZES.oldest_due(now)])


def _next_answer(now: datetime) -> datetime | None:
    return earliest([ACK_EXPIRIES.next_due(now), SNOOZES.next_due(now)])


def register_due_work() -> None:
    """Called once, when the app is ready."""
    register(
        DueWork(
            "oncall.steps",
            engine.run_steps,
            STEPS.oldest_due,
            STEPS.next_due,
            auditing.repair_steps,
            at_once=True,
        )
    )
    register(
        DueWork(
            "oncall.sends", sending.run_sends, SENDS.oldest_due, SENDS.next_due, auditing.repair_sends, "send"
        )
    )
    register(
        DueWork(
            "oncall.messages",
            personal.run_messages,
            MESSAGES.oldest_due,
            MESSAGES.next_due,
            auditing.repair_messages,
            "send",
        )
    )
    register(receiving.RECEIPTS.due_work())
    register(DueWork("oncall.acks", engine.run_acks, _oldest_answer, _next_answer, auditing.repair_acks))
    register(reminding.REMINDERS.due_work(auditing.repair_reminders))
    register(looking.LOOKS.due_work(looking.repair_looks))
    register(imports.due_work())
