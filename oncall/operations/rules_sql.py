"""The two statements that read the rules of schedules. Given: tenant, schedules, people, since.

The columns of LAYERS after the first two are reading.LAYER_FIELDS, then who is in line, who of them is gone,
and the windows as text. A swap holds once taken, not withdrawn and, where the schedule wants it, approved.
Bounds are seconds since 1970: a thousand moments as text are slow to read. Ids are joined, not listed: with a
list of 500 the database planned longer than it read.
"""

LAYERS = """
WITH wanted AS NOT MATERIALIZED (SELECT unnest(%(schedules)s::bigint[]) AS id)
SELECT r.schedule_id, s.time_zone,
       r.id, r.name, r.start_date, r.start_time, r.unit, r.length, r.anchor_index, r.anchor_shift,
       r.priority, r.at_once, r.count_only_active,
       line.people, line.gone, hours.windows
  FROM oncall_rotation r
  JOIN oncall_schedule s ON s.id = r.schedule_id
  LEFT JOIN (
       SELECT m.rotation_id,
              array_agg(m.membership_id ORDER BY m.position, m.id) AS people,
              array_agg(m.membership_id) FILTER (WHERE p.ended_at IS NOT NULL OR NOT u.is_active) AS gone
         FROM oncall_rotationmember m
         JOIN tenancy_membership p ON p.id = m.membership_id
         JOIN tenancy_user u ON u.id = p.user_id
        WHERE m.tenant_id = %(tenant)s
          AND m.rotation_id IN (SELECT id FROM oncall_rotation WHERE schedule_id IN (SELECT id FROM wanted))
        GROUP BY m.rotation_id
       ) line ON line.rotation_id = r.id
  LEFT JOIN (
       SELECT rotation_id, array_agg(concat_ws(' ', days, "start", "end") ORDER BY id) AS windows
         FROM oncall_restriction
        WHERE tenant_id = %(tenant)s
          AND rotation_id IN (SELECT id FROM oncall_rotation WHERE schedule_id IN (SELECT id FROM wanted))
        GROUP BY rotation_id
       ) hours ON hours.rotation_id = r.id
 WHERE r.tenant_id = %(tenant)s AND r.schedule_id IN (SELECT id FROM wanted)
 ORDER BY r.id
"""

TIMED = """
WITH wanted AS NOT MATERIALIZED (SELECT unnest(%(schedules)s::bigint[]) AS id)
SELECT o.kind, o.id, o.schedule_id, o.membership_id, o.replaces_id,
       extract(epoch FROM o.starts_at)::float8, extract(epoch FROM o.ends_at)::float8, ''
  FROM oncall_override o
  JOIN tenancy_membership p ON p.id = o.membership_id AND p.ended_at IS NULL
  JOIN tenancy_user u ON u.id = p.user_id AND u.is_active
 WHERE o.tenant_id = %(tenant)s AND o.schedule_id IN (SELECT id FROM wanted) AND o.ends_at > %(since)s
UNION ALL
SELECT 'swap', w.id, w.schedule_id, w.taken_by_id, w.membership_id,
       extract(epoch FROM w.starts_at)::float8, extract(epoch FROM w.ends_at)::float8, ''
  FROM oncall_swap w
  JOIN oncall_schedule s ON s.id = w.schedule_id
  JOIN tenancy_membership p ON p.id = w.taken_by_id AND p.ended_at IS NULL
  JOIN tenancy_user u ON u.id = p.user_id AND u.is_active
 WHERE w.tenant_id = %(tenant)s AND w.schedule_id IN (SELECT id FROM wanted) AND w.ends_at > %(since)s
   AND w.withdrawn_at IS NULL AND (w.approved_at IS NOT NULL OR NOT s.swaps_need_approval)
UNION ALL
SELECT 'whole', t.id, t.schedule_id, NULL, NULL,
       extract(epoch FROM t.starts_at)::float8, extract(epoch FROM t.ends_at)::float8, t.name
  FROM oncall_temporaryschedule t
 WHERE t.tenant_id = %(tenant)s AND t.schedule_id IN (SELECT id FROM wanted) AND t.ends_at > %(since)s
UNION ALL
SELECT 'shift', f.id, f.temporary_id, f.membership_id, NULL,
       extract(epoch FROM f.starts_at)::float8, extract(epoch FROM f.ends_at)::float8, ''
  FROM oncall_temporaryshift f
  JOIN oncall_temporaryschedule t ON t.id = f.temporary_id
  JOIN tenancy_membership p ON p.id = f.membership_id AND p.ended_at IS NULL
  JOIN tenancy_user u ON u.id = p.user_id AND u.is_active
 WHERE f.tenant_id = %(tenant)s AND t.schedule_id IN (SELECT id FROM wanted) AND t.ends_at > %(since)s
UNION ALL
SELECT 'away', a.id, NULL, a.membership_id, NULL,
       extract(epoch FROM a.starts_at)::float8, extract(epoch FROM a.ends_at)::float8, ''
  FROM oncall_absence a
 WHERE a.tenant_id = %(tenant)s AND a.ends_at > %(since)s
   AND a.membership_id IN (SELECT unnest(%(people)s::bigint[]))
 ORDER BY 2
"""
