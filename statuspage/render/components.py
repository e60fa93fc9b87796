"""Components and groups as the templates show them: strings and flags, ready to be written. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.utils.formats import get_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from statuspage import health
from statuspage.render import bars, moments, words
from statuspage.render.facts import ComponentFacts, GroupFacts, PageFacts
from statuspage.render.moments import Moments


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
    def marked(self) -> bool:
        return any(day.is_marked for day in self.days)

    @property
    def narrow_marked(self) -> bool:
        return any(day.is_marked for day in self.days[-bars.NARROW_DAYS :])

    @property
    def told_runs(self) -> list[tuple[int, int, str, bool]]:
        """(first, last, `12 Nov: partial outage 14 min, Checkout`, in the narrow drawing); newest first.

        Days that were wholly bad in the same way are one run.
        """
        found = []
        for _key, run in groupby(enumerate(self.days), key=lambda one: one[1].whole or one[0]):
            numbers, days = zip(*run, strict=True)
            if days[0].is_marked:
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


def components_of(page: PageFacts, at: Moments) -> tuple[list[ComponentPiece], list[GroupPiece]]:
    """Those that stand alone, and the groups."""
    bounds = at.bounds(bars.DAYS)
    made = {c.uid: ComponentPiece(c, bars.days_of(c.spans, bounds, at.now)) for c in page.components}
    alone = [made[c.uid] for c in page.components if c.group_uid is None]
    return alone, [GroupPiece(g, [made[c.uid] for c in page.members(g)]) for g in page.groups]
