"""What the pager does when something happens below it."""

from datetime import datetime

from django.dispatch import receiver

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from config.tenancy.signals import membership_ended
from oncall.operations.leaving import let_go


@receiver(membership_ended, sender=Membership, dispatch_uid="oncall.leaving")
def stop_paging(membership: Membership, actor: Actor, now: datetime, **kwargs: object) -> None:
    let_go(membership=membership, actor=actor, now=now)
