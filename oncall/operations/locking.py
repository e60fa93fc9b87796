"""The one door to a running ladder's row. See README, "Lock order"."""

from collections.abc import Iterable

from oncall.models import Escalation


def lock_escalation(pk: int) -> Escalation:
    """The escalation, read afresh and locked to the end of the transaction. One query.

    Raises Escalation.DoesNotExist for a missing one, and for another tenant's. Locking it again is free.
    """
    found: Escalation = Escalation.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    return found


def lock_escalations(pks: Iterable[int]) -> list[Escalation]:
    """Those that exist, locked in order of id. One query. For callers that hold several (incidents)."""
    rows = Escalation.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=list(pks))
    return list(rows.order_by("pk"))
