"""The third hand on the clock: runs itself whatever is late, and needs nothing but the database.

In ordinary running it finds nothing late and does nothing but look. Each kind of work has a thread of its own
when it has to run, so that a slow world outside (queue "send") does not hold up a ladder.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection

from config import clock
from config.tenancy.models.pulse import beat

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0
REPAIR_EVERY = timedelta(minutes=1)
Runner = Callable[[str, Callable[[], None]], None]


class Watchdog:
    """`look()` is one round; `run()` is a round every second until told to stop."""

    def __init__(self, *, side_by_side: bool = True) -> None:
        self.stopped = threading.Event()
        self._side_by_side = side_by_side
        self._at_work: dict[str, threading.Thread] = {}
        self._repaired_at: datetime | None = None
        self._database_is_away = False

    def run(self, *, max_seconds: float | None = None) -> None:
        end = None if max_seconds is None else time.monotonic() + max_seconds
        log.info("watchdog_started", works=[work.name for work in clock.works()])
        while not self.stopped.is_set() and (end is None or time.monotonic() < end):
            self.look_safely()
            self.stopped.wait(EVERY_SECONDS)
        for thread in self._at_work.values():
            thread.join(timeout=10)

    def look_safely(self) -> None:
        """One round that outlives a database that goes away; says so once, and once when it is back."""
        try:
            self.look()
        except DatabaseError as error:
            if not self._database_is_away:
                log.warning("watchdog_without_database", error=type(error).__name__)
            self._database_is_away = True
            # A pool waits longer and longer between its tries to connect; a new one tries at once.
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]
        else:
            if self._database_is_away:
                log.warning("watchdog_has_database_again")
            self._database_is_away = False
        finally:
            if self._side_by_side:
                connection.close()

    def look(self) -> None:
        """Runs what is late, repairs once a minute, and leaves a pulse. One query per kind of work."""
        now = clock.now()
        for work in clock.works():
            oldest = _oldest_due(work, now)
            if oldest is not None and now - oldest >= clock.LATE_AFTER:
                late = round((now - oldest).total_seconds(), 1)
                self._start(work.name, lambda work=work, late=late: _run(work, now, late))  # type: ignore[misc]
        if self._repaired_at is None or now - self._repaired_at >= REPAIR_EVERY:
            self._repaired_at = now
            for work in clock.works():
                self._start(f"{work.name} repair", lambda work=work: _repair(work, now))  # type: ignore[misc]
        beat("watchdog", now)

    def _start(self, name: str, job: Callable[[], None]) -> None:
        """Unless the same job still runs. In tests, here and now, inside the test's own transaction."""
        if not self._side_by_side:
            job()
            return
        if name in self._at_work and self._at_work[name].is_alive():
            return
        self._at_work[name] = threading.Thread(target=_in_thread, args=(job,), name=name, daemon=True)
        self._at_work[name].start()


def _oldest_due(work: clock.DueWork, now: datetime) -> datetime | None:
    try:
        return work.oldest_due(now)
    except (OperationalError, InterfaceError):
        raise  # the database is away, for all of them
    except Exception:  # one kind of work that cannot tell must not hide those after it
        log.exception("watchdog_cannot_tell", work=work.name)
        return None


def _run(work: clock.DueWork, now: datetime, late: float) -> None:
    try:
        rows = clock.run_due(work.name, now)
    except DatabaseError:
        raise
    except Exception:  # one kind of work that fails must not stop the others, nor the next round
        log.exception("watchdog_failed", work=work.name)
        return
    if rows:
        log.warning("watchdog_ran", work=work.name, rows=rows, late_seconds=late)


def _repair(work: clock.DueWork, now: datetime) -> None:
    try:
        rows = work.repair(now)
    except DatabaseError:
        raise
    except Exception:
        log.exception("watchdog_repair_failed", work=work.name)
        return
    if rows:
        log.error("watchdog_repaired", work=work.name, rows=rows)


def _in_thread(job: Callable[[], None]) -> None:
    try:
        job()
    except DatabaseError as error:
        log.warning("watchdog_interrupted", error=type(error).__name__)
    finally:
        connection.close()
