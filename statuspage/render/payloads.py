"""The Statuspage v2 JSON of a page, to the letter of CONTRACTS B1 to B4. Pure.

Words are English whatever the page's language: programs compare them. Lists are empty, never absent.
"""

import json
from datetime import UTC, datetime
from typing import Any

from statuspage import health
from statuspage.render.facts import LATEST, ComponentFacts, GroupFacts, NoticeFacts, PageFacts, UpdateFacts
from statuspage.states import OVER

Payload = dict[str, Any]


def payloads(page: PageFacts) -> dict[str, bytes]:
    """{path below the page: bytes}. Each file repeats `page`; summary and status come from the same parts."""
    head = {"page": page_object(page)}
    status = {"status": status_object(page)}
    components = {"components": component_list(page)}
    incidents = [notice_object(page, notice) for notice in page.notices if notice.is_incident]
    unresolved = [incident for incident in incidents if incident["status"] not in OVER]
    planned = [notice_object(page, notice) for notice in page.notices if not notice.is_incident]
    upcoming = [notice for notice in planned if notice["status"] == "scheduled"]
    active = [notice for notice in planned if notice["status"] in ("in_progress", "verifying")]
    bodies: dict[str, Payload] = {
        "summary": components
        | {"incidents": unresolved, "scheduled_maintenances": active + upcoming}
        | status,
        "status": status,
        "components": components,
        "incidents": {"incidents": incidents[:LATEST]},
        "incidents/unresolved": {"incidents": unresolved},
        "scheduled-maintenances": {"scheduled_maintenances": planned[:LATEST]},
        "scheduled-maintenances/upcoming": {"scheduled_maintenances": upcoming},
        "scheduled-maintenances/active": {"scheduled_maintenances": active},
    }
    return {f"api/v2/{name}.json": encoded(head | body) for name, body in bodies.items()}


def encoded(body: Payload) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def page_object(page: PageFacts) -> Payload:
    return {
        "id": page.uid,
        "name": page.name,
        "url": page.address.rstrip("/"),
        "time_zone": page.time_zone,
        "updated_at": stamp(page.updated_at),
    }


def status_object(page: PageFacts) -> Payload:
    rolled = health.roll_up([component.status for component in page.components])
    return {"indicator": rolled.indicator, "description": rolled.description}


def component_list(page: PageFacts) -> list[Payload]:
    """In page order: what stands alone, then each group followed by its members."""
    rows = [component_object(page, component) for component in page.components if component.group_uid is None]
    for group in page.groups:
        members = page.members(group)
        rows.append(group_object(page, group, members))
        rows += [component_object(page, member) for member in members]
    return rows


def component_object(page: PageFacts, component: ComponentFacts) -> Payload:
    return {
        "id": component.uid,
        "name": component.name,
        "status": component.status,
        "created_at": stamp(component.created_at),
        "updated_at": stamp(component.updated_at),
        "position": component.position,
        "description": component.description or None,
        "showcase": True,
        "start_date": component.created_at.astimezone(page.zone).date().isoformat(),
        "group_id": component.group_uid,
        "page_id": page.uid,
        "group": False,
        "only_show_if_degraded": False,
    }


def group_object(page: PageFacts, group: GroupFacts, members: list[ComponentFacts]) -> Payload:
    return {
        "id": group.uid,
        "name": group.name,
        "status": health.worst(member.status for member in members),
        "created_at": stamp(group.created_at),
        "updated_at": stamp(max(member.updated_at for member in members)),
        "position": group.position,
        "description": None,
        "showcase": True,
        "start_date": None,
        "group_id": None,
        "page_id": page.uid,
        "group": True,
        "only_show_if_degraded": False,
        "components": [member.uid for member in members],
    }


def notice_object(page: PageFacts, notice: NoticeFacts) -> Payload:
    known = page.by_uid()
    affected = [known[uid] for uid in notice.last_said() if uid in known]
    body = {
        "id": notice.uid,
        "name": notice.title,
        "status": notice.status,
        "created_at": stamp(notice.created_at),
        "updated_at": stamp(notice.updated_at),
        "monitoring_at": stamp(notice.monitoring_at),
        "resolved_at": stamp(notice.resolved_at),
        "impact": notice.impact,
        "shortlink": f"{page.address}incidents/{notice.uid}",
        "started_at": stamp(notice.started_at),
        "page_id": page.uid,
        "reminder_intervals": None,
        "incident_updates": [update_object(page, notice, update) for update in notice.updates],
        "components": [component_object(page, component) for component in affected],
    }
    if not notice.is_incident:
        body |= {
            "scheduled_for": stamp(notice.scheduled_for),
            "scheduled_until": stamp(notice.scheduled_until),
        }
    return body


def update_object(page: PageFacts, notice: NoticeFacts, update: UpdateFacts) -> Payload:
    known = page.by_uid()
    return {
        "id": update.uid,
        "status": update.status,
        "body": update.body,
        "incident_id": notice.uid,
        "created_at": stamp(update.created_at),
        "updated_at": stamp(update.edited_at or update.created_at),
        "display_at": stamp(update.display_at),
        "affected_components": [
            {
                "code": change.component_uid,
                "name": page.long_name(known[change.component_uid]),
                "old_status": change.old_status,
                "new_status": change.new_status,
            }
            for change in update.changes
            if change.component_uid in known
        ],
        "deliver_notifications": True,
        "custom_tweet": None,
        "tweet_id": None,
    }


def stamp(moment: datetime | None) -> str | None:
    """`2026-01-02T10:05:00.000Z`."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
