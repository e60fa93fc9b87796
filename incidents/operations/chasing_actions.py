"""Late action items: one reminder to the owner the morning after, then one a week, until it is done."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.deadlines import Deadlines
from incidents.models import ActionItem, ActionState, Incident, InternalMail, MailKind
from incidents.office_hours import to_utc
from incidents.operations.following_up import MORNING
from incidents.operations.mail_words import NUDGES, Text, link_of
from incidents.operations.mails import queue_mails

LATE = "incidents.actions_late"
WHY = "action_late"
EVERY = timedelta(days=7)


def _chase(item_id: int, now: datetime) -> bool:
    """Reminds the owner of what is late."""
    with acting(ENGINE, now=now, reason="late"):
        rows = ActionItem.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        item = rows.select_related("incident__tenant", "owner__user").filter(pk=item_id).first()
        if item is None or item.chase_at is None or item.chase_at > now:
            return False
        if item.state != ActionState.OPEN or item.owner is None or not item.owner.is_current:
            item.chase_at = None
        else:
            item.chase_at = _next(item.chase_at, item.incident.tenant.zone, now)
            if Incident.objects.visible_to(item.owner).filter(pk=item.incident_id).exists():
                queue_mails(
                    incident=item.incident,
                    kind=MailKind.NUDGE,
                    memberships=[item.owner],
                    data={"why": WHY, "item": item.uid},
                    now=now,
                )
        item.save()
    return True


def _next(moment: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    """A week on, at the same hour of the tenant's clock; what was slept through is not made up for."""
    while moment <= now:
        moment = to_utc(moment.astimezone(zone).date() + EVERY, MORNING, zone)
    return moment


def _words(mail: InternalMail, now: datetime) -> Text:
    item = ActionItem.objects.get(incident=mail.incident, uid=mail.data["item"])
    key = mail.incident.key
    day = format_date(item.due_on, "D j M") if item.due_on else ""
    subject = _("Late since %(day)s: %(what)s (%(key)s)") % {"day": day, "what": item.text, "key": key}
    body = _("This was due on %(day)s and is yours. Done, dropped or later: say it here.") % {"day": day}
    return subject, f"{item.text}\n\n{body}\n{link_of(mail.incident)}#r-after\n"


NUDGES[WHY] = _words


WORK = Deadlines(LATE, ActionItem, "chase_at", _chase).due_work()
