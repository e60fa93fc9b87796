"""PagerDuty's change events: `/v2/change/enqueue`. Nobody is paged for one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from incidents.adapters.incoming import Unreadable
from incidents.adapters.limits import cleaned, line_of, parse, time_of, url_of

MOST_LINKS = 20


@dataclass(frozen=True)
class IncomingChange:
    """`changed_at` is the source's claim, aware, unchecked. `links` are web addresses only."""

    summary: str
    origin: str = ""
    changed_at: datetime | None = None
    links: list[dict[str, str]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)


def read_change(body: bytes) -> IncomingChange:
    """Raises Unreadable where there is nothing to show: no JSON object, or no summary."""
    event = cleaned(parse(body))
    payload = event.get("payload") if isinstance(event, dict) else None
    if not isinstance(payload, dict):
        raise Unreadable("It has no payload.")
    summary = line_of(payload.get("summary"))
    if not summary:
        raise Unreadable("It has no summary.")
    details = payload.get("custom_details")
    return IncomingChange(
        summary=summary,
        origin=line_of(payload.get("source"), 300),
        changed_at=time_of(payload.get("timestamp")),
        links=list(_links(event.get("links"))),
        details=details if isinstance(details, dict) else {"details": details} if details else {},
    )


def _links(given: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for link in given[:MOST_LINKS] if isinstance(given, list) else []:
        href = url_of(link.get("href")) if isinstance(link, dict) else ""
        if href:
            found.append({"href": href, "text": line_of(link.get("text"), 200)})
    return found
