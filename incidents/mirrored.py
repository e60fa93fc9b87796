"""What others read of an incident in one line, from its rows as they are now: so it is never out of date.

The topic of its room (R10), and what colleagues see beside the manager's name (R11).
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import translation

from config.tenancy.models import Membership
from incidents.known import UNKNOWN_RANK
from incidents.models import OPEN_PHASES, Channel, Incident, RoleAssignment
from incidents.topic import About, manager_status, private_status, topic
from statuspage.models import StatusPage
from statuspage.states import PageKind


def statuses_of(memberships: Iterable[Membership | int], viewer: Membership | None) -> dict[int, str]:
    """{membership id: words} of those who manage an open incident, in the active language. One query.

    Of several incidents the worst that `viewer` may read. One outside whose circle the viewer stands is told
    without its key. A viewer of None (an API key, a chat vendor) stands outside every circle.
    """
    ids = {one if isinstance(one, int) else one.pk for one in memberships}
    readable = Incident.objects.visible_to(viewer).filter(pk=OuterRef("incident_id"))
    rows = RoleAssignment.objects.filter(
        membership_id__in=ids, is_manager=True, ended_at=None, incident__phase__in=OPEN_PHASES
    ).annotate(readable=Exists(readable))
    found: dict[int, str] = {}
    for given in sorted(rows.select_related("incident__severity"), key=_worst_last):
        incident = given.incident
        found[given.membership_id] = (
            manager_status(incident.key, incident.severity_word) if given.readable else private_status()
        )
    return found


def _worst_last(given: Any) -> tuple[bool, int, int]:
    """What is readable hides what is not; then the worst, then the oldest."""
    severity = given.incident.severity
    return given.readable, -(severity.rank if severity else UNKNOWN_RANK), -given.incident.number


# --- the topic ----------------------------------------------------------------------------------------------
def topic_of(
    incident: Incident, *, channels: dict[str, str] | None = None, manager: str | None = None
) -> str:
    """As it is now, in the tenant's language and zone: it is one text for all. Three queries, or what of
    `channels` ({kind: place}) and `manager` is not given.
    """
    with translation.override(incident.tenant.language):
        return topic(about(incident, channels=channels, manager=manager))


def about(incident: Incident, *, channels: dict[str, str] | None = None, manager: str | None = None) -> About:
    """Of a private incident nothing but its key and severity: who is in a room, nobody here can tell."""
    if incident.private:
        return About(key=incident.key, severity=incident.severity_word, private=True)
    if channels is None:
        channels = dict(Channel.objects.filter(incident=incident).values_list("kind", "place"))
    since = (incident.started_at or incident.declared_at).astimezone(incident.tenant.zone)
    return About(
        key=incident.key,
        severity=incident.severity_word,
        summary=incident.summary,
        since=f"{since:%H:%M}",
        manager=_manager(incident) if manager is None else manager,
        now_line=incident.now_line,
        video=channels.get("video", ""),
        chat=channels.get("chat", ""),
        room=channels.get("room", ""),
        status_page=_status_page(),
        words=incident.topic_words,
    )


def _manager(incident: Incident) -> str:
    given = RoleAssignment.objects.filter(incident=incident, is_manager=True, ended_at=None)
    found = given.select_related("membership__user").first()
    return str(found.membership) if found else ""


def _status_page() -> str:
    page = StatusPage.objects.filter(kind=PageKind.PUBLIC).select_related("tenant").order_by("id").first()
    return str(page.address) if page else ""
