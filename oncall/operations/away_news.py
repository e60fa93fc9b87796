"""Who will be away while still on call hears of it two weeks ahead, once (ONCALL 4.2).

Rotations pass over who is away. A cover, a swap or a temporary schedule does not: that was promised by name.
"""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from oncall.models import Absence, PersonalKind, PersonalMessage
from oncall.operations.absences import Hit, hits_of
from oncall.operations.notes import tell_one

AHEAD = timedelta(days=14)


def tell_who_is_away(now: datetime) -> None:
    """Everybody of this tenant whose absence begins within two weeks and who stays on call in it; each
    absence once. Inside a transaction.
    """
    soon = Absence.objects.filter(starts_at__gt=now, starts_at__lte=now + AHEAD, membership__ended_at=None)
    for absence in soon.select_related("membership__user").order_by("pk"):
        if _was_told(absence):
            continue
        hits = [hit for hit in hits_of(absence.membership, absence.starts_at, absence.ends_at) if hit.stays]
        if hits:
            _tell(absence, hits, now)


def _was_told(absence: Absence) -> bool:
    told = PersonalMessage.objects.filter(membership=absence.membership_id, kind=PersonalKind.NOTICE)
    return bool(told.filter(why__absence=absence.uid).exists())


def _tell(absence: Absence, hits: list[Hit], now: datetime) -> None:
    person: Membership = absence.membership
    message = tell_one(
        person, lambda: "\n".join([_("You are away, and on call all the same:"), *map(str, hits)]), now=now
    )
    message.why["absence"] = absence.uid
    message.save(update_fields=["why"])
