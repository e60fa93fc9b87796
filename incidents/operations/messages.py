"""Words to colleagues and to customers (R21 to R27, R42 to R44)."""

from collections.abc import Mapping
from datetime import datetime

from config.tenancy.actors import Actor
from incidents.models import Incident, Message


def draft_message(*, incident: Incident, audience: str, kind: str, actor: Actor, now: datetime) -> Message:
    """A draft from the templates, or the one that is there already. Needs incidents.publish.

    An external draft names public components only, never a service, key or person.
    """
    raise NotImplementedError


def publish_message(
    *,
    incident: Incident,
    audience: str,
    kind: str,
    status: str,
    title: str,
    body: str,
    components: Mapping[str, str],
    next_update_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> Message:
    """Publishes: external words on the public page, internal ones on the internal page and by mail (R27).

    `components` is {Component.uid: status}. Without `next_update_at` the severity's own interval is promised;
    a final message promises nothing. A second call publishes a second message. Raises ValidationError for
    empty words, an unknown status or component; Conflict where there is no page. Needs incidents.publish.
    """
    raise NotImplementedError
