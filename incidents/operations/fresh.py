"""A new alert, as a monitor reports it and as it was placed; and how long it lasts in silence. No queries."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from incidents.adapters import IncomingAlert
from incidents.limits import OVER_LIMIT, OVER_LIMIT_QUIET, TEST_LASTS
from incidents.models import Alert, AlertSource, Service
from incidents.operations.beating import KEY as HEARTBEAT
from incidents.operations.placing import Place

# The fingerprint of what could not be read. Such alerts keep to themselves: an incident that somebody has in
# hand, or took for rubbish, must not swallow them, nor may they swallow what can be read.
UNREADABLE = "unreadable"


def new_alert(
    source: AlertSource, incoming: IncomingAlert, place: Place, *, at: datetime, flaps: int = 0
) -> Alert:
    """Not saved, and not yet of an incident."""
    title = incoming.title or _("alert without a title from %(source)s") % {"source": source.name}
    if incoming.problem:
        title = _("unreadable alert from %(source)s") % {"source": source.name}
    alert = Alert(
        tenant_id=source.tenant_id,
        source=source,
        service=place.service,
        dedup_key=incoming.dedup_key,
        fingerprint=UNREADABLE if incoming.problem else incoming.fingerprint,
        severity=place.severity,
        said_severity=incoming.severity,
        title=title,
        summary=incoming.summary or incoming.problem,
        labels=incoming.labels,
        payload=incoming.payload,
        runbook_url=incoming.runbook_url,
        dashboard_url=incoming.dashboard_url,
        tags=tags_of(incoming, place),
        routed_by=place.routed_by,
        suppressed=place.suppress,
        is_test=incoming.is_test,
        group_key=place.group_key,
        flaps=flaps,
        first_seen=at,
        last_seen=at,
    )
    alert.silent_at = silent_from(alert, at)
    return alert


def tags_of(incoming: IncomingAlert, place: Place) -> list[str]:
    """The source's own and the rules', each once."""
    return [tag[:60] for tag in dict.fromkeys([*incoming.tags, *place.tags])]


def silent_from(alert: Alert, at: datetime) -> datetime | None:
    """When it is looked whether its source, that spoke at `at`, still does. Source and service are loaded."""
    lasts = lasts_in_silence(alert, alert.source, alert.service)
    return at + lasts if lasts else None


def lasts_in_silence(alert: Alert, source: AlertSource, service: Service | None) -> timedelta | None:
    """None: it stands until it is said to be over. What the source says goes before what the service says."""
    if alert.is_test:
        return TEST_LASTS
    if alert.dedup_key.startswith(HEARTBEAT):
        # A missing one is said once: it is over when it beats.
        return None
    if alert.dedup_key.startswith(OVER_LIMIT):
        return OVER_LIMIT_QUIET
    if source.quiet_ends_after_minutes:
        return timedelta(minutes=source.quiet_ends_after_minutes)
    hours = service.alerts_end_after_hours if service is not None else None
    return timedelta(hours=hours) if hours else None
