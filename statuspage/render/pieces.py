"""What the templates show, ready to be written down: strings and flags. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils.formats import get_format
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from statuspage import health
from statuspage.render import bars, moments, words
from statuspage.render.facts import ComponentFacts, GroupFacts, NoticeFacts, PageFacts, UpdateFacts
from statuspage.render.moments import Moments
from statuspage.states import INCIDENT_STEPS, MAINTENANCE_STEPS


@dataclass(frozen=True)
class UpdatePiece:
    word: str
    at: datetime
    clock: SafeString
    edited: str
    paragraphs: list[SafeString]


@dataclass(frozen=True)
class NoticePiece:
    """One incident or maintenance, whole."""

    page: PageFacts
    notice: NoticeFacts
    moments: Moments

    @property
    def uid(self) -> str:
        return self.notice.uid

    @property
    def title(self) -> str:
        return self.notice.title

    @property
    def word(self) -> str:
        return words.notice_word(self.notice.status)

    @property
    def is_open(self) -> bool:
        return self.notice.is_open

    @property
    def on_top(self) -> bool:
        """Shown whole at the top of the page, so a list only points there."""
        return self.notice.is_on_top(self.moments.now)

    @property
    def tells_status(self) -> bool:
        """Over and all well again: the names of the components are enough."""
        return bool(self.affected) and (self.is_open or any(level != "ok" for level, *_rest in self.affected))

    @property
    def names(self) -> str:
        return ", ".join(name for _level, name, _word in self.affected)

    @property
    def steps(self) -> list[bool]:
        """One flag per step: reached."""
        steps = INCIDENT_STEPS if self.notice.is_incident else MAINTENANCE_STEPS
        at = [str(step) for step in steps].index(self.notice.status)
        return [number <= at for number in range(len(steps))]

    @cached_property
    def affected(self) -> list[tuple[str, str, str]]:
        """(level, name, word) of each component, as the newest words about it say."""
        known = self.page.by_uid()
        return [
            (words.level(status), known[uid].name, words.component_word(status))
            for uid, status in self.notice.last_said().items()
            if uid in known
        ]

    @property
    def level(self) -> str:
        """The colour of the whole: of its worst component while open."""
        if not self.is_open:
            return "ok"
        if not self.notice.is_incident:
            return "maintenance"
        worst = health.worst(self.notice.last_said().values())
        return words.level(worst) if worst != health.OK else "notice"

    @property
    def span(self) -> SafeString:
        """`Started 03:01 UTC`, or `03:01 to 03:41 UTC (40 min)`."""
        started, over = self.notice.started_at, self.notice.resolved_at
        if over is None:
            return words.unbroken(_("Started %(time)s") % {"time": self.moments.clock(started)})
        return words.unbroken(self.moments.until(started, over))

    @property
    def lasted(self) -> str:
        if self.notice.resolved_at is None:
            return ""
        return moments.duration(self.notice.resolved_at - self.notice.started_at)

    @property
    def next_update(self) -> str:
        promised = self.notice.next_update_at
        if promised is None or not self.is_open:
            return ""
        return words.unbroken(_("Next update by %(time)s") % {"time": self.moments.clock(promised)})

    @property
    def next_update_at(self) -> datetime | None:
        return self.notice.next_update_at

    @property
    def updates(self) -> list[UpdatePiece]:
        """Newest first."""
        older: Sequence[UpdateFacts | None] = (*self.notice.updates[1:], None)
        return [
            UpdatePiece(
                word=_("Update")
                if before is not None and before.status == update.status
                else words.notice_word(update.status),
                at=update.display_at,
                clock=words.unbroken(self.moments.clock(update.display_at)),
                edited=_("edited %(time)s") % {"time": self.moments.short(update.edited_at)}
                if update.edited_at
                else "",
                paragraphs=words.paragraphs(update.body),
            )
            for update, before in zip(self.notice.updates, older, strict=False)
        ]


@dataclass(frozen=True)
class ComponentPiece:
    """One component with its ninety days."""

    component: ComponentFacts
    days: list[bars.Day]

    @property
    def uid(self) -> str:
        return self.component.uid

    @property
    def name(self) -> str:
        return self.component.name

    @property
    def description(self) -> str:
        return self.component.description

    @property
    def level(self) -> str:
        return words.level(self.component.status)

    @property
    def word(self) -> str:
        return words.component_word(self.component.status)

    @property
    def drawing(self) -> SafeString:
        return bars.drawing(self.days)

    @property
    def first_day(self) -> date:
        return self.days[0].day

    @property
    def figure(self) -> str:
        return _figure(self.days)

    @property
    def narrow_figure(self) -> str:
        return _figure(self.days[-bars.NARROW_DAYS :])

    @property
    def no_data_before(self) -> int:
        """How many of the first days are without data."""
        return next((number for number, day in enumerate(self.days) if day.lasted), len(self.days))

    @property
    def is_known(self) -> bool:
        return any(day.lasted for day in self.days)

    @property
    def bad_days(self) -> int:
        return sum(day.is_bad for day in self.days)

    @property
    def narrow_bad_days(self) -> int:
        return sum(day.is_bad for day in self.days[-bars.NARROW_DAYS :])

    @property
    def bad_runs(self) -> list[tuple[int, int, str, bool]]:
        """(first, last, `12 Nov: partial outage 14 min, Checkout`, in the narrow drawing); newest first.

        Days that were wholly bad in the same way are one run.
        """
        found = []
        for _key, run in groupby(enumerate(self.days), key=lambda one: one[1].whole or one[0]):
            numbers, days = zip(*run, strict=True)
            if days[0].is_bad:
                recent = numbers[-1] >= len(self.days) - bars.NARROW_DAYS
                found.append((numbers[0], numbers[-1], self._in_words(days), recent))
        return found[::-1]

    def _in_words(self, days: Sequence[bars.Day]) -> str:
        lasted = bars.together(days)
        troubles = sorted((s for s in lasted if s != health.OK), key=health.GRADES.index, reverse=True)
        told = ", ".join(
            f"{words.component_word(status).lower()} {moments.duration(lasted[status])}"
            for status in troubles
        )
        return f"{moments.days(days[0].day, days[-1].day)}: {told}, {self.name}"


def _figure(days: Sequence[bars.Day]) -> str:
    """`99.98 % in 90 days`; over fewer days where less is known."""
    up, known = bars.share(days), bars.known(days)
    if up is None:
        return _("no data yet")
    return ngettext("%(percent)s %% today", "%(percent)s %% in %(days)s days", known) % {
        "percent": health.percent(up).replace(".", get_format("DECIMAL_SEPARATOR")),
        "days": known,
    }


@dataclass(frozen=True)
class GroupPiece:
    """Closed when all in it works, open when not."""

    group: GroupFacts
    components: list[ComponentPiece]

    @property
    def name(self) -> str:
        return self.group.name

    @property
    def status(self) -> str:
        return health.worst(piece.component.status for piece in self.components)

    @property
    def is_open(self) -> bool:
        return self.status != health.OK

    @property
    def level(self) -> str:
        return words.level(self.status)

    @property
    def word(self) -> str:
        return words.component_word(self.status)


@dataclass(frozen=True)
class DayPiece:
    """A day, or a run of days on which nothing was reported (`notices` empty)."""

    label: str
    notices: list[NoticePiece]


def last_days(page: PageFacts, at: Moments, count: int = 7) -> list[DayPiece]:
    """The last `count` days, newest first; each notice on every day it touched, days without one folded."""
    pieces: list[DayPiece] = []
    quiet: list[date] = []

    def fold() -> None:
        if quiet:
            pieces.append(DayPiece(moments.days(quiet[-1], quiet[0]), []))
            quiet.clear()

    for number in range(count):
        day = at.today - timedelta(days=number)
        found = [NoticePiece(page, notice, at) for notice in page.notices if _touched(notice, day, at)]
        if not found:
            quiet.append(day)
            continue
        fold()
        pieces.append(DayPiece(moments.weekday(day), found))
    fold()
    return pieces


def _touched(notice: NoticeFacts, day: date, at: Moments) -> bool:
    if notice.status == "scheduled":
        return False
    last = at.day(notice.resolved_at) if notice.resolved_at else at.today
    return at.day(notice.started_at) <= day <= last


def components_of(page: PageFacts, at: Moments) -> tuple[list[ComponentPiece], list[GroupPiece]]:
    """Those that stand alone, and the groups."""
    bounds = at.bounds(bars.DAYS)
    made = {c.uid: ComponentPiece(c, bars.days_of(c.spans, bounds, at.now)) for c in page.components}
    alone = [made[c.uid] for c in page.components if c.group_uid is None]
    return alone, [GroupPiece(g, [made[c.uid] for c in page.members(g)]) for g in page.groups]
