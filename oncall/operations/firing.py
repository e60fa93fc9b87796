"""The engine's deeds on a ladder that is due: its next rung fires, is passed over, waited out or held."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from config import doorbell
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from oncall import ladder, verdicts
from oncall.ladder import Ladder, Place
from oncall.models import Escalation, EventKind, NotificationKind, Page, SharedChannel
from oncall.operations.answers import answered_ids, save_afresh
from oncall.operations.crew import Called, Crew, crew_of, last_resort, names
from oncall.operations.ending import exhaust
from oncall.operations.events import record
from oncall.operations.locking import lock_escalation
from oncall.operations.summons import call
from oncall.verdicts import FIRES, HELD, PASSED, Seen

log = structlog.get_logger(__name__)

# A held ladder looks again at the latest after this long: who is on call may have changed meanwhile.
LOOK_AGAIN = timedelta(minutes=15)
# What is due later than this beat hears of in time by itself (config.clock).
TICK = timedelta(seconds=1)


# Crews read already at this very `now`, by what was asked for. Of one tenant.
Known = dict[frozenset[tuple[str, int]], Crew]


def fire_step(*, escalation_id: int, lease_token: int, now: datetime, known: Known | None = None) -> bool:
    """Pages the people of the step that is due, or ends the ladder. False where there was nothing to do.

    A step that is empty or does not apply is passed over at once, takes its minutes for nothing, or is held
    until it can be fired, as it says. Where the whole ladder has nobody, the policy's fallback is paged, else
    the owners, loudly. The next step is due its delay after `now`, however late this one is. Ladders worked
    one right after another at one `now` may share their crews in `known`.
    """
    with acting(ENGINE, now=now):
        escalation = lock_escalation(escalation_id)
        due = ladder.is_due(escalation.state, escalation.next_step_at, now)
        if escalation.lease_token != lease_token or not due:
            return False
        climb(escalation, now, {} if known is None else known)
    return True


def climb(escalation: Escalation, now: datetime, known: Known) -> None:
    """Does what is next on a locked ladder that is paging, whether or not it is due."""
    climbed = Ladder.from_json(escalation.snapshot)
    several = any(rung.answers_needed > 1 for rung in climbed.rungs)
    answered = answered_ids(escalation) if several else set()
    crew = _crew(climbed, now, known).but(answered)
    _Climb(escalation, climbed, crew, now).go()


def _crew(climbed: Ladder, now: datetime, known: Known) -> Crew:
    """In a storm many ladders ask for the same schedules at once."""
    asked = frozenset((target.kind, target.id) for rung in climbed.rungs for target in rung.targets)
    if asked not in known:
        known[asked] = crew_of(climbed.rungs, now=now)
    return known[asked]


@dataclass(frozen=True)
class _Climb:
    """One pass of the engine over one ladder."""

    escalation: Escalation
    climbed: Ladder
    crew: Crew
    now: datetime

    def go(self) -> None:
        here = Place(self.escalation.rung, self.escalation.loop)
        severity = self.escalation.severity_rank
        seen = verdicts.look(self.climbed, here, severity=severity, at=self.now, crew=self.crew)
        channels = self._pass_over([one for one in seen if one.verdict.kind == PASSED])
        if not seen or seen[-1].verdict.kind == PASSED:
            return self._nobody(len(seen), here, channels)
        _at, place, verdict = seen[-1]
        if verdict.kind == HELD:
            return self._hold(seen[-1], channels)
        rung = self.climbed.rungs[place.rung]
        channels |= {channel.pk: channel for channel in self.crew.channels_of(rung)}
        called = self.crew.of(rung, self.now, place.loop)
        if not called and not self._somebody_follows(place):
            called = self._last_resort()
        if called or verdict.kind == FIRES:
            return self._fire(place, called, channels.values())
        return self._wait_out(place, channels.values())

    def _pass_over(self, passed: Collection[Seen]) -> dict[int, SharedChannel]:
        """Writes down which steps were passed over and why. Returns the channels they tell all the same."""
        channels: dict[int, SharedChannel] = {}
        for _at, place, verdict in passed:
            self._record(EventKind.SKIPPED, place, why=verdict.why)
            if verdict.why == verdicts.EMPTY:
                told = self.crew.channels_of(self.climbed.rungs[place.rung])
                channels |= {channel.pk: channel for channel in told}
        return channels

    def _nobody(self, tried: int, here: Place, channels: dict[int, SharedChannel]) -> None:
        """The end, unless nobody was paged in this run: then the last resort is, and the end comes later."""
        escalation = self.escalation
        whole_round = tried == len(self.climbed.rungs)
        called = self._last_resort() if whole_round or not _has_paged(escalation) else []
        if not called:
            return exhaust(escalation, self.climbed, self.now)
        last = len(self.climbed.rungs) - 1
        return self._fire(Place(last, ladder.settled(self.climbed, here).loop), called, channels.values())

    def _somebody_follows(self, place: Place) -> bool:
        """Whether one of the next steps will wake anybody; else one that wakes nobody is not enough."""
        return verdicts.wakes_somebody(
            self.climbed,
            ladder.after(self.climbed, place),
            severity=self.escalation.severity_rank,
            at=self.now + self.climbed.rungs[place.rung].delay,
            crew=self.crew,
        )

    def _last_resort(self) -> list[Called]:
        if self.escalation.is_test or self.crew.answered:
            return []
        called = last_resort(self.climbed)
        paged = [one.membership.pk for one in called]
        log.error("nobody_on_call", escalation=self.escalation.pk, paged=paged)
        return called

    def _fire(self, place: Place, called: list[Called], channels: Collection[SharedChannel]) -> None:
        escalation, rung = self.escalation, self.climbed.rungs[place.rung]
        before = _pages_before(escalation)
        next_at = self.now + rung.delay
        following = ladder.after(self.climbed, place)
        escalation.rung, escalation.loop = place
        escalation.turn += 1
        why = {"step": place.rung + 1, "next": self._next(following, next_at)}
        call(escalation, called, why=why, before=before, now=self.now, channels=channels)
        # Those who have it already do not count for this step: it asks for one more at the least.
        escalation.answers_needed = max(rung.answers_needed, len(self.crew.answered) + 1)
        escalation.last_step_at = self.now
        self._go_to(following, next_at)
        told = [str(channel) for channel in channels]
        self._record(EventKind.STEP, place, called=names(called) + told)

    def _wait_out(self, place: Place, channels: Collection[SharedChannel]) -> None:
        rung = self.climbed.rungs[place.rung]
        self._tell(place, channels)
        self._record(EventKind.SKIPPED, place, why=verdicts.EMPTY, minutes=rung.delay_minutes)
        self._go_to(ladder.after(self.climbed, place), self.now + rung.delay)

    def _hold(self, seen: Seen, channels: dict[int, SharedChannel]) -> None:
        """Written down once, however often it looks again."""
        _at, place, verdict = seen
        assert verdict.until is not None
        self._tell(place, channels.values())
        if not is_held(self.escalation, place):
            self._record(EventKind.HELD, place, why=verdict.why, until=verdict.until.isoformat())
        self._go_to(place, min(verdict.until, self.now + LOOK_AGAIN))

    def _tell(self, place: Place, channels: Collection[SharedChannel]) -> None:
        if channels:
            self.escalation.turn += 1
            why = {"step": place.rung + 1}
            call(self.escalation, [], why=why, before=[], now=self.now, channels=channels)

    def _go_to(self, place: Place, at: datetime) -> None:
        self.escalation.rung, self.escalation.loop = place
        self.escalation.next_step_at = at
        save_afresh(self.escalation)
        if at - self.now < TICK:
            doorbell.ring("oncall.steps")

    def _record(self, kind: str, place: Place, **detail: Any) -> None:
        given = {"step": place.rung + 1, "loop": place.loop}
        record(self.escalation, kind, actor=ENGINE, now=self.now, **given, **detail)

    def _next(self, place: Place, at: datetime) -> dict[str, Any]:
        """Who is next, and when; no names where nobody is left."""
        severity, turns = self.escalation.severity_rank, 2 * len(self.climbed.rungs)
        seen = verdicts.foresee(self.climbed, place, severity=severity, at=at, crew=self.crew)
        for _turn, (moment, later, verdict) in zip(range(turns), seen, strict=False):
            if verdict.kind == FIRES and not verdict.why:
                called = self.crew.of(self.climbed.rungs[later.rung], moment, later.loop, ends=False)
                return {"names": names(called), "at": moment.isoformat()}
        return {"names": [], "at": at.isoformat()}


def is_held(escalation: Escalation, place: Place) -> bool:
    """Whether the last thing the engine did with it was to hold it there. One query."""
    newest = escalation.events.filter(kind__in=[EventKind.HELD, EventKind.STEP, EventKind.SKIPPED]).last()
    if newest is None or newest.kind != EventKind.HELD:
        return False
    return (newest.detail.get("step"), newest.detail.get("loop")) == (place.rung + 1, place.loop)


def _has_paged(escalation: Escalation) -> bool:
    """In the present run: whom an earlier one paged, knows nothing of this one. One query."""
    if not escalation.run:
        return bool(escalation.pages.exists())
    rows = escalation.notifications.filter(kind=NotificationKind.PAGE, page__isnull=False)
    return bool(rows.filter(why__run=escalation.run).exists())


def _pages_before(escalation: Escalation) -> list[Page]:
    if escalation.last_step_at is None:
        return []
    return list(escalation.pages.select_related("membership__user").order_by("pk"))
