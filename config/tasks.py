"""The two Celery tasks of the clock. Both may run twice, late, or never: rows hold the truth."""

import threading
from datetime import timedelta

from celery import shared_task

from config import clock, doorbell
from config.tenancy.models.pulse import beat

AHEAD = timedelta(seconds=1.1)


@shared_task(name="clock.run_due")
def run_due(name: str) -> int:
    """Runs one kind of due work by its registered name (config.clock)."""
    return clock.run_due(name, clock.now())


@shared_task(name="clock.tick")
def tick() -> None:
    """Beat's second hand: rings for what is due, sets an alarm for what falls due within the next second."""
    now = clock.now()
    beat("beat", now)
    for work in clock.works():
        if work.oldest_due(now) is not None:
            doorbell.publish(work.name, work.queue)
            continue
        due = work.next_due(now)
        if due is not None and due - now < AHEAD:
            delay = (due - now).total_seconds() + 0.005
            alarm = threading.Timer(delay, doorbell.publish, (work.name, work.queue))
            alarm.daemon = True
            alarm.start()
