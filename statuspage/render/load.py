"""Reads one page's rows into facts. Seven queries, whatever the page holds."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from statuspage.health import Span
from statuspage.models import Component, ComponentGroup, ComponentInterval, Notice, StatusPage, Update
from statuspage.models import UpdateComponent as Change
from statuspage.render.facts import (
    LATEST,
    ON_TOP_FOR,
    ChangeFacts,
    ComponentFacts,
    GroupFacts,
    NoticeFacts,
    PageFacts,
    UpdateFacts,
)

# A day more than the bars show: the page's first day begins in its own zone.
LOOK_BACK = timedelta(days=91)
# How long after its moment a change may have come to be seen.
COMMITTED_WITHIN = timedelta(minutes=5)


def load(page: StatusPage, now: datetime, *, whole: bool = False) -> PageFacts:
    """Within the page's tenant scope. A component that is not shown is not read at all.

    `whole` reads every notice there ever was, for a publish directory that was lost.
    """
    components = _components(page, now)
    groups = [
        GroupFacts(uid=group.uid, name=group.name, created_at=group.created_at, position=group.position)
        for group in ComponentGroup.objects.filter(page=page)
    ]
    filled = {component.group_uid for component in components}
    return PageFacts(
        uid=page.uid,
        slug=page.slug,
        name=page.name,
        is_public=page.is_public,
        time_zone=page.time_zone,
        language=page.language,
        address=page.address,
        updated_at=page.updated_at,
        groups=tuple(group for group in groups if group.uid in filled),
        components=tuple(components),
        notices=tuple(_notices(page, now, whole)),
    )


def _components(page: StatusPage, now: datetime) -> list[ComponentFacts]:
    rows = list(Component.objects.filter(page=page, shown=True).select_related("group"))
    spans: dict[int, list[Span]] = defaultdict(list)
    intervals = ComponentInterval.objects.filter(component__in=[row.pk for row in rows]).filter(
        Q(ends_at=None) | Q(ends_at__gt=now - LOOK_BACK)
    )
    for component_id, status, starts_at, ends_at in intervals.order_by("starts_at").values_list(
        "component_id", "status", "starts_at", "ends_at"
    ):
        spans[component_id].append(Span(status, starts_at, ends_at))
    return [
        ComponentFacts(
            uid=row.uid,
            name=row.name,
            status=row.status,
            created_at=row.created_at,
            updated_at=row.updated_at,
            description=row.description,
            position=row.position,
            group_uid=row.group.uid if row.group else None,
            spans=tuple(spans[row.pk]),
        )
        for row in rows
    ]


def _notices(page: StatusPage, now: datetime, whole: bool) -> Iterable[NoticeFacts]:
    of_page = Notice.objects.filter(page=page)
    newest = of_page.order_by("-started_at", "-id").values("pk")[:LATEST]
    if not whole:
        # What was withdrawn is written again however old it is: its page may not keep the words.
        shown = Q(resolved_at=None) | Q(pk__in=newest) | Q(withdrawn_at__isnull=False)
        shown |= Q(resolved_at__gt=now - ON_TOP_FOR)
        if page.rendered_at is not None:
            # So is what was said or corrected since: it may be in no list any more, but its page stands.
            shown |= Q(updated_at__gte=page.rendered_at - COMMITTED_WITHIN)
        of_page = of_page.filter(shown)
    rows = list(of_page.order_by("-started_at", "-id"))
    updates = _updates([row.pk for row in rows])
    for row in rows:
        yield NoticeFacts(
            uid=row.uid,
            kind=row.kind,
            title=row.title,
            status=row.status,
            impact=row.shown_impact,
            started_at=row.started_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
            updates=tuple(updates[row.pk]),
            monitoring_at=row.monitoring_at,
            resolved_at=row.resolved_at,
            next_update_at=row.next_update_at,
            scheduled_for=row.scheduled_for,
            scheduled_until=row.scheduled_until,
        )


def _updates(notice_ids: list[int]) -> dict[int, list[UpdateFacts]]:
    changes: dict[int, list[ChangeFacts]] = defaultdict(list)
    said = Change.objects.filter(update__notice__in=notice_ids, component__shown=True)
    for update_id, uid, old, new in said.order_by("component__position", "component_id").values_list(
        "update_id", "component__uid", "old_status", "new_status"
    ):
        changes[update_id].append(ChangeFacts(uid, old, new))
    updates: dict[int, list[UpdateFacts]] = defaultdict(list)
    for row in Update.objects.filter(notice__in=notice_ids).order_by("-display_at", "-id"):
        updates[row.notice_id].append(
            UpdateFacts(
                uid=row.uid,
                status=row.status,
                body=row.body,
                display_at=row.display_at,
                created_at=row.created_at,
                edited_at=row.edited_at,
                next_update_at=row.next_update_at,
                changes=tuple(changes[row.pk]),
            )
        )
    return updates
