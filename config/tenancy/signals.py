"""What the cellar says upwards. Sent inside the transaction of the operation that causes it.

membership_ended(sender=Membership, membership, actor, now)
    A person has left; sent once per leaving. Whoever keeps shifts, ladders or feeds for people ends or passes
    on that member's. Raising undoes the leaving.

user_deactivated(sender=Membership, membership, actor, now)
    A person's account was switched off; sent once for each of their memberships, inside the scope of its
    tenant. The membership stays, nobody is behind it any more.
"""

from django.dispatch import Signal

membership_ended = Signal()
user_deactivated = Signal()
