"""A person's own account: name, zone and language."""

from datetime import datetime

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import User


def change_account(*, user: User, actor: Actor, now: datetime) -> User:
    """Saves `user`, changed and validated by the caller's form: one's own, as the edge makes sure."""
    with acting(actor, now=now, reason="own account"):
        user.save()
    return user
