"""Who would be paged, when and how, if a ladder started at a moment: the pager's own code, minus paging."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.tenancy.models import Membership
from oncall.ladder import Ladder
from oncall.models import EscalationPolicy, Method
from oncall.operations.act_words import note_of, passed_in_words
from oncall.operations.course import Act, course_of
from oncall.operations.crew import crew_of, last_resort, names, told_at_the_end, why_in_words
from oncall.operations.reachability import Reachability, Reaches, reaches_of
from oncall.operations.snapshots import snapshot_of
from oncall.verdicts import FIRES, PASSED

# What a severity rules out is left out only where the severity is known.
WORST = 1


@dataclass(frozen=True)
class PreviewedPerson:
    """`how`: their methods with delays. Not `reachable`: no verified contact. `warning`: what would go wrong,
    or empty. `why` them, `until` when (their shift), None where no end is in sight.
    """

    membership: Membership
    how: str
    reachable: bool
    warning: str
    why: str
    until: datetime | None


@dataclass(frozen=True)
class PagedRow:
    """One line of the preview. `after` counts from the start.

    `kind`: step (people are paged), channel (only told), passed (over at once), wait (time passes and nobody
    is paged), repeat, end. `how` is the methods with their delays ("e-mail 0, webhook +5"), `why` the reason
    in words, `note` the rule that decides, where there is more to say. Not `reachable`: somebody in it has no
    verified contact, and gets a mail to their own address only. `people` are those of `memberships`, and
    after them those who are named and cannot be called.
    """

    after: timedelta
    names: list[str]
    memberships: list[Membership]
    how: str
    reachable: bool
    why: str
    kind: str = field(default="step")
    people: list[PreviewedPerson] = field(default_factory=list)
    note: str = ""


def who_would_be_paged(
    *, policy: EscalationPolicy, urgency: str, now: datetime, severity_rank: int | None = None
) -> list[PagedRow]:
    """One row for everything that happens in the first round, one for the repeats, one for the end.

    `severity_rank` is that of the call; left out, steps for some severities only are shown as for the worst.
    Moments in words are in the active time zone. Writes nothing. Twelve queries for schedules and people;
    one more each for rotations, teams, channels and quiet hours, two for each level of policies within.
    """
    climbed = snapshot_of(policy)
    course = course_of(
        climbed,
        crew_of(climbed.rungs, now=now),
        severity=severity_rank or WORST,
        now=now,
        last_resort=lambda: last_resort(climbed),
    )
    people = {one.membership.pk: one.membership for act in course.acts for one in act.called}
    reaches = reaches_of(list(people.values()), urgency=urgency)
    rows = [row for act in course.acts for row in _rows(act, reaches, now)]
    rows += _repeat_rows(climbed, course.round_ends_at - now)
    return rows + ([_end_row(climbed, course.ends_at - now)] if course.ends_at is not None else [])


def _rows(act: Act, reaches: Reaches, now: datetime) -> list[PagedRow]:
    after = act.at - now
    rows = []
    if act.called:
        rows.append(_step_row(act, reaches, after))
    if act.channels and act.verdict.kind == FIRES:
        rows.append(_channel_row(act, after))
    if act.verdict.kind != FIRES:
        rows.append(_quiet_row(act, after, now))
    return rows


def _step_row(act: Act, reaches: Reaches, after: timedelta) -> PagedRow:
    people = [
        PreviewedPerson(
            one.membership,
            *_three(reaches.of(one.membership, act.at)),
            why=why_in_words(one),
            until=one.until,
        )
        for one in act.called
    ]
    return PagedRow(
        after=after,
        names=names(act.called),
        memberships=[one.membership for one in act.called],
        how="; ".join(_unique(one.how for one in people)),
        reachable=all(one.reachable for one in people),
        why=", ".join(_unique(one.why for one in people)),
        people=people + _gone(act),
        note=note_of(act),
    )


def _three(reach: Reachability) -> tuple[str, bool, str]:
    return reach.how, reach.reachable, reach.warning


def _gone(act: Act) -> list[PreviewedPerson]:
    return [
        PreviewedPerson(person, "", False, _("has left"), _("named in the policy"), None)
        for person in act.gone
    ]


def _channel_row(act: Act, after: timedelta) -> PagedRow:
    return PagedRow(
        after=after,
        names=[str(channel) for channel in act.channels],
        memberships=[],
        how=", ".join(_unique(str(channel.get_kind_display()) for channel in act.channels)),
        reachable=True,
        why=_("a channel is told; it wakes nobody"),
        kind="channel",
    )


def _quiet_row(act: Act, after: timedelta, now: datetime) -> PagedRow:
    """Of a step in which nobody is paged: `names` are its targets."""
    return PagedRow(
        after=after,
        names=_unique(target.name for target in act.rung.targets),
        memberships=[],
        how="",
        reachable=True,
        why="",
        kind="passed" if act.verdict.kind == PASSED else "wait",
        people=_gone(act),
        note=passed_in_words(act, now),
    )


def _repeat_rows(climbed: Ladder, after: timedelta) -> list[PagedRow]:
    if climbed.forever:
        words = _("repeated until somebody answers")
    elif climbed.repeat:
        words = ngettext("repeated once", "repeated %(number)s times", climbed.repeat)
        words %= {"number": climbed.repeat}
    else:
        return []
    return [PagedRow(after, [], [], "", True, words, kind="repeat")]


def _end_row(climbed: Ladder, after: timedelta) -> PagedRow:
    told = told_at_the_end(climbed)
    return PagedRow(
        after=after,
        names=[str(one) for one in told],
        memberships=told,
        how=str(Method.EMAIL.label),
        reachable=bool(told),
        why=_("nobody answered: the owners hear of it"),
        kind="end",
    )


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
