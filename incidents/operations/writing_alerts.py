"""What reports made of alerts, written: in a few statements, however many."""

from collections.abc import Iterable

from incidents.models import Alert
from incidents.operations.counting import count_repeats
from incidents.operations.ledger import Ledger

CHANGED = [
    "count",
    "last_seen",
    "severity",
    "said_severity",
    "status",
    "resolved_at",
    "silent_at",
    "routed_by",
    "tags",
    "suppressed",
    "service",
    "group_key",
    "flaps",
    "incident",
]


def write(ledger: Ledger, later: set[int]) -> None:
    """All but those of `later` (Python's ids), which wait for their incident. Changed rows go first: only one
    of a key may be open.
    """
    repeats = ledger.only_counted
    count_repeats(repeats)
    update(alert for pk, alert in ledger.changed.items() if pk not in repeats)
    insert(one.alert for one in ledger.fresh if id(one.alert) not in later)


def update(alerts: Iterable[Alert]) -> None:
    rows = [alert for alert in alerts if alert.pk is not None and not alert._state.adding]
    if rows:
        Alert.objects.bulk_update(rows, CHANGED, batch_size=500)


def insert(alerts: Iterable[Alert]) -> None:
    rows = [alert for alert in alerts if alert._state.adding]
    if rows:
        Alert.objects.bulk_create(rows, batch_size=500)
