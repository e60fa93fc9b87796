"""A notice as templates and feeds show it, and the last days: strings and flags, ready to be used. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from statuspage import health
from statuspage.render import moments, words
from statuspage.render.facts import NoticeFacts, PageFacts, UpdateFacts
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
            # Trouble without words yet is not "nothing reported".
            if day != at.today or not page.is_troubled:
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
