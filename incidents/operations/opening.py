"""Opening an incident: one row with a number, and somebody called for it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from config.tenancy.scoping import bound_tenant_id
from incidents.models import Alert, EntryKind, Incident, IncidentCounter, Service, Severity, SeverityChange
from incidents.operations.calls import call_severity_roles
from incidents.operations.holding import hold_if_small
from incidents.operations.keeping_quiet import hold_for_maintenance
from incidents.operations.ladders import call_service
from incidents.operations.scale import scale_version
from incidents.operations.timeline import record
from incidents.operations.untouched import ends_after

NEXT_NUMBER = f"""
INSERT INTO {IncidentCounter._meta.db_table} AS counter (tenant_id, last) VALUES (%s, 1)
ON CONFLICT (tenant_id) DO UPDATE SET last = counter.last + 1
RETURNING last
"""  # noqa: S608 (the table's own name)


def open_incident(
    *,
    summary: str,
    service: Service | None,
    severity: Severity | None,
    provisional: bool,
    found_by: str,
    found_via: str = "",
    confirmed: bool = False,
    private: bool = False,
    declared_by: Membership | None = None,
    started_at: datetime | None = None,
    idempotency_key: str = "",
    group_key: str = "",
    gathers_storm: bool = False,
    alerts: Iterable[Alert] = (),
    actor: Actor,
    now: datetime,
) -> Incident:
    """Opens an incident with the tenant's next number, records it, and calls the service's policy, else the
    default one. Locks nothing but the tenant's counter: no lock may be taken after it.

    An unknown severity pages as SEV2. One that answers in office hours only, outside those of the service's
    team, is held: `held_until` and one silent mail, no page. So is one in maintenance, without the mail,
    unless a person says that it is the worst; `alerts` are those that will hang on it. Who hangs them calls
    `cards.refresh_cards`, so that the page carries the alert's own words. Needs incidents.declare. A second
    call opens a second incident.
    """
    actor.must("incidents.declare")
    with acting(actor, now=now):
        incident: Incident = Incident.objects.create(
            number=next_number(),
            summary=summary[:300],
            service=service,
            severity=severity,
            severity_provisional=provisional,
            private=private,
            found_by=found_by,
            found_via=found_via[:300],
            declared_by=declared_by,
            declared_at=now,
            started_at=started_at,
            confirmed_at=now if confirmed else None,
            assessed_at=None if severity is None or provisional else now,
            idempotency_key=idempotency_key,
            group_key=group_key,
            gathers_storm=gathers_storm,
            untouched_ends_at=None if confirmed else ends_after(service, now),
        )
        _begin_severity(incident, actor, now)
        record(
            incident=incident,
            kind=EntryKind.DECLARED,
            text=_("Declared: %(what)s") % {"what": incident.summary},
            data={"found_by": found_by, "found_via": incident.found_via},
            actor=actor,
            now=now,
        )
        held = hold_for_maintenance(incident=incident, alerts=alerts, actor=actor, now=now)
        if not (held or hold_if_small(incident=incident, actor=actor, now=now)):
            call_service(incident=incident, actor=actor, now=now)
            call_severity_roles(incident=incident, actor=actor, now=now)
    # No `advance`: none of the facts that move a label can be there yet.
    return incident


def next_number() -> int:
    """The tenant's next number. Holds the counter until the transaction ends, so that there are no gaps."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER, [bound_tenant_id()])
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _begin_severity(incident: Incident, actor: Actor, now: datetime) -> None:
    if incident.severity is not None:
        SeverityChange.objects.create(
            incident=incident,
            severity=incident.severity,
            provisional=incident.severity_provisional,
            scale_version=scale_version(),
            begins_at=now,
            actor_label=actor.label[:200],
        )
