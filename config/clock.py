"""What time it is, and a registry of all work that falls due by time.

Time comes from the database, is read once at the edge (`now()`), and is passed down. Each app registers its
due work in `AppConfig.ready()`; beat, the watchdog, `/health/engine` and `/metrics` walk the registry and
import no app. The three hands on the clock (DESIGN rule 2):

1. after commit the doorbell rings `run_due(name)` at once;
2. beat ticks every second, and rings ahead for what falls due within the next second;
3. `manage.py watchdog` needs no broker and runs itself what is LATE_AFTER late.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection

from config import doorbell

log = structlog.get_logger(__name__)

LATE_AFTER = timedelta(seconds=3)
TELL_AFTER = timedelta(seconds=1)


def now() -> datetime:
    """The database's wall clock, aware, UTC. One statement. For edges only; pure code is given its time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


def for_statement() -> datetime | None:
    """What to hand to a statement that reads the clock itself: `COALESCE(%(now)s, clock_timestamp())`.

    None, so that it does. For the one statement an alert may cost; tests hand in the time they moved to.
    """
    return None


@dataclass(frozen=True)
class DueWork:
    """One kind of work that rows wait for.

    run         claims and works what is due at `now`, in small batches, fairly across tenants, each row in
                its own tenant scope and transaction; returns how many rows it worked. Safe to run twice at
                once.
    oldest_due  the due time of the oldest row that is due at `now` and not leased to anyone, or None.
    next_due    the earliest due time after `now`, or None.
    repair      gives a deadline to rows that should have one and have none; returns how many. Loud in logs.
    queue       the Celery queue whose worker runs it: "clock" (fast) or "send" (the slow world outside).
    at_once     a worker of its queue that rings for it while at other work does it itself, next.
    """

    name: str
    run: Callable[[datetime], int]
    oldest_due: Callable[[datetime], datetime | None]
    next_due: Callable[[datetime], datetime | None]
    repair: Callable[[datetime], int] = lambda now: 0
    queue: str = "clock"
    at_once: bool = False


_registry: dict[str, DueWork] = {}


def register(work: DueWork) -> None:
    """Called from AppConfig.ready(). A second registration of a name replaces the first."""
    _registry[work.name] = work


def named(name: str) -> DueWork:
    return _registry[name]


def works() -> list[DueWork]:
    return list(_registry.values())


def run_due(name: str, now: datetime) -> int:
    """Runs one kind of due work until nothing more is due (at most 100 batches), the first of it at `now`.

    Batches of slow sends take minutes: later ones are told the later time, for their leases count from it.
    """
    done, started = 0, time.monotonic()
    for _ in range(100):
        passed = timedelta(seconds=time.monotonic() - started)
        worked = _registry[name].run(now + passed if passed >= TELL_AFTER else now)
        done += worked
        answer()
        if not worked:
            break
    return done


def answer() -> None:
    """Does what this thread took in hand (doorbell.in_hand). For between the pieces of a batch: outside any
    transaction, in no tenant. A failure is logged and leaves the work to the next bell.
    """
    with doorbell.taken() as names:
        for name in names:
            try:
                run_due(name, now())
            except Exception:
                log.exception("not_done_in_hand", work=name)
                doorbell.publish(name, named(name).queue)
