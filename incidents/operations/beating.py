"""A beat, as it comes in: one statement, whatever came of it. What follows from it is due work (missing)."""

from dataclasses import dataclass

from config import doorbell
from config.tenancy.doors import through_door
from config.tenancy.models import DoorKind
from config.tenancy.scoping import tenant_scope
from incidents.models import Heartbeat

DUE = "incidents.heartbeats"
# What the dedup keys of their alerts begin with.
KEY = "heartbeat:"

# Not a plain UPDATE ... FROM door: the planner may then read heartbeats before the door, while no tenant is
# bound, and row security hides them all. LATERAL and the lock keep the order; the row is always there, so
# that the INSERT never inserts. One that is missing stays so: it is due at once, and its alert ends with it.
# Its source was heard from too: written once a minute, and left to others who hold it, so that beats of one
# source do not wait for each other.
BEAT = """
, moment AS MATERIALIZED (
    SELECT COALESCE(%(now)s::timestamptz, clock_timestamp()) AS at
), found AS MATERIALIZED (
    SELECT heartbeat.*
      FROM door
     CROSS JOIN LATERAL (
           SELECT here.*
             FROM incidents_heartbeat AS here
            WHERE here.tenant_id = door.tenant_id AND here.source_id = door.row_id
              AND (here.slug = %(slug)s::text OR %(slug)s::text = '' AND NOT EXISTS (
                       SELECT 1
                         FROM incidents_heartbeat AS other
                        WHERE other.tenant_id = door.tenant_id AND other.source_id = door.row_id
                          AND other.id <> here.id))
              FOR NO KEY UPDATE OF here
           ) AS heartbeat
), beaten AS (
    INSERT INTO incidents_heartbeat AS heartbeat
    SELECT * FROM found
        ON CONFLICT (id) DO UPDATE
       SET last_seen = GREATEST(heartbeat.last_seen, (SELECT at FROM moment)),
           state = CASE heartbeat.state WHEN 'missing' THEN 'missing' ELSE 'beating' END,
           due_at = CASE heartbeat.state
               WHEN 'missing' THEN (SELECT at FROM moment)
               ELSE GREATEST(
                   (SELECT at FROM moment)
                   + make_interval(mins => heartbeat.interval_minutes + heartbeat.grace_minutes),
                   heartbeat.muted_until)
               END
    RETURNING heartbeat.state
), alive AS (
    INSERT INTO incidents_alertsource AS source
    SELECT heard.*
      FROM beaten
     CROSS JOIN door
     CROSS JOIN LATERAL (
           SELECT here.*
             FROM incidents_alertsource AS here
            WHERE here.tenant_id = door.tenant_id AND here.id = door.row_id
              AND (here.last_event_at IS NULL
                   OR here.last_event_at < (SELECT at FROM moment) - interval '1 minute')
              FOR NO KEY UPDATE OF here SKIP LOCKED
           ) AS heard
        ON CONFLICT (id) DO UPDATE SET last_event_at = (SELECT at FROM moment)
)
SELECT door.tenant_id, door.row_id, beaten.state FROM door LEFT JOIN beaten ON true
"""


@dataclass
class NoSuchHeartbeat(Exception):
    """The source is known, that heartbeat is not. `there` is how many it has."""

    slug: str
    there: int


def beat_by_key(*, key: str, slug: str = "") -> None:
    """The heartbeat `slug` of the source whose key this is, or its only one, was heard from just now.

    Raises DoorClosed for a key that opens nothing, NoSuchHeartbeat. Outside any tenant scope. Idempotent; a
    beat of before the last one changes nothing.
    """
    tenant_id, source_id, state = through_door(DoorKind.ALERT_SOURCE, key, BEAT, {"slug": slug})
    if state is None:
        with tenant_scope(tenant_id):
            raise NoSuchHeartbeat(slug, Heartbeat.objects.filter(source_id=source_id).count())
    if state == "missing":
        doorbell.ring(DUE)
