"""Who would be paged, when and how, if a ladder started at a moment: the pager's own code, minus paging."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.tenancy.models import Membership
from oncall.ladder import Ladder
from oncall.models import EscalationPolicy, Method
from oncall.operations.crew import Called, Crew, crew_of, last_resort, names, owners, why_in_words
from oncall.operations.reach import FALLBACK, Way, ways_of
from oncall.operations.snapshots import snapshot_of


@dataclass(frozen=True)
class PagedRow:
    """One line of the preview. `after` counts from the start. `kind`: step, repeat or end.

    `how` is the methods with their delays ("e-mail 0, webhook +5"). `why` is the reason in words. Not
    `reachable`: somebody in it has no usable rule, and gets a mail to their own address only.
    """

    after: timedelta
    names: list[str]
    memberships: list[Membership]
    how: str
    reachable: bool
    why: str
    kind: str = field(default="step")


def who_would_be_paged(*, policy: EscalationPolicy, urgency: str, now: datetime) -> list[PagedRow]:
    """One row a step of the first round, one for the repeats, one for the end. Writes nothing.

    At most eight queries. An empty step is passed over at once, as the engine would.
    """
    climbed = snapshot_of(policy)
    crew = crew_of(climbed.rungs, now=now)
    steps = _first_round(climbed, crew, now)
    if not steps:
        steps = [(timedelta(0), last_resort(climbed))]
    told = [Called(owner, "owner") for owner in owners()]
    ways = ways_of({c.membership.pk for _after, called in steps for c in called}, urgency=urgency)
    rows = [_step_row(after, called, ways) for after, called in steps]
    round_lasts = _round_lasts(climbed, crew, now)
    if climbed.repeat:
        rows.append(_repeat_row(climbed, round_lasts))
    rows.append(_end_row(round_lasts * (climbed.repeat + 1), told))
    return rows


def _first_round(climbed: Ladder, crew: Crew, now: datetime) -> list[tuple[timedelta, list[Called]]]:
    """When each step with anybody in it fires; empty ones take no time."""
    after, found = timedelta(0), []
    for rung in climbed.rungs:
        called = crew.of(rung, now + after)
        if called:
            found.append((after, called))
            after += rung.delay
    return found


def _round_lasts(climbed: Ladder, crew: Crew, now: datetime) -> timedelta:
    lasts = timedelta(0)
    for rung in climbed.rungs:
        if crew.of(rung, now + lasts):
            lasts += rung.delay
    return lasts or climbed.rungs[-1].delay


def _step_row(after: timedelta, called: list[Called], ways: dict[int, list[Way]]) -> PagedRow:
    return PagedRow(
        after=after,
        names=names(called),
        memberships=[one.membership for one in called],
        how="; ".join(_unique(how_in_words(ways.get(one.membership.pk)) for one in called)),
        reachable=bool(called) and all(one.membership.pk in ways for one in called),
        why=", ".join(_unique(why_in_words(one) for one in called)),
    )


def _repeat_row(climbed: Ladder, round_lasts: timedelta) -> PagedRow:
    words = ngettext("repeated once", "repeated %(number)s times", climbed.repeat)
    return PagedRow(round_lasts, [], [], "", True, words % {"number": climbed.repeat}, kind="repeat")


def _end_row(after: timedelta, told: list[Called]) -> PagedRow:
    return PagedRow(
        after=after,
        names=names(told),
        memberships=[one.membership for one in told],
        how=str(Method.EMAIL.label),
        reachable=bool(told),
        why=_("nobody answered: the owners hear of it"),
        kind="end",
    )


def how_in_words(ways: list[Way] | None) -> str:
    """ "e-mail 0, webhook +5"; without a rule, the fallback."""
    return ", ".join(
        f"{Method(way.method).label} {f'+{way.delay_minutes}' if way.delay_minutes else 0}"
        for way in ways or [FALLBACK]
    )


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
