"""Whether somebody has an incident at this moment."""

from incidents.models import Call, Incident
from incidents.models.call import FIRST_CALLS
from oncall.models import EscalationState
from oncall.operations.answers import answered_ids


def somebody_has_it(incident: Incident) -> bool:
    """`acknowledged_at` says that somebody had it once: an acknowledgement runs out, and is given away.

    So its ladders decide, where it has any: one that is acknowledged, or that one of several has answered.
    Two queries, none where nobody ever had it.
    """
    if incident.acknowledged_at is None:
        return False
    calls = list(Call.objects.filter(incident=incident).select_related("escalation"))
    if any(call.escalation.state == EscalationState.ACKNOWLEDGED for call in calls):
        return True
    return not any(call.kind in FIRST_CALLS and _waits(call) for call in calls)


def _waits(call: Call) -> bool:
    """Its ladder pages, or will again. Who has it may have snoozed it."""
    ladder = call.escalation
    if ladder.state == EscalationState.SNOOZED:
        return call.answered_at is None
    return ladder.is_unanswered and not answered_ids(ladder)
