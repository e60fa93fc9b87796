"""The two statements that read the rules of schedules. Given: tenant, schedules, people, since.

The columns of LAYERS after the first two are reading.LAYER_FIELDS, then who is in line, and the windows as
text. TIMED says as "gone" who of all these people can no longer be on call. A swap holds once taken, not
withdrawn and, where the schedule wants it, approved. Bounds are seconds since 1970: a thousand moments as
text are slow to read.

Trap: these also run before the database has statistics of the tables, and row security makes it expect a
handful of rows; joined, 500 rotations and their people were then compared each with each, in 100 ms. So what
can be asked per row by an index is, and ids come as an array out of a subquery, which the planner does not
look into: it planned longer than it read.
"""

LAYERS = """
SELECT r.schedule_id, s.time_zone,
       r.id, r.name, r.start_date, r.start_time, r.unit, r.length, r.anchor_index, r.anchor_shift,
       r.priority, r.at_once, r.count_only_active,
       ARRAY(SELECT m.membership_id FROM oncall_rotationmember m
              WHERE m.tenant_id = %(tenant)s AND m.rotation_id = r.id ORDER BY m.position, m.id),
       ARRAY(SELECT concat_ws(' ', h.days, h."start", h."end") FROM oncall_restriction h
              WHERE h.tenant_id = %(tenant)s AND h.rotation_id = r.id ORDER BY h.id)
  FROM oncall_rotation r
  JOIN oncall_schedule s ON s.id = r.schedule_id
 WHERE r.tenant_id = %(tenant)s AND r.schedule_id = ANY ((SELECT %(schedules)s::bigint[])::bigint[])
 ORDER BY r.id
"""

TIMED = """
WITH timed AS MATERIALIZED (
    SELECT o.kind, o.id, o.schedule_id AS belongs_to, o.membership_id AS person, o.replaces_id AS other,
           o.starts_at, o.ends_at, '' AS name
      FROM oncall_override o
     WHERE o.tenant_id = %(tenant)s AND o.ends_at > %(since)s
       AND o.schedule_id = ANY ((SELECT %(schedules)s::bigint[])::bigint[])
    UNION ALL
    SELECT 'swap', w.id, w.schedule_id, w.taken_by_id, w.membership_id, w.starts_at, w.ends_at, ''
      FROM oncall_swap w
      JOIN oncall_schedule s ON s.id = w.schedule_id
     WHERE w.tenant_id = %(tenant)s AND w.ends_at > %(since)s
       AND w.schedule_id = ANY ((SELECT %(schedules)s::bigint[])::bigint[])
       AND w.taken_by_id IS NOT NULL AND w.withdrawn_at IS NULL
       AND (w.approved_at IS NOT NULL OR NOT s.swaps_need_approval)
    UNION ALL
    SELECT 'whole', t.id, t.schedule_id, NULL, NULL, t.starts_at, t.ends_at, t.name
      FROM oncall_temporaryschedule t
     WHERE t.tenant_id = %(tenant)s AND t.ends_at > %(since)s
       AND t.schedule_id = ANY ((SELECT %(schedules)s::bigint[])::bigint[])
    UNION ALL
    SELECT 'shift', f.id, f.temporary_id, f.membership_id, NULL, f.starts_at, f.ends_at, ''
      FROM oncall_temporaryshift f
      JOIN oncall_temporaryschedule t ON t.id = f.temporary_id
     WHERE f.tenant_id = %(tenant)s AND t.tenant_id = %(tenant)s AND t.ends_at > %(since)s
       AND t.schedule_id = ANY ((SELECT %(schedules)s::bigint[])::bigint[])
    UNION ALL
    SELECT 'away', a.id, NULL, a.membership_id, NULL, a.starts_at, a.ends_at, ''
      FROM oncall_absence a
     WHERE a.tenant_id = %(tenant)s AND a.ends_at > %(since)s
       AND a.membership_id = ANY ((SELECT %(people)s::bigint[])::bigint[])
)
SELECT kind, id, belongs_to, person, other,
       extract(epoch FROM starts_at)::float8, extract(epoch FROM ends_at)::float8, name
  FROM timed
UNION ALL
SELECT 'gone', p.id, NULL, p.id, NULL, 0, 0, ''
  FROM tenancy_membership p
  JOIN tenancy_user u ON u.id = p.user_id
 WHERE p.tenant_id = %(tenant)s AND (p.ended_at IS NOT NULL OR NOT u.is_active)
   AND p.id = ANY (ARRAY(SELECT unnest(%(people)s::bigint[]) UNION SELECT person FROM timed))
 ORDER BY 2
"""
