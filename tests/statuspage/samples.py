"""Facts of a made-up page, for tests that need no database."""

from datetime import UTC, datetime, timedelta
from typing import Any

from statuspage.health import Span
from statuspage.render.facts import (
    ChangeFacts,
    ComponentFacts,
    GroupFacts,
    NoticeFacts,
    PageFacts,
    UpdateFacts,
)

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
OLD = NOW - timedelta(days=200)
MIN, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def component(uid: str, name: str, status: str = "operational", **more: Any) -> ComponentFacts:
    given = {"created_at": OLD, "updated_at": OLD, "spans": (Span(status, OLD),)} | more
    return ComponentFacts(uid=uid, name=name, status=status, **given)


def update(uid: str, status: str, at: datetime, body: str = "Words.", **more: Any) -> UpdateFacts:
    changes = tuple(ChangeFacts(*change) for change in more.pop("changes", ()))
    return UpdateFacts(
        uid=uid, status=status, body=body, display_at=at, created_at=at, changes=changes, **more
    )


def notice(uid: str, status: str, started_at: datetime, *updates: UpdateFacts, **more: Any) -> NoticeFacts:
    given = {
        "kind": "incident",
        "title": f"Notice {uid}",
        "impact": "critical",
        "created_at": started_at,
        "updated_at": updates[0].display_at if updates else started_at,
    } | more
    return NoticeFacts(uid=uid, status=status, started_at=started_at, updates=updates, **given)


def page(*components: ComponentFacts, notices: tuple[NoticeFacts, ...] = (), **more: Any) -> PageFacts:
    given = {
        "uid": "PAGE22222222",
        "slug": "acme",
        "name": "Acme",
        "is_public": True,
        "time_zone": "Europe/Amsterdam",
        "language": "en",
        "address": "https://muster.test/status/acme/",
        "updated_at": NOW - MIN,
    } | more
    return PageFacts(components=components, notices=notices, **given)


SHOP = GroupFacts(uid="SHOP22222222", name="Shop", created_at=OLD)
WEBSITE = component("WEB222222222", "Website")
CHECKOUT = component("CHECKOUT2222", "Checkout", "major_outage", group_uid=SHOP.uid, position=2)
OUTAGE = notice(
    "OUTAGE222222",
    "identified",
    NOW - HOUR,
    update(
        "SECOND222222",
        "identified",
        NOW - 6 * MIN,
        "We found the cause.",
        next_update_at=NOW + 24 * MIN,
        changes=[("CHECKOUT2222", "partial_outage", "major_outage")],
    ),
    update(
        "FIRST2222222",
        "investigating",
        NOW - 58 * MIN,
        "We are looking.",
        changes=[("CHECKOUT2222", "operational", "partial_outage")],
    ),
    title="Payments fail",
    next_update_at=NOW + 24 * MIN,
)
BROKEN = page(WEBSITE, CHECKOUT, groups=(SHOP,), notices=(OUTAGE,))
