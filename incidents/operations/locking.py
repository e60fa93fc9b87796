"""The only place that locks across apps (DESIGN rule 6).

Order: escalations by id, notices by id, incidents by id, alerts by id; last, by whoever takes it, the
tenant's number counter. Ids are read unlocked, the rows locked in order, then the ids are read again: a set
that changed meanwhile is let go (a savepoint gives its locks back) and tried once more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.models import Alert, Call, Incident
from incidents.refusals import Busy
from oncall.models import Escalation
from oncall.operations.locking import lock_escalations
from statuspage.models import Notice
from statuspage.operations.locking import lock_notice


@dataclass(frozen=True)
class Locked:
    """An incident and what hangs on it, as the rows are now, until the transaction ends.

    `alerts` is filled only where asked for. `incident.severity` and `incident.service` are loaded.
    """

    incident: Incident
    calls: list[Call] = field(default_factory=list)
    escalations: dict[int, Escalation] = field(default_factory=dict)
    notices: dict[int, Notice] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)


class _Changed(Exception):
    pass


def lock_incident(*, incident_id: int, alerts: bool = False) -> Locked:
    """Locks one incident with its escalations and notices; with `alerts`, its open alerts too.

    Within a transaction. Five queries and one per notice. Raises Incident.DoesNotExist, also for another
    tenant's, and Busy where the set changed twice. Locking again inside the same transaction is free.
    """
    return lock_incidents(incident_ids=[incident_id], alerts=alerts)[0]


def lock_incidents(*, incident_ids: Sequence[int], alerts: bool = False) -> list[Locked]:
    """Several at once, all in the one order. Returned in the order asked for."""
    for _attempt in (1, 2):
        try:
            with transaction.atomic():
                return _lock(incident_ids, alerts)
        except _Changed:
            continue
    raise Busy(_("Others are changing this incident right now. Try again."))


def lock_incident_alone(*, incident_id: int) -> Incident:
    """The incident without its escalations, for receivers who hold one of those and may lock no other."""
    return _lock_rows([incident_id])[incident_id]


def lock_alerts(incident_ids: Sequence[int]) -> list[Alert]:
    """Their open alerts, by id. Whoever calls it holds the incidents. One query."""
    rows = Alert.objects.select_for_update(no_key=True, of=("self",)).filter(
        incident_id__in=incident_ids, resolved_at=None
    )
    return list(rows.order_by("pk"))


def _lock_rows(incident_ids: Sequence[int]) -> dict[int, Incident]:
    rows = (
        Incident.objects.select_for_update(no_key=True, of=("self",))
        .select_related("severity", "service")
        .filter(pk__in=incident_ids)
        .order_by("pk")
    )
    found = {incident.pk: incident for incident in rows}
    if not found.keys() >= set(incident_ids):
        raise Incident.DoesNotExist
    return found


def _lock(incident_ids: Sequence[int], alerts: bool) -> list[Locked]:
    call_ids, notice_ids = _calls_of(incident_ids), _notices_of(incident_ids)
    escalations = {found.pk: found for found in lock_escalations(call_ids)}
    notices = {pk: lock_notice(pk) for pk in sorted(notice_ids)}
    incidents = _lock_rows(incident_ids)
    calls = list(Call.objects.filter(incident_id__in=incident_ids))
    # From here on nothing can be added: whoever adds a call or a notice holds the incident.
    if {call.escalation_id for call in calls} != call_ids or _held_notices(incidents) != notice_ids:
        raise _Changed
    open_alerts = lock_alerts(incident_ids) if alerts else []
    return [
        Locked(
            incident=incidents[pk],
            calls=[call for call in calls if call.incident_id == pk],
            escalations={
                call.escalation_id: escalations[call.escalation_id]
                for call in calls
                if call.incident_id == pk
            },
            notices={
                notice_id: notices[notice_id]
                for notice_id in (incidents[pk].notice_id, incidents[pk].internal_notice_id)
                if notice_id is not None
            },
            alerts=[alert for alert in open_alerts if alert.incident_id == pk],
        )
        for pk in incident_ids
    ]


def _calls_of(incident_ids: Sequence[int]) -> set[int]:
    return set(Call.objects.filter(incident_id__in=incident_ids).values_list("escalation_id", flat=True))


def _notices_of(incident_ids: Sequence[int]) -> set[int]:
    rows = Incident.objects.filter(pk__in=incident_ids).values_list("notice_id", "internal_notice_id")
    return {pk for row in rows for pk in row if pk is not None}


def _held_notices(incidents: dict[int, Incident]) -> set[int]:
    return {
        pk
        for incident in incidents.values()
        for pk in (incident.notice_id, incident.internal_notice_id)
        if pk is not None
    }
