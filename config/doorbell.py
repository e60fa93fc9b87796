"""The doorbell: tells a worker, milliseconds after a commit, that work of a kind is due.

Ringing is free for the caller: it sets a flag, and one daemon thread per process coalesces the flags and
publishes them. Redis may be slow, stopped or gone: the caller never waits and never sees an error, since the
rows are the queue and beat or the watchdog will find them (DESIGN rules 1 and 2).
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
from celery import Celery
from django.conf import settings
from django.db import connection, transaction

if TYPE_CHECKING:
    from config.clock import DueWork

log = structlog.get_logger(__name__)

COALESCE_SECONDS = 0.002
# Under load a publish each two milliseconds would take a quarter of the web server. A worker that is rung
# for works all that is there; what comes in while it does is rung for when this has passed.
REST_SECONDS = 0.02
BROKEN_FOR_SECONDS = 1.0
TASK = "clock.run_due"

# A producer of its own: no retries and short time-outs. A plain publish to a stopped Redis hung for 25 s.
_producer = Celery("muster-doorbell", set_as_current=False)


def _configure() -> None:
    _producer.conf.update(
        broker_url=settings.CELERY_BROKER_URL,
        task_ignore_result=True,
        broker_connection_timeout=0.3,
        broker_connection_retry=False,
        broker_transport_options={
            "socket_timeout": 0.3,
            "socket_connect_timeout": 0.3,
            "retry_on_timeout": False,
            "max_retries": 0,
        },
    )


class _Bell:
    def __init__(self) -> None:
        self._wanted: dict[str, str] = {}
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._thread: threading.Thread | None = None
        self._broken_until = 0.0
        self._rung: dict[str, float] = {}

    def want(self, name: str, queue: str) -> None:
        with self._lock:
            self._wanted[name] = queue
            # Looked at on each ring: a fork (prefork worker, granian) keeps the object but not the thread.
            if self._thread is None or not self._thread.is_alive():
                _configure()
                self._thread = threading.Thread(target=self._loop, name="doorbell", daemon=True)
                self._thread.start()
        self._event.set()

    def _loop(self) -> None:
        while True:
            self._event.wait()
            time.sleep(COALESCE_SECONDS)
            self._event.clear()
            with self._lock:
                wanted, self._wanted = self._wanted, {}
            for name, queue in wanted.items():
                if time.monotonic() - self._rung.get(name, 0.0) < REST_SECONDS:
                    self._put_off(name, queue)
                    continue
                self._rung[name] = time.monotonic()
                self._publish(name, queue)

    def _put_off(self, name: str, queue: str) -> None:
        with self._lock:
            self._wanted[name] = queue
        self._event.set()

    def _publish(self, name: str, queue: str) -> None:
        if time.monotonic() < self._broken_until:
            return
        try:
            _producer.send_task(TASK, args=[name], queue=queue, retry=False, ignore_result=True)
        except Exception as error:  # whatever the client raises: the row is safe, only the bell is dumb
            self._broken_until = time.monotonic() + BROKEN_FOR_SECONDS
            log.warning("doorbell_silent", work=name, error=type(error).__name__)


class _Alarms:
    """At most one alarm a name: an earlier one stands for a later one, since work looks again when done."""

    def __init__(self) -> None:
        self._set: dict[str, float] = {}
        self._lock = threading.Lock()

    def set(self, name: str, queue: str, seconds: float) -> None:
        now = time.monotonic()
        with self._lock:
            if now < self._set.get(name, 0.0) <= now + seconds:
                return
            self._set[name] = now + seconds
        timer = threading.Timer(seconds, lambda: publish(name, queue))
        timer.daemon = True
        timer.start()


_bell = _Bell()
_alarms = _Alarms()
# Tests put their own recorder here.
publish: Callable[[str, str], None] = _bell.want


def ring_in(name: str, queue: str, seconds: float) -> None:
    """Rings for the due work called `name` after `seconds`, a second or two at most: rows keep the rest."""
    _alarms.set(name, queue, seconds)


class _Hand(threading.local):
    """What this thread was rung for and does itself; None: nothing, all is published."""

    doing: "DueWork"
    rung: dict[str, None] | None = None


_hand = _Hand()


@contextmanager
def in_hand(doing: "DueWork") -> Iterator[None]:
    """Within, this thread does itself what it rings for, where that is other work of the same queue and
    `at_once`: a page need not wait for a further task. It does so in `clock.answer`; what is left in the end
    is published.
    """
    _hand.doing, _hand.rung = doing, {}
    try:
        yield
    finally:
        left, _hand.rung = _hand.rung, None
        for name in left:
            publish(name, doing.queue)


@contextmanager
def taken() -> Iterator[list[str]]:
    """What is in hand, to be done now. Within, whatever is rung for is published: others may help."""
    names, was = list(_hand.rung or ()), _hand.rung
    _hand.rung = None
    try:
        yield names
    finally:
        _hand.rung = None if was is None else {}


def ring(name: str) -> None:
    """After the current transaction commits, rings for the due work called `name` (see config.clock)."""
    from config import clock

    work = clock.named(name)
    if connection.in_atomic_block:
        transaction.on_commit(lambda: _heard(work))
    else:
        # on_commit would do the same, and open a connection to find out.
        _heard(work)


def _heard(work: "DueWork") -> None:
    if _hand.rung is not None and work.at_once and _is_another(work, _hand.doing):
        _hand.rung[work.name] = None
    else:
        publish(work.name, work.queue)


def _is_another(work: "DueWork", doing: "DueWork") -> bool:
    """What a full batch rings for again is for other hands."""
    return work.name != doing.name and work.queue == doing.queue
