"""Who has the room open (R32: online). Written by looking, so cheap: one read, and one write a minute."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from incidents.facts.online import Seen, seen_in
from incidents.models import EntryKind, Incident, Presence, RoleAssignment
from incidents.operations.standing import was_asked
from incidents.operations.timeline import record

WRITTEN_EVERY = timedelta(seconds=60)


def look_in(*, incident: Incident, membership: Membership, actor: Actor, now: datetime) -> Seen:
    """`membership` has the room before their eyes. Returns who else has.

    One query; a write the first time and then at most once a minute, without history and without the
    incident's lock: a look must never wait for a deed. The first look of somebody who was called in or has a
    role stands on the timeline. Needs incidents.view.
    """
    actor.must("incidents.view")
    seen = seen_in(incident, now=now)
    mine = seen.of(membership)
    if mine is None:
        _first_look(incident, membership, actor, now)
        return seen_in(incident, now=now)
    if now - mine.last_seen_at >= WRITTEN_EVERY:
        Presence.objects.filter(pk=mine.pk).update(last_seen_at=now)
        mine.last_seen_at = now
    return seen


def _first_look(incident: Incident, membership: Membership, actor: Actor, now: datetime) -> None:
    try:
        with transaction.atomic():
            Presence.objects.create(
                incident=incident, membership=membership, first_seen_at=now, last_seen_at=now
            )
    except IntegrityError:
        return  # another window of the same person was first
    if not incident.is_open or not _is_expected(incident, membership):
        return
    with acting(actor, now=now):
        record(
            incident=incident,
            kind=EntryKind.ONLINE,
            text=_("%(name)s is in the room") % {"name": membership},
            data={"membership": membership.uid},
            actor=actor,
            now=now,
        )


def _is_expected(incident: Incident, membership: Membership) -> bool:
    held = RoleAssignment.objects.filter(incident=incident, membership=membership, ended_at=None)
    return was_asked(incident, membership.pk) or held.exists()
