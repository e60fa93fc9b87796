"""Promised updates, and the end of holding back, are chased (R21): one mail at a time, to one person.

`Incident.chase_at` is the earlier of both; whatever moves one of them calls `follow_promises`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from config import doorbell
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.deadlines import Deadlines
from config.tenancy.models import Membership
from config.tenancy.roles import Role
from incidents.known import Question
from incidents.models import (
    Audience,
    EntryKind,
    Incident,
    InternalMail,
    MailKind,
    Message,
    Phase,
    RoleAssignment,
    RoleCode,
)
from incidents.operations.desk import last_published
from incidents.operations.locking import lock_incident
from incidents.operations.mail_needs import NEEDS
from incidents.operations.mails import queue_mails
from incidents.operations.timeline import record
from incidents.times import clock_words

UPDATES_DUE = "incidents.updates_due"
# At most one nudge per person in this time (DESIGN).
PAUSE = timedelta(minutes=10)
# Once it is resolved.
PAUSE_AFTER = timedelta(hours=1)


def keep_promises(incident: Incident) -> None:
    """The earlier of what was last promised to customers and to colleagues: neither hides the other. Saves
    nothing. One query.
    """
    last = last_published(incident).values()
    incident.next_update_at = min((one.next_update_at for one in last if one.next_update_at), default=None)
    follow_promises(incident)


def follow_promises(incident: Incident) -> None:
    """Sets when somebody is reminded next. Saves nothing."""
    held = held_back_until(incident) if incident.is_open else None
    moments = [incident.next_update_at, held]
    incident.chase_at = min((moment for moment in moments if moment), default=None)
    if incident.chase_at is not None:
        doorbell.ring(UPDATES_DUE)


def held_back_until(incident: Incident) -> datetime | None:
    """Until when words are held back for a reason, as long as customers have heard nothing."""
    said = incident.put_off.get(Question.TELL.value)
    if not said or not said.get("reason") or not said["until"] or incident.first_external_at is not None:
        return None
    return datetime.fromisoformat(said["until"])


def nudge(
    *, incident: Incident, people: Sequence[Membership], why: str, data: dict[str, str], now: datetime
) -> list[Membership]:
    """Mails those who were not nudged within PAUSE, about whatever it was. Returns who is mailed."""
    lately = InternalMail.objects.filter(
        kind=MailKind.NUDGE, created_at__gt=now - PAUSE, membership__in=[one.pk for one in people]
    )
    had_one = set(lately.values_list("membership_id", flat=True))
    fresh = [one for one in people if one.pk not in had_one]
    queue_mails(incident=incident, kind=MailKind.NUDGE, memberships=fresh, data={"why": why, **data}, now=now)
    return fresh


# --- due work -----------------------------------------------------------------------------------------------
def _remind(incident_id: int, now: datetime) -> bool:
    with acting(ENGINE, now=now, reason="promised update"):
        incident = lock_incident(incident_id=incident_id).incident
        if incident.chase_at is None or incident.chase_at > now:
            return False
        # Resolved without the last words: what was promised is still owed, but no emergency any more.
        owed = incident.phase == Phase.RESOLVED and incident.next_update_at is not None
        pause = PAUSE if incident.is_open else PAUSE_AFTER
        incident.chase_at = now + pause if incident.is_open or owed else None
        incident.save()
        if incident.chase_at is not None:
            _mail(incident, now)
    return True


def _mail(incident: Incident, now: datetime) -> None:
    who = whom_to_chase(incident)
    promised, held = incident.next_update_at, held_back_until(incident) if incident.is_open else None
    due = min((moment for moment in (promised, held) if moment is not None), default=None)
    if due is None:
        return
    why = "update_due" if due == promised else "held_back"
    data = {"due": due.isoformat(), "audience": _audience(incident) if due == promised else ""}
    if who is None or not nudge(incident=incident, people=[who], why=why, data=data, now=now):
        return
    words = {"who": who, "time": clock_words(due, now)}
    if why == "update_due":
        text = _("%(who)s was reminded: word was promised by %(time)s") % words
    else:
        text = _("%(who)s was reminded: words were held back until %(time)s") % words
    record(incident=incident, kind=EntryKind.REMINDED, text=text, data=data, actor=ENGINE, now=now)


def whom_to_chase(incident: Incident) -> Membership | None:
    """The communications manager, else the incident manager, else an owner: a promise has somebody behind it.

    Who has left reads no mail. An owner is outside the circle of a private one.
    """
    held = RoleAssignment.objects.filter(
        incident=incident, ended_at=None, membership__ended_at=None, membership__user__is_active=True
    ).select_related("role", "membership__user")
    by_code = {given.role.code: given.membership for given in held.order_by("-id")}
    found: Membership | None = by_code.get(RoleCode.COMMS) or by_code.get(RoleCode.MANAGER)
    if found is None and not incident.private:
        owners = Membership.objects.filter(role=Role.OWNER, ended_at=None, user__is_active=True)
        found = owners.select_related("user").order_by("id").first()
    return found


def _audience(incident: Incident) -> str:
    """Whom the promise was made to."""
    told = Message.objects.filter(incident=incident, next_update_at=incident.next_update_at)
    customers = told.filter(audience=Audience.EXTERNAL, published_at__isnull=False).exists()
    inside = told.filter(audience=Audience.INTERNAL, published_at__isnull=False).exists()
    return Audience.INTERNAL.value if inside and not customers else Audience.EXTERNAL.value


def _still_held_back(mail: InternalMail, now: datetime) -> bool:
    """Nobody has told people since, nor held the words back further."""
    due = datetime.fromisoformat(mail.data["due"])
    return mail.incident.is_open and held_back_until(mail.incident) == due


NEEDS["held_back"] = _still_held_back
WORK = Deadlines(UPDATES_DUE, Incident, "chase_at", _remind).due_work()
