"""The two Celery tasks of the clock. Both may run twice, late, or never: rows hold the truth."""

from datetime import datetime, timedelta

import structlog
from celery import shared_task
from django.db import InterfaceError, OperationalError

from config import clock, doorbell
from config.tenancy.models.pulse import beat

log = structlog.get_logger(__name__)

AHEAD = timedelta(seconds=1.1)
MARGIN_SECONDS = 0.002


@shared_task(name="clock.run_due")
def run_due(name: str) -> int:
    """Runs one kind of due work by its registered name (config.clock), and sets an alarm for what is next.

    A tick sees only the first deadline of the coming second: without this the second would wait for the next
    tick.
    """
    work = clock.named(name)
    with doorbell.in_hand(work):
        done = clock.run_due(name, clock.now())
    _alarm(work, clock.now())
    return done


@shared_task(name="clock.tick")
def tick() -> None:
    """Beat's second hand: rings for what is due, sets an alarm for what falls due within the next second."""
    now = clock.now()
    beat("beat", now)
    for work in clock.works():
        try:
            _ring_for(work, now)
        except (OperationalError, InterfaceError):
            raise  # the database is away, for all of them
        except Exception:  # one kind of work that cannot tell must not silence those after it
            log.exception("tick_failed", work=work.name)


def _ring_for(work: clock.DueWork, now: datetime) -> None:
    if work.oldest_due(now) is not None:
        doorbell.publish(work.name, work.queue)
        return
    _alarm(work, now)


def _alarm(work: clock.DueWork, now: datetime) -> None:
    due = work.next_due(now)
    if due is not None and due - now < AHEAD:
        doorbell.ring_in(work.name, work.queue, (due - now).total_seconds() + MARGIN_SECONDS)
