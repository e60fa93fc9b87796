"""The figures as words and marks: what a template draws without counting."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents import charts
from incidents.figures.board import Board
from incidents.figures.totals import SPREADS, Spread, Total
from incidents.times import span_words

MOST_LINES = 30
NONE = "none"


@dataclass(frozen=True)
class Tile:
    """One figure: the middle in large, the slowest tenth below, its weeks as a small line."""

    name: str
    figure: str
    below: str
    line: tuple[str, ...]
    says: str


@dataclass(frozen=True)
class Line:
    """One row of a table: a severity or a service, with its numbers in words."""

    what: object
    total: Total
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Week:
    monday: date
    counts: tuple[int, ...]
    counted: int
    false_alarms: int


@dataclass(frozen=True)
class Drawn:
    tiles: list[Tile]
    bars: charts.Bars
    bars_say: str
    kinds: list[tuple[str, str]]
    weeks: list[Week]
    severities: list[Line]
    services: list[Line]
    services_more: int
    most_called: int


def drawn(board: Board) -> Drawn:
    kinds = _kinds(board)
    weeks = _weeks(board, [pk for pk, _kind, _word in kinds])
    columns = [
        [(kind, n) for (_pk, kind, _word), n in zip(kinds, week.counts, strict=True)] for week in weeks
    ]
    services = _services(board)
    return Drawn(
        tiles=_tiles(board, [week.monday for week in weeks]),
        bars=charts.stacked(columns),
        bars_say=_bars_say(weeks),
        kinds=[(kind, word) for _pk, kind, word in kinds],
        weeks=weeks,
        severities=_severities(board),
        services=services[:MOST_LINES],
        services_more=max(0, len(services) - MOST_LINES),
        most_called=max((one.called for one in board.load), default=0),
    )


# --- tiles --------------------------------------------------------------------------------------------------
def _tiles(board: Board, mondays: list[date]) -> list[Tile]:
    whole = board.totals.all
    names = {
        "to_acknowledge": _("Acknowledged in"),
        "to_internal": _("Colleagues told in"),
        "to_external": _("Customers told in"),
        "impact": _("Impact lasted"),
        "to_resolve": _("Resolved in"),
    }
    return [_found_tile(board, mondays), *(_tile(board, mondays, key, names[key], whole) for key in SPREADS)]


def _tile(board: Board, mondays: list[date], key: str, name: str, whole: Total) -> Tile:
    def middle(total: Total) -> float | None:
        spread = total.spreads.get(key)
        return spread.median if spread else None

    spread = whole.spreads.get(key)
    below = _("nine in ten within %(time)s") % {"time": _span(spread.p90)} if spread else ""
    figure = _span(spread.median) if spread else "–"
    return Tile(name, figure, below, _line(board, mondays, middle), _("%(name)s, by week") % {"name": name})


def _found_tile(board: Board, mondays: list[date]) -> Tile:
    whole = board.totals.all
    words = {"n": whole.before_customers, "all": whole.known_finder}
    name = _("Found before customers")
    return Tile(
        name,
        percent(whole.share_before_customers),
        _("%(n)d of %(all)d") % words if whole.known_finder else "",
        _line(board, mondays, lambda total: total.share_before_customers),
        _("%(name)s, by week") % {"name": name},
    )


def _line(board: Board, mondays: list[date], of: Callable[[Total], float | None]) -> tuple[str, ...]:
    by_week = board.totals.by_week
    return charts.sparkline([of(by_week.get(monday, Total())) for monday in mondays])


def percent(share: float | None) -> str:
    return "–" if share is None else f"{round(share * 100)} %"


def _span(seconds: float) -> str:
    return span_words(timedelta(seconds=seconds))


# --- weeks --------------------------------------------------------------------------------------------------
def _kinds(board: Board) -> list[tuple[int | None, str, str]]:
    """(id, pattern, word) of each severity, the worst first; of those without one only where there are."""
    found: list[tuple[int | None, str, str]] = [
        (one.pk, str(min(one.rank, 4)), one.word) for one in board.severities
    ]
    without = board.totals.by_severity.get(None)
    return [*found, (None, NONE, _("no severity"))] if without and without.counted else found


def _weeks(board: Board, severities: list[int | None]) -> list[Week]:
    totals = board.totals
    return [
        Week(
            monday=monday,
            counts=tuple(totals.by_week_and_severity.get((monday, pk), Total()).counted for pk in severities),
            counted=totals.by_week.get(monday, Total()).counted,
            false_alarms=totals.by_week.get(monday, Total()).false_alarms,
        )
        for monday in board.period.mondays
    ]


def _bars_say(weeks: list[Week]) -> str:
    """The chart in one sentence, for those who listen."""
    total = sum(week.counted for week in weeks)
    most = max(weeks, key=lambda week: week.counted)
    said = ngettext("%(n)d incident in", "%(n)d incidents in", total) % {"n": total}
    said += " " + ngettext("%(n)d week.", "%(n)d weeks.", len(weeks)) % {"n": len(weeks)}
    if not total:
        return said
    words = {"day": date_format(most.monday, "j M Y"), "n": most.counted}
    return said + " " + _("Most in the week of %(day)s: %(n)d.") % words


# --- tables -------------------------------------------------------------------------------------------------
def _severities(board: Board) -> list[Line]:
    known = [(one, board.totals.by_severity.get(one.pk)) for one in board.severities]
    rows = [*known, (None, board.totals.by_severity.get(None))]
    return [_row(what, total) for what, total in rows if total and total.opened]


def _services(board: Board) -> list[Line]:
    """Those with the most incidents first."""
    known = [(one, board.totals.by_service.get(one.pk)) for one in board.services]
    rows = [*known, (None, board.totals.by_service.get(None))]
    found = [_row(what, total) for what, total in rows if total and total.opened]
    return sorted(found, key=lambda row: (-row.total.counted, -row.total.opened, str(row.what or "")))


def _row(what: object, total: Total) -> Line:
    cells = (
        str(total.counted),
        percent(total.share_before_customers),
        *(_pair(total.spreads.get(key)) for key in ("to_acknowledge", "to_external", "to_resolve")),
    )
    return Line(what, total, cells)


def _pair(spread: Spread | None) -> str:
    return f"{_span(spread.median)} / {_span(spread.p90)}" if spread else "–"
