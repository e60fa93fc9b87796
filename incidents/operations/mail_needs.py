"""Whether what a reminder asks for is still to be done: asked right before it is sent (DESIGN rule 3).

A mail server that was away for an hour must not send people to what others did meanwhile.
"""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q

from incidents.models import ActionItem, ActionState, Ask, InternalMail, Message, Phase


def still_to_do(mail: InternalMail, now: datetime) -> bool:
    """One query at most. What only says that something happened is always true."""
    asked = NEEDS.get(mail.data.get("why", ""))
    return asked is None or asked(mail, now)


def _update_due(mail: InternalMail, now: datetime) -> bool:
    """Word promised by then is still owed: a later promise says that it was given."""
    incident = mail.incident
    promised = incident.next_update_at
    lasts = incident.is_open or incident.phase == Phase.RESOLVED
    return lasts and promised is not None and promised <= datetime.fromisoformat(mail.data["due"])


def _review(mail: InternalMail, now: datetime) -> bool:
    """Words wait for this reader."""
    waiting = Message.objects.filter(
        incident=mail.incident,
        published_at=None,
        review_asked_at__isnull=False,
        review_asked_of__contains=[mail.membership.uid],
    )
    for message in waiting:
        message.incident = mail.incident  # read already
    return any(not message.is_stale for message in waiting)


def _asked(mail: InternalMail, now: datetime) -> bool:
    """The question is open, and was not put to somebody else since."""
    mine = Q(membership=None) | Q(membership=mail.membership)
    asks = Ask.objects.filter(mine, incident=mail.incident, question=mail.data["question"], answered_at=None)
    return bool(asks.exists())


def _action_late(mail: InternalMail, now: datetime) -> bool:
    """Not done, not dropped, not put off and not given to somebody else."""
    today = now.astimezone(mail.tenant.zone).date()
    late = ActionItem.objects.filter(state=ActionState.OPEN, owner=mail.membership, due_on__lt=today)
    return bool(late.filter(incident=mail.incident, uid=mail.data["item"]).exists())


# By `data["why"]`. Other modules put theirs in beside these.
NEEDS: dict[str, Callable[[InternalMail, datetime], bool]] = {
    "update_due": _update_due,
    "review": _review,
    "asked": _asked,
    "action_late": _action_late,
}
