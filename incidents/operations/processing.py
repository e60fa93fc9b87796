"""What was posted becomes alerts: due work "incidents.inbound" (DESIGN rules 1 and 4).

Posts are claimed over all tenants in turns (inbound_claims), then worked by source in the order they came, a
chunk in one transaction with its outcome. Where a chunk fails, it is tried in halves, those in halves, and so
on; what fails alone, or has killed its worker, is set apart unread and pages all the same under a title of
its own.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError
from django.utils import translation

from config import clock
from config.clock import DueWork
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents import adapters
from incidents.adapters import Action, IncomingAlert, Options, Unreadable
from incidents.adapters.incoming import digest
from incidents.limits import OVER_LIMIT
from incidents.models import Alert, AlertSource, InboundEvent, Outcome
from incidents.operations import inbound_claims
from incidents.operations.alerts import take_alerts
from incidents.operations.changes import note_changes
from incidents.operations.first_posts import First, firsts_of
from incidents.operations.inbound_claims import Claimed, let_go
from incidents.operations.ingest import CHANGE, DUE_WORK
from incidents.operations.joining import wait_for_turn
from incidents.operations.last_known import last_known
from incidents.operations.ledger import Report
from incidents.operations.limits import count_events
from incidents.operations.source_tests import as_test
from incidents.refusals import Busy

log = structlog.get_logger(__name__)

# Tried so often, by a worker that died of it each time, and then no more.
MOST_ATTEMPTS = 2
CHUNK_POSTS = 200
CHUNK_BYTES = 2_000_000
AGAIN_AFTER = timedelta(seconds=1)
LIFE_EVERY = timedelta(minutes=1)
# Not the fault of what was posted: it is given back untried.
PASSING = (OperationalError, InterfaceError, IntegrityError, Busy)


def run(now: datetime) -> int:
    """Works one batch of what waits; returns how many posts are done with. Safe to run twice at once."""
    # The smallest shares first: nobody waits behind another tenant's storm.
    shares = sorted(_by_source(inbound_claims.claim_fresh(now)), key=len)
    done = 0
    for chunk in (chunk for share in shares for chunk in _chunks(share)):
        done += _work(chunk, now)
        # Whom this pages need not wait for the storm of the next.
        clock.answer()
    return done + sum(_work([left], now) for left in inbound_claims.claim_left_behind(now))


def _by_source(claimed: list[Claimed]) -> list[list[Claimed]]:
    ordered = sorted(claimed, key=lambda one: (one.tenant_id, one.source_id, one.id))
    return [list(share) for _key, share in groupby(ordered, key=lambda one: (one.tenant_id, one.source_id))]


def _chunks(share: list[Claimed]) -> Iterator[list[Claimed]]:
    """In order, each of at most CHUNK_POSTS posts and about CHUNK_BYTES bytes."""
    chunk: list[Claimed] = []
    size = 0
    for one in share:
        if chunk and (len(chunk) == CHUNK_POSTS or size + one.size > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(one)
        size += one.size
    if chunk:
        yield chunk


def _work(chunk: list[Claimed], now: datetime) -> int:
    """One tenant's, one source's. Returns how many are done with; the others will be claimed again."""
    with tenant_scope(chunk[0].tenant_id):
        source = AlertSource.objects.select_related("tenant", "service").get(pk=chunk[0].source_id)
        with translation.override(source.tenant.language):
            return _work_for(source, chunk, now)


def _work_for(source: AlertSource, chunk: list[Claimed], now: datetime) -> int:
    if len(chunk) == 1 and chunk[0].attempts > MOST_ATTEMPTS:
        return _set_apart(source, chunk[0], "It stopped the program that read it.", now)
    try:
        return _read_and_take(source, chunk, now)
    except _OutOfTurn as turn:
        let_go([one for one in chunk if one.id >= turn.post], until=now + AGAIN_AFTER)
        before = [one for one in chunk if one.id < turn.post]
        return _work_for(source, before, now) if before else 0
    except PASSING as error:
        log.warning("inbound_later", posts=len(chunk), error=type(error).__name__)
        let_go(chunk, until=now + AGAIN_AFTER)
        return 0
    except Exception as error:
        # Whatever a body makes of our code: it may stop neither the others nor the page it stands for.
        log.exception("inbound_failed", posts=len(chunk))
        if len(chunk) > 1:
            half = len(chunk) // 2
            return sum(_work_for(source, part, now) for part in (chunk[:half], chunk[half:]))
        return _set_apart(source, chunk[0], f"It could not be worked: {type(error).__name__}.", now)


class _OutOfTurn(Exception):
    """A post ends an alert that a post before it may begin, and that one is in other hands."""

    def __init__(self, post: int) -> None:
        self.post = post


def _read_and_take(source: AlertSource, chunk: list[Claimed], now: datetime) -> int:
    with acting(source.as_actor(), now=now):
        inbound_claims.take_the_tenant(source.tenant_id)
        posts = _hold(chunk)
        if not posts:
            return 0
        options = Options(source.tool, source.by_group, source.mapping)
        firsts = firsts_of(posts)
        readings = [(post, _read_as(post, options, firsts[post.pk])) for post in posts]
        wait_for_turn(source)
        over = count_events(source, posts, now)
        reports = [
            (post, Report(one, firsts[post.pk].at, post.pk in over))
            for post, read in readings
            for one in read
        ]
        became, nothing = _take(source, reports, now)
        about = last_known(source, nothing)
        changes = note_changes(source, posts)
        for post, read in readings:
            wrong = (one.problem for one in read if one.problem)
            post.problem = (changes.get(post.pk) or next(wrong, ""))[:300]
            alerts = became.get(post.pk, [])
            told = {alert.pk for alert in alerts} | about.get(post.pk, set())
            post.alert_ids = sorted(told) or None
            ordinary = Outcome.PROCESSED if post.pk in changes else _outcome(alerts)
            post.outcome = Outcome.QUARANTINED if post.problem else ordinary
        _finish(posts, now)
    _note_life(source, now)
    return len(posts)


def _outcome(alerts: list[Alert]) -> Outcome:
    if not alerts:
        return Outcome.DROPPED
    together = all(alert.dedup_key.startswith(OVER_LIMIT) for alert in alerts)
    return Outcome.COALESCED if together else Outcome.PROCESSED


def _hold(chunk: list[Claimed]) -> list[InboundEvent]:
    """Those that are still this worker's, locked until the end: who slept through its lease has none."""
    rows = InboundEvent.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    ids = [one.id for one in chunk]
    rows = rows.filter(pk__in=ids, lease_token=chunk[0].token, outcome=Outcome.PENDING)
    return list(rows.order_by("pk"))


def _read_as(post: InboundEvent, options: Options, first: First) -> list[IncomingAlert]:
    read = _read(post, options)
    return as_test(post, read) if first.is_test else read


def _read(post: InboundEvent, options: Options) -> list[IncomingAlert]:
    if post.format == CHANGE:
        return []
    body = bytes(post.body)
    try:
        return adapters.read(post.format, body, post.given_key, options)
    except Unreadable as error:
        return [_unread(body, str(error))]


def _unread(body: bytes, problem: str) -> IncomingAlert:
    """The same bytes again are the same alert again."""
    return IncomingAlert(action=Action.TRIGGER, dedup_key=digest(body), problem=problem)


def _take(
    source: AlertSource, reports: list[tuple[InboundEvent, Report]], now: datetime
) -> tuple[dict[int, list[Alert]], list[tuple[InboundEvent, Report]]]:
    """{post id: alerts} of what something came of; and what came to nothing. Raises _OutOfTurn."""
    if not reports:
        return {}, []
    alone = [report for _post, report in reports]
    taken = take_alerts(source=source, reports=alone, actor=source.as_actor(), now=now)
    became: dict[int, list[Alert]] = {}
    nothing = []
    for (post, report), alert in zip(reports, taken, strict=True):
        if alert is not None:
            became.setdefault(post.pk, []).append(alert)
        elif report.incoming.action != Action.TRIGGER and _an_earlier_one_waits(post, reports):
            raise _OutOfTurn(post.pk)
        else:
            nothing.append((post, report))
    return became, nothing


def _an_earlier_one_waits(post: InboundEvent, reports: list[tuple[InboundEvent, Report]]) -> bool:
    own = {other.pk for other, _report in reports}
    waiting = InboundEvent.objects.filter(source_id=post.source_id, outcome=Outcome.PENDING, pk__lt=post.pk)
    return bool(waiting.exclude(pk__in=own).exists())


def _set_apart(source: AlertSource, claimed: Claimed, problem: str, now: datetime) -> int:
    """Quarantined unread, and paged for (no change is). Where even that fails it stays, and is tried after
    each lease.
    """
    try:
        with acting(source.as_actor(), now=now):
            posts = _hold([claimed])
            for post in posts:
                if post.format != CHANGE:
                    report = Report(_unread(bytes(post.body), problem), firsts_of([post])[post.pk].at)
                    taken = take_alerts(source=source, reports=[report], actor=source.as_actor(), now=now)
                    post.alert_ids = [alert.pk for alert in taken if alert is not None]
                post.outcome, post.problem = Outcome.QUARANTINED, problem
            _finish(posts, now)
    except Exception:
        # Loud, and no end to trying: a page is never given up on.
        log.exception("inbound_not_even_set_apart", post=claimed.id)
        return 0
    return len(posts)


def _finish(posts: list[InboundEvent], now: datetime) -> None:
    for post in posts:
        post.processed_at = now
    inbound_claims.finish(posts)


def _note_life(source: AlertSource, now: datetime) -> None:
    """After the commit: no page waits for it."""
    if source.last_event_at is None or now - source.last_event_at > LIFE_EVERY:
        AlertSource.objects.filter(pk=source.pk).update(last_event_at=now)


def never(now: datetime) -> None:
    """Posts have no later: what waits is due at once, and what is leased when its lease has ended."""


INBOUND = DueWork(DUE_WORK, run, inbound_claims.oldest_due, never)
