"""What the Resolve sheet says before it asks: what it came to, and what is still open."""

from dataclasses import dataclass
from datetime import datetime

from config.tenancy.models import Membership
from incidents.facts.outcome import outcome_of
from incidents.known import Facts, Phase
from incidents.models import Incident
from incidents.outcome import Outcome
from incidents.phases import Missing, soft_missing
from incidents.times import duration_words


@dataclass(frozen=True)
class Resolving:
    outcome: Outcome
    lasted: str
    open_ends: tuple[Missing, ...]
    asks_cause: bool
    promises: bool


def read(incident: Incident, facts: Facts, membership: Membership, now: datetime) -> Resolving | None:
    """Two statements; none where it is over. The impact counts until now while nobody has said it is over."""
    if not facts.is_open:
        return None
    outcome = outcome_of(incident, facts)
    began = incident.started_at or incident.declared_at
    # The final messages and the cause have questions of their own in the sheet.
    asked = {"cause", "final_internal", "final_external"}
    return Resolving(
        outcome=outcome,
        lasted=duration_words(outcome.lasted if outcome.lasted is not None else now - began),
        open_ends=tuple(one for one in soft_missing(Phase.RESOLVED, facts) if one.code not in asked),
        asks_cause=not facts.theories_proven and not facts.cause_unknown,
        promises=facts.postmortem != "waived",
    )
