"""What may be asked for below a page, and which file that is. Pure. All else is not an address."""

import re

FIXED = {
    "": "index.html",
    "history": "history.html",
    **{
        name: name
        for name in (
            "index.html",
            "history.html",
            "history.atom",
            "history.rss",
            "api/v2/summary.json",
            "api/v2/status.json",
            "api/v2/components.json",
            "api/v2/incidents.json",
            "api/v2/incidents/unresolved.json",
            "api/v2/scheduled-maintenances.json",
            "api/v2/scheduled-maintenances/upcoming.json",
            "api/v2/scheduled-maintenances/active.json",
        )
    },
}
INCIDENT = re.compile(r"incidents/(?P<uid>[A-Z2-7]{12})(?:\.html)?")
ASSET = re.compile(r"(?:status|icon-[a-z]+)\.[0-9a-f]{12}\.(?:css|js|svg)")


def file_named(path: str) -> str | None:
    """The file below the page's folder for the rest of an address; None where there is none of that name.

    `incidents/K3QXA7P2MZ5D` and `….html` are one file: the pages link to names that a plain web server finds.
    """
    if path in FIXED:
        return FIXED[path]
    incident = INCIDENT.fullmatch(path)
    if incident:
        return f"incidents/{incident['uid']}.html"
    return path if ASSET.fullmatch(path) else None
