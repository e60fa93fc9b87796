"""What became of every accepted post, once the queue is worked: told from its row, or a finding.

processed     to alerts that hang on an incident, or that a rule suppressed, or that are tests
coalesced     into the one alert of a source over its limit
quarantined   with why, and paged for: its alert hangs on an incident
dropped       only where the contract says so: no alert in it, all of it about alerts that are not open, or a
              trigger that another worker took up only after a later all-clear (ledger: it is stale)
And none is counted twice or not at all: the counts of a tenant's alerts are its triggers, together, but for
those that may be stale.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from config import clock
from config.tenancy.scoping import tenant_scope
from incidents import adapters
from incidents.adapters import Action, IncomingAlert, Options, Unreadable
from incidents.limits import OVER_LIMIT
from incidents.models import Alert, AlertSource, InboundEvent, Incident, Outcome
from incidents.operations import processing
from incidents.operations.ingest import CHANGE

# What is said of a post that stopped our own code: no body may do that, quarantined or not.
OURS = ("It could not be worked", "It stopped the program")


@dataclass
class Traced:
    """Of the events since the last look. `by_format`: outcomes by InboundEvent.format."""

    events: int = 0
    findings: list[str] = field(default_factory=list)
    by_format: Counter[tuple[str, str]] = field(default_factory=Counter)
    triggers: Counter[int] = field(default_factory=Counter)


def work_all(tenant_ids: list[int], wait: Callable[[], object], patience: int = 600) -> None:
    """The queue, until nothing of these tenants is left in it. Others may work at it as well.

    `wait` is called where what is left is in other hands, or was put off: at most `patience` times.
    """
    for _ in range(patience):
        while processing.run(clock.now()):
            pass
        if not sum(_pending(tenant_id) for tenant_id in tenant_ids):
            return
        wait()
    # What is left is a finding of its own: "is pending".


def _pending(tenant_id: int) -> int:
    with tenant_scope(tenant_id):
        return int(InboundEvent.objects.filter(outcome=Outcome.PENDING).count())


class Tracer:
    """Follows the events of some tenants. `look` is called after the queue was worked.

    `others`: not this process alone works the queue, so that posts may be worked out of their order.
    """

    def __init__(self, tenant_ids: list[int], *, others: bool) -> None:
        self.tenant_ids, self.others = tenant_ids, others
        self._last = dict.fromkeys(tenant_ids, 0)
        self._triggers: Counter[int] = Counter()
        # Triggers that came before an all-clear of their key: another worker may have taken that up first.
        self._stale: Counter[int] = Counter()

    def look(self) -> Traced:
        traced = Traced()
        for tenant_id in self.tenant_ids:
            with tenant_scope(tenant_id):
                self._look_at(tenant_id, traced)
                self._count(tenant_id, traced)
        return traced

    def _look_at(self, tenant_id: int, traced: Traced) -> None:
        events = list(InboundEvent.objects.filter(pk__gt=self._last[tenant_id]).order_by("pk"))
        if not events:
            return
        self._last[tenant_id] = events[-1].pk
        ids = {pk for event in events for pk in event.alert_ids or []}
        alerts = Alert.objects.select_related("incident").defer("payload", "labels").in_bulk(ids)
        sources = AlertSource.objects.in_bulk({event.source_id for event in events})
        read = [(event, read_again(event, sources[event.source_id])) for event in events]
        for event, said in read:
            stale = self.others and _may_be_stale(event, said)
            here = [alerts[pk] for pk in event.alert_ids or [] if pk in alerts]
            found = [] if stale and event.outcome == Outcome.DROPPED else _followed(event, here, said)
            traced.findings += [
                f"{event.format} {event.pk} {why}: {bytes(event.body)[:300]!r}" for why in found
            ]
            traced.events += 1
            traced.by_format[event.format, event.outcome] += 1
            self._triggers[tenant_id] += sum(one.action == Action.TRIGGER for one in said)
            self._stale[tenant_id] += len(said) if stale else 0

    def _count(self, tenant_id: int, traced: Traced) -> None:
        counted = sum(Alert.objects.values_list("count", flat=True))
        missing = self._triggers[tenant_id] - counted
        if not 0 <= missing <= (self._stale[tenant_id] if self.others else 0):
            traced.findings.append(f"{self._triggers[tenant_id]} triggers came in, {counted} are counted")
            self._triggers[tenant_id] = counted


def read_again(event: InboundEvent, source: AlertSource) -> list[IncomingAlert]:
    """As the worker reads it; what cannot be read is one trigger."""
    if event.format == CHANGE:
        return []
    options = Options(source.tool, source.by_group, source.mapping)
    try:
        return adapters.read(event.format, bytes(event.body), event.given_key, options)
    except Unreadable as error:
        return [IncomingAlert(action=Action.TRIGGER, dedup_key="", problem=str(error))]


def _may_be_stale(event: InboundEvent, said: list[IncomingAlert]) -> bool:
    keys = {one.dedup_key for one in said if one.action == Action.TRIGGER}
    cleared = Alert.objects.filter(source=event.source_id, resolved_at__gt=event.received_at)
    return bool(keys) and cleared.filter(dedup_key__in=keys).exists()


def _followed(event: InboundEvent, alerts: list[Alert], said: list[IncomingAlert]) -> list[str]:
    found = [event.problem] if event.problem.startswith(OURS) else []
    if {alert.pk for alert in alerts} != set(event.alert_ids or []):
        found.append("names alerts that are not there")
    check = CHECKS.get(event.outcome)
    return [*found, *check(event, alerts, said)] if check else [*found, f"is {event.outcome}"]


def _processed(event: InboundEvent, alerts: list[Alert], said: list[IncomingAlert]) -> list[str]:
    found = [] if alerts or event.format == CHANGE else ["processed to no alert"]
    return found + [f"alert {alert.pk} hangs nowhere" for alert in alerts if not _is_somewhere(alert)]


def _is_somewhere(alert: Alert) -> bool:
    return alert.incident_id is not None or alert.suppressed or alert.is_test


def _coalesced(event: InboundEvent, alerts: list[Alert], said: list[IncomingAlert]) -> list[str]:
    together = alerts and all(alert.dedup_key.startswith(OVER_LIMIT) for alert in alerts)
    return _processed(event, alerts, said) if together else ["coalesced into no alert of a limit"]


def _quarantined(event: InboundEvent, alerts: list[Alert], said: list[IncomingAlert]) -> list[str]:
    if not event.problem:
        return ["quarantined without a reason"]
    if event.format == CHANGE:  # nobody is paged for one
        return []
    if not any(one.problem for one in said):
        return [f"quarantined, and readable: {event.problem}"]
    # An all-clear that cannot be read ends what is open, and is no page where nothing is.
    pages = any(one.problem and one.action == Action.TRIGGER for one in said)
    paged = any(alert.incident_id is not None for alert in alerts)
    return [] if paged or not pages else ["quarantined, and nobody is paged"]


def _dropped(event: InboundEvent, alerts: list[Alert], said: list[IncomingAlert]) -> list[str]:
    fires = [one for one in said if one.action == Action.TRIGGER]
    return [f"{len(fires)} alerts that fire are dropped"] if fires else []


CHECKS: dict[str, Callable[[InboundEvent, list[Alert], list[IncomingAlert]], list[str]]] = {
    Outcome.PROCESSED: _processed,
    Outcome.COALESCED: _coalesced,
    Outcome.QUARANTINED: _quarantined,
    Outcome.DROPPED: _dropped,
}


def incidents_of(tenant_ids: list[int]) -> int:
    total = 0
    for tenant_id in tenant_ids:
        with tenant_scope(tenant_id):
            total += Incident.objects.count()
    return total
