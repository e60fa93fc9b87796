"""What the page of one source shows beside its form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.tenancy import links
from config.tenancy.models import Membership
from incidents.adapters.ready import READY
from incidents.figures.source_rates import Rate, rate_of
from incidents.models import AlertSource, Tool
from incidents.operations.event_reads import readable_events
from incidents.operations.mappings import MAPPED
from incidents.operations.source_tests import CameOf, came_of

# The last part of the address that each tool posts to; "json" for those not named.
DOORS = {Tool.ALERTMANAGER: "alertmanager", Tool.GRAFANA: "grafana", Tool.HEARTBEAT: "heartbeat"}
NEAR = 0.8


@dataclass(frozen=True)
class Snippet:
    """How one tool is told: its template, and whether it is the one of this source."""

    tool: str
    label: str
    address: str
    chosen: bool

    @property
    def template(self) -> str:
        return f"incidents/source/snippets/{'ready' if self.tool in READY else self.tool}.html"

    @property
    def how(self) -> Any:
        """The steps in the tool, of those that have a ready mapping."""
        return READY[self.tool].how

    @property
    def snippet(self) -> str:
        return READY[self.tool].snippet

    @property
    def pasted(self) -> str:
        return self.snippet.replace("{url}", self.address)


def page_of(
    source: AlertSource,
    *,
    tested: str,
    membership: Membership,
    sees_keys: bool,
    sets_up: bool,
    now: datetime,
) -> dict[str, Any]:
    """Two statements; two more where a test is shown."""
    rate = rate_of(source, now)
    in_use = source.revoked_at is None
    return {
        "now": now,
        "rate": rate,
        "says": _says(rate),
        "hours": list(enumerate(reversed(rate.hours))),
        "near": rate.most >= NEAR * source.limit_per_minute,
        "keys": sees_keys and in_use,
        "sets_up": sets_up,
        "address": _address(source, source.tool) if sees_keys and in_use and source.key else "",
        "base": links.absolute(""),
        "snippets": _snippets(source) if sees_keys and in_use and source.key else [],
        "mapped": source.tool in MAPPED,
        "came": _tested(source, tested, membership) if sets_up else None,
        "testable": sets_up and in_use and source.tool != Tool.HEARTBEAT,
    }


def _snippets(source: AlertSource) -> list[Snippet]:
    """That of its own tool first; the others are folded, since every source answers to all."""
    found = [
        Snippet(tool.value, str(tool.label), _address(source, tool), tool == source.tool) for tool in Tool
    ]
    return sorted(found, key=lambda one: not one.chosen)


def _address(source: AlertSource, tool: str) -> str:
    if tool == Tool.PAGERDUTY:
        return links.absolute("/v2/enqueue")
    if tool == Tool.OPSGENIE:
        return links.absolute("/")
    return links.ingest(source.key, DOORS.get(Tool(tool), "json"))


def _tested(source: AlertSource, said: str, membership: Membership) -> CameOf | None:
    if not said.isascii() or not said.isdigit() or len(said) > 18:
        return None
    post = readable_events(membership).filter(pk=int(said), source=source).first()
    return came_of(post) if post is not None else None


def _says(rate: Rate) -> str:
    """The lines in one sentence, for those who listen."""
    said = ngettext("%(n)d event in 24 hours", "%(n)d events in 24 hours", rate.last_day)
    return f"{said % {'n': rate.last_day}}, " + _("%(n)d of them in the last hour") % {"n": rate.last_hour}
