"""The second pair of eyes, for the watchdog: what should have a deadline and has none, what was neglected.

It reads raw tables and shares no code with the engine, so that a mistake there is seen here. Everything it
mends is said in the log as an error: in ordinary running it finds nothing.
"""

from datetime import datetime

import structlog
from django.db import connection

from config import doorbell
from config.tenancy.scoping import all_tenants

log = structlog.get_logger(__name__)

# Nothing is due in a closed tenant (claiming.py).
IN_AN_OPEN_TENANT = "tenant_id NOT IN (SELECT id FROM tenancy_tenant WHERE closed_at IS NOT NULL)"
# A running ladder whose newest page is older than the longest delay of its policy and a minute on top, and
# whose next step does not lie between a minute ago and that longest delay ahead. One that is held looks again
# every quarter of an hour, so that it is not taken for one that stands still.
NEGLECTED = """
UPDATE oncall_escalation e SET next_step_at = %(now)s, lease_until = NULL, lease_token = NULL
  FROM (SELECT r.id,
               (SELECT max((step ->> 'delay_minutes')::int)
                  FROM jsonb_array_elements(r.snapshot -> 'rungs') AS step) * interval '1 minute' AS longest,
               coalesce((SELECT max(n.created_at) FROM oncall_notification n
                          WHERE n.tenant_id = r.tenant_id AND n.escalation_id = r.id AND n.kind = 'page'),
                        r.started_at) AS paged_at
          FROM oncall_escalation r WHERE r.state = 'paging') raw
 WHERE e.{in_an_open_tenant} AND raw.id = e.id AND e.state = 'paging'
   AND raw.paged_at < %(now)s - raw.longest - interval '1 minute'
   AND (e.next_step_at IS NULL
        OR e.next_step_at NOT BETWEEN %(now)s - interval '1 minute'
                                AND %(now)s + greatest(raw.longest, interval '15 minutes'))
RETURNING e.tenant_id, e.id
"""
STEPLESS = """
UPDATE oncall_escalation SET next_step_at = %(now)s, lease_until = NULL, lease_token = NULL
 WHERE {in_an_open_tenant} AND state = 'paging' AND next_step_at IS NULL
RETURNING tenant_id, id
"""
# Once it was asked, the end is at most as far away as the grace: what is further was never going to be asked.
UNREMINDED = """
UPDATE oncall_escalation e SET remind_at = e.ack_expires_at - raw.grace
  FROM (SELECT id, least(interval '5 minutes',
                         coalesce(ack_minutes * interval '20 seconds', interval '5 minutes')) AS grace
          FROM oncall_escalation WHERE state = 'acknowledged') raw
 WHERE e.{in_an_open_tenant} AND raw.id = e.id AND e.state = 'acknowledged' AND e.remind_at IS NULL
   AND e.ack_expires_at > %(now)s + raw.grace
RETURNING e.tenant_id, e.id
"""
ENDLESS_ANSWERS = """
UPDATE oncall_escalation SET ack_expires_at = %(now)s + ack_minutes * interval '1 minute'
 WHERE {in_an_open_tenant} AND state = 'acknowledged' AND ack_expires_at IS NULL AND ack_minutes IS NOT NULL
RETURNING tenant_id, id
"""
ENDLESS_SNOOZES = """
UPDATE oncall_escalation SET snoozed_until = %(now)s
 WHERE {in_an_open_tenant} AND state = 'snoozed' AND snoozed_until IS NULL
RETURNING tenant_id, id
"""
STUCK = """
UPDATE oncall_notification SET retry_at = %(now)s, lease_until = NULL, lease_token = NULL
 WHERE {in_an_open_tenant}
   AND state IN ('pending', 'sending', 'failed', 'folded') AND retry_at IS NULL
RETURNING tenant_id, id
"""
STUCK_MESSAGES = """
UPDATE oncall_personalmessage SET retry_at = %(now)s, lease_until = NULL, lease_token = NULL
 WHERE {in_an_open_tenant} AND state IN ('pending', 'sending', 'failed') AND retry_at IS NULL
RETURNING tenant_id, id
"""


def repair_steps(now: datetime) -> int:
    """Running escalations without a next step, or neglected, get one now. Returns how many."""
    return _mend("escalation_without_next_step", STEPLESS, now, "oncall.steps") + audit(now)


def audit(now: datetime) -> int:
    """Finds and restarts ladders that stand still although their policy says otherwise. Returns how many."""
    return _mend("escalation_neglected", NEGLECTED, now, "oncall.steps")


def repair_acks(now: datetime) -> int:
    """Answers and snoozes that should end and have no end. Returns how many."""
    endless = _mend("acknowledgement_without_end", ENDLESS_ANSWERS, now, "oncall.acks")
    return endless + _mend("snooze_without_end", ENDLESS_SNOOZES, now, "oncall.acks")


def repair_reminders(now: datetime) -> int:
    """Acknowledgements that would run out without a word before. Returns how many."""
    return _mend("acknowledgement_without_reminder", UNREMINDED, now, "oncall.reminders")


def repair_sends(now: datetime) -> int:
    """Notifications that are not done and not due. Returns how many."""
    return _mend("notification_stuck", STUCK, now, "oncall.sends")


def repair_messages(now: datetime) -> int:
    """Codes, notices and digests that are not done and not due. Returns how many."""
    return _mend("message_stuck", STUCK_MESSAGES, now, "oncall.messages")


def _mend(what: str, statement: str, now: datetime, bell: str) -> int:
    with all_tenants(f"repair: {what}"), connection.cursor() as cursor:
        cursor.execute(statement.format(in_an_open_tenant=IN_AN_OPEN_TENANT), {"now": now})
        rows = cursor.fetchall()
    for tenant_id, row_id in rows:
        log.error(what, tenant=tenant_id, row=row_id)
    if rows:
        doorbell.ring(bell)
    return len(rows)
