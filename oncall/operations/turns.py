"""The ladder that a policy begins with: its snapshot, and whose turn it is where one is paged in turn."""

from dataclasses import replace

from django.db.models import F

from oncall.ladder import IN_TURN, Ladder
from oncall.models import EscalationPolicy
from oncall.operations.snapshots import pages_in_turn, snapshot_of


def ladder_of(policy: EscalationPolicy) -> Ladder:
    """In the transaction that begins it. Counts the ladder where a step pages in turn: one or two more
    statements then.

    Nobody waits for another's count: where it is being counted right now, this one takes the turn after it.
    Waiting, two incidents that each begin two ladders could wait for each other.
    """
    climbed = snapshot_of(policy)
    if not pages_in_turn(climbed):
        return climbed
    turn = policy.ladders_begun
    own = EscalationPolicy.objects.filter(pk=policy.pk)
    free = own.select_for_update(no_key=True, of=("self",), skip_locked=True).values_list(
        "ladders_begun", flat=True
    )
    if (found := free.first()) is not None:
        turn = found
        # Not what anybody set up: a counter, without a row of history.
        own.update(ladders_begun=F("ladders_begun") + 1)
    else:
        turn = (own.values_list("ladders_begun", flat=True).first() or turn) + 1
    return with_turn(climbed, turn)


def with_turn(ladder: Ladder, turn: int) -> Ladder:
    """The same ladder, `turn` deciding who is paged where it is one in turn."""
    rungs = tuple(replace(r, offset=turn) if r.strategy == IN_TURN else r for r in ladder.rungs)
    return replace(ladder, rungs=rungs)


def turn_of(ladder: Ladder) -> int | None:
    """None where no step pages in turn."""
    return next((rung.offset for rung in ladder.rungs if rung.strategy == IN_TURN), None)
