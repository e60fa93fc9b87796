"""Late action items: one reminder to the owner the morning after, then one a week, until it is done."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import connection
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from config.clock import DueWork
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import all_tenants, tenant_scope
from incidents.models import ActionItem, ActionState, Incident, InternalMail, MailKind
from incidents.office_hours import to_utc
from incidents.operations.following_up import MORNING
from incidents.operations.mail_words import NUDGES, Text, link_of
from incidents.operations.mails import queue_mails
from oncall.operations.claiming import IN_AN_OPEN_TENANT

log = structlog.get_logger(__name__)

LATE = "incidents.actions_late"
WHY = "action_late"
BATCH = 50
EVERY = timedelta(days=7)
# Fair across tenants: the first due of each, then the second of each. In a closed one nothing is due.
DUE = f"""
SELECT id, tenant_id FROM (
    SELECT id, tenant_id, chase_at, row_number() OVER (PARTITION BY tenant_id ORDER BY chase_at, id) AS turn
      FROM incidents_actionitem n WHERE chase_at <= %s AND {IN_AN_OPEN_TENANT}
) AS due ORDER BY turn, chase_at LIMIT %s
"""  # noqa: S608 (constants of these modules)


def run_due(now: datetime) -> int:
    """Reminds the owners of what is late at `now`. Returns how many were worked.

    No lease: the work is rows only, so the lock and a second look are enough. Two at once do it once.
    """
    with all_tenants("claim late action items"), connection.cursor() as cursor:
        cursor.execute(DUE, [now, BATCH])
        due = cursor.fetchall()
    done = 0
    for item_id, tenant_id in due:
        with tenant_scope(tenant_id):
            try:
                done += _chase(item_id, now)
            # One row that cannot be worked must not stop the others; it stays due, and loud.
            except Exception:
                log.exception("late_action_failed", item_id=item_id)
    return done


def _chase(item_id: int, now: datetime) -> bool:
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


def _oldest_due(now: datetime) -> datetime | None:
    return _first(chase_at__lte=now)


def _next_due(now: datetime) -> datetime | None:
    return _first(chase_at__gt=now)


def _first(**where: datetime) -> datetime | None:
    with all_tenants("first late action item"):
        rows = ActionItem.objects.filter(tenant__closed_at=None, **where).order_by("chase_at")
        found: datetime | None = rows.values_list("chase_at", flat=True).first()
    return found


WORK = DueWork(name=LATE, run=run_due, oldest_due=_oldest_due, next_due=_next_due)
