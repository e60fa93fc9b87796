"""What an operation raises when the facts forbid it: 409 in the API, said in place on a screen. Pure."""

from collections.abc import Sequence

from config.tenancy.conflicts import Conflict
from incidents.phases import Missing


class PhaseRefused(Conflict):
    """The HARD facts of a phase are not there. `missing` says which; `fields` carries their words by code."""

    code = "phase_refused"

    def __init__(self, phase: str, missing: Sequence[Missing], message: object = "") -> None:
        words = message or " ".join(str(lacking.words) for lacking in missing)
        super().__init__(words, fields={lacking.code: [lacking.words] for lacking in missing})
        self.phase = phase
        self.missing = tuple(missing)


class Busy(Conflict):
    """Others changed what belongs to this incident faster than it could be locked. Trying again helps."""

    code = "busy"
