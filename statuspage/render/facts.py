"""All that a page may say, and nothing else: what is not in here cannot be published.

Frozen copies of published words, read once per rendering (statuspage.render.load).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from statuspage import health
from statuspage.states import OVER, NoticeKind

ON_TOP_FOR = timedelta(hours=24)
# How many notices the history, the feeds and the JSON tell.
LATEST = 50


@dataclass(frozen=True)
class ComponentFacts:
    uid: str
    name: str
    status: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    position: int = 1
    group_uid: str | None = None
    spans: tuple[health.Span, ...] = ()


@dataclass(frozen=True)
class GroupFacts:
    uid: str
    name: str
    created_at: datetime
    position: int = 1


@dataclass(frozen=True)
class ChangeFacts:
    component_uid: str
    old_status: str
    new_status: str


@dataclass(frozen=True)
class UpdateFacts:
    uid: str
    status: str
    body: str
    display_at: datetime
    created_at: datetime
    edited_at: datetime | None = None
    next_update_at: datetime | None = None
    changes: tuple[ChangeFacts, ...] = ()


@dataclass(frozen=True)
class NoticeFacts:
    """`updates` newest first."""

    uid: str
    kind: str
    title: str
    status: str
    impact: str
    started_at: datetime
    created_at: datetime
    updated_at: datetime
    updates: tuple[UpdateFacts, ...] = ()
    monitoring_at: datetime | None = None
    resolved_at: datetime | None = None
    next_update_at: datetime | None = None
    scheduled_for: datetime | None = None
    scheduled_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """People should know of it now: not over, and not merely planned."""
        return self.status not in OVER and self.status != "scheduled"

    @property
    def is_incident(self) -> bool:
        return self.kind == NoticeKind.INCIDENT

    def is_on_top(self, now: datetime) -> bool:
        """Open, or over for less than a day."""
        return self.is_open or (self.resolved_at is not None and self.resolved_at + ON_TOP_FOR > now)

    def last_said(self) -> dict[str, str]:
        """{component uid: status} in the newest words that name it; in the order first named."""
        said: dict[str, str] = {}
        for update in reversed(self.updates):
            for change in update.changes:
                said[change.component_uid] = change.new_status
        return said


@dataclass(frozen=True)
class PageFacts:
    """`components` are the shown ones, in page order; `notices` newest first; `address` ends with a slash."""

    uid: str
    slug: str
    name: str
    is_public: bool
    time_zone: str
    language: str
    address: str
    updated_at: datetime
    groups: tuple[GroupFacts, ...] = ()
    components: tuple[ComponentFacts, ...] = ()
    notices: tuple[NoticeFacts, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_troubled(self) -> bool:
        return any(component.status in health.TROUBLE for component in self.components)

    def on_top(self, now: datetime) -> list[NoticeFacts]:
        """Open ones first, then those over since less than a day."""
        return sorted((n for n in self.notices if n.is_on_top(now)), key=lambda notice: not notice.is_open)

    def members(self, group: GroupFacts) -> list[ComponentFacts]:
        return [component for component in self.components if component.group_uid == group.uid]

    def by_uid(self) -> dict[str, ComponentFacts]:
        return {component.uid: component for component in self.components}

    def long_name(self, component: ComponentFacts) -> str:
        """`Group - Component`, or the name alone."""
        group = next((group for group in self.groups if group.uid == component.group_uid), None)
        return f"{group.name} - {component.name}" if group else component.name
