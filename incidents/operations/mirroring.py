"""Telling a chat vendor, where there is one: rows first, the world after the commit (DESIGN rule 3).

Every operation writes the record; `touch` hangs on that. What is told is computed when it is told, so that
words that changed meanwhile, or became private, are never sent.
"""

from datetime import datetime, timedelta

import structlog
from django.utils import translation

from config import doorbell
from config.clock import DueWork
from config.tenancy.models import Membership
from config.tenancy.scoping import tenant_scope
from incidents import chat
from incidents.mirrored import statuses_of, topic_of
from incidents.models import OPEN_PHASES, ChatMirror, Incident, RoleAssignment
from oncall.operations.claiming import Claimed, DueRows

log = structlog.get_logger(__name__)

MIRROR = "incidents.chat"
DUE = DueRows("incidents_chatmirror", "due_at", escalation="incident_id")
LONGEST_WAIT = timedelta(minutes=15)
MAX_TRIES = 20


def touch(incident: Incident, now: datetime) -> None:
    """Something about it changed: its room is told soon. Free without a vendor. In a transaction."""
    if not chat.is_there():
        return
    ChatMirror.objects.update_or_create(
        incident=incident, defaults={"due_at": now, "claims": 0}, create_defaults={"due_at": now}
    )
    doorbell.ring(MIRROR)


def run_due(now: datetime) -> int:
    """Tells of one incident. Returns how many were claimed: 1 or 0."""
    claimed = DUE.claim(now, limit=1)
    for row in claimed:
        if DUE.oldest_due(now) is not None:
            doorbell.ring(MIRROR)
        with tenant_scope(row.tenant_id):
            _work(row, now)
    return len(claimed)


def _work(row: Claimed, now: datetime) -> None:
    mirror = ChatMirror.objects.select_related("incident__severity", "incident__tenant").get(pk=row.id)
    due, problem = mirror.due_at, ""
    try:
        _tell(mirror)
    # Whatever a vendor's code does: the incident is led without it.
    except Exception as error:
        problem = type(error).__name__[:200]
        log.warning("chat_failed", mirror=mirror.pk, tries=row.claims, problem=problem)
    _note(mirror, row, due, problem, now)


def _tell(mirror: ChatMirror) -> None:
    """Each word that was told is remembered at once, so that a failure later on repeats only the rest."""
    vendor, incident = chat.vendor(), mirror.incident
    with translation.override(incident.tenant.language):
        if not mirror.room:
            mirror.room = str(vendor.open_room(incident.key))[:200]
        topic = topic_of(incident)
        if mirror.topic != topic:
            vendor.set_topic(mirror.room, topic)
            mirror.topic = topic
        _tell_statuses(mirror, vendor)


def _tell_statuses(mirror: ChatMirror, vendor: chat.ChatVendor) -> None:
    """Of those who manage it, and those who did when it was last told. As somebody outside every circle."""
    managing = set(
        RoleAssignment.objects.filter(
            incident=mirror.incident, is_manager=True, ended_at=None, incident__phase__in=OPEN_PHASES
        ).values_list("membership_id", flat=True)
    )
    told = {int(pk): text for pk, text in mirror.statuses.items()}
    words = statuses_of(managing | told.keys(), None)
    people = Membership.objects.select_related("user").filter(pk__in=managing | told.keys())
    for person in people.order_by("pk"):
        text = words.get(person.pk, "")
        if told.get(person.pk, "") != text:
            vendor.set_status(person.user.email, text)
        told.pop(person.pk, None)
        if person.pk in managing:
            told[person.pk] = text
        mirror.statuses = {str(pk): said for pk, said in told.items()}


def _note(mirror: ChatMirror, row: Claimed, due: datetime | None, problem: str, now: datetime) -> None:
    """What changed while the vendor was being called stays due. A lease that is another's is left alone."""
    mine = ChatMirror.objects.filter(pk=mirror.pk, lease_token=row.token)
    kept = {"room": mirror.room, "topic": mirror.topic, "statuses": mirror.statuses, "problem": problem}
    mine.update(lease_until=None, **kept)
    if not problem:
        mine.filter(due_at=due).update(due_at=None, claims=0)
    elif row.claims >= MAX_TRIES:
        mine.filter(due_at=due).update(due_at=None)
    else:
        wait = min(timedelta(seconds=2 ** min(row.claims, 12)), LONGEST_WAIT)
        mine.filter(due_at=due).update(due_at=now + wait)


WORK = DueWork(name=MIRROR, run=run_due, oldest_due=DUE.oldest_due, next_due=DUE.next_due, queue="send")
