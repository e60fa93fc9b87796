"""Links, screenshots, dashboards. One query."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.tenancy.models import Membership
from incidents.known import Facts
from incidents.models import Incident, Link
from incidents.operations.links import words_of

SHOWN = 200


@dataclass(frozen=True)
class Shown:
    link: Link
    mine: bool

    @property
    def words(self) -> str:
        return words_of(self.link)

    @property
    def is_picture(self) -> bool:
        return bool(self.link.image)


@dataclass(frozen=True)
class Links:
    pictures: list[Shown]
    others: list[Shown]
    by_uid: dict[str, Shown]

    @property
    def count(self) -> int:
        return len(self.by_uid)


def read(incident: Incident, facts: Facts, membership: Membership, now: datetime) -> Any:
    """Newest first; `by_uid` finds what an entry of the timeline shows."""
    rows = Link.objects.filter(incident=incident, removed_at=None).order_by("-id")[:SHOWN]
    found = [Shown(link, link.added_by_id == membership.pk) for link in rows]
    return Links(
        pictures=[one for one in found if one.is_picture],
        others=[one for one in found if not one.is_picture],
        by_uid={one.link.uid: one for one in found},
    )
