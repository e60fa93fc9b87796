"""What a new tenant's pager begins with."""

from datetime import datetime

from config.tenancy.actors import Actor
from config.tenancy.models import Membership, Team
from oncall.models import EscalationPolicy


def create_default_oncall(
    *, owner: Membership, team: Team | None, actor: Actor, now: datetime
) -> EscalationPolicy:
    """A schedule "On call" (weekly, the owner, in the team's zone), the owner's e-mail as a verified
    contact with rules for both urgencies, and the policy "Default": the schedule, 5 minutes later the
    owner, 3 repeats.

    The policy is the tenant's default. Needs oncall.setup. A second call raises IntegrityError.
    """
    raise NotImplementedError
