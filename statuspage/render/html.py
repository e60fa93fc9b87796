"""The pages people read. Pure: facts and `now` in, bytes out; fixed words in the page's language."""

from dataclasses import replace
from itertools import groupby
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from statuspage.banner import Banner, banner
from statuspage.render import moments, words
from statuspage.render.assets import Assets
from statuspage.render.components import components_of
from statuspage.render.facts import LATEST, PageFacts
from statuspage.render.moments import Moments
from statuspage.render.notices import NoticePiece, last_days

# Published pages hold no inline script or style and fetch from their own folder only. The views send it too.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)


def pages(page: PageFacts, at: Moments, assets: Assets) -> dict[str, bytes]:
    """{path below the page: bytes}; `index.html` last: it never speaks of files that are not there yet."""
    lasting = replace(at, lasting=True)
    with translation.override(page.language):
        top = _banner(page, at)
        common = {"page": page, "policy": POLICY, **assets.names(top.level)}
        made = {
            f"incidents/{notice.uid}.html": _written(
                "incident",
                common,
                home="../",
                made=notice.updated_at,
                notice=NoticePiece(page, notice, lasting),
            )
            for notice in page.notices
        }
        made["history.html"] = _written(
            "history", common, home="./", made=page.updated_at, months=_by_month(page, lasting)
        )
        made["index.html"] = _written("index", common, home="./", made=at.now, banner=top, **_index(page, at))
    return made


def _written(template: str, common: dict[str, Any], *, home: str, **context: Any) -> bytes:
    root = "../" if home == "../" else ""
    return render_to_string(
        f"statuspage/{template}.html", {**common, "home": home, "root": root, **context}
    ).encode()


def _index(page: PageFacts, at: Moments) -> dict[str, Any]:
    on_top = [NoticePiece(page, notice, at) for notice in page.on_top(at.now)]
    components, groups = components_of(page, at)
    return {
        "as_of": words.unbroken(_("As of %(time)s") % {"time": at.clock(at.now)}),
        "as_of_day": moments.weekday(at.today),
        "on_top": on_top,
        "any_open": any(piece.is_open for piece in on_top),
        "components": components,
        "groups": groups,
        "last_days": last_days(page, at),
    }


def _banner(page: PageFacts, at: Moments) -> Banner:
    running = [notice for notice in page.notices if notice.is_open]
    ends = [notice.scheduled_until for notice in running if not notice.is_incident and notice.scheduled_until]
    return banner(
        [(component.name, component.status) for component in page.components],
        [notice.status for notice in running if notice.is_incident],
        at.clock(max(ends)) if ends else "",
    )


def _by_month(page: PageFacts, at: Moments) -> list[tuple[str, list[NoticePiece]]]:
    past = [notice for notice in page.notices if notice.status != "scheduled"][:LATEST]
    return [
        (moments.month(day), [NoticePiece(page, notice, at) for notice in notices])
        for day, notices in groupby(past, key=lambda notice: at.day(notice.started_at).replace(day=1))
    ]
