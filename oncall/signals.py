"""What goes up from the pager. Sent inside the transaction, with the escalation locked; receivers may only
lock what comes after escalations in the lock order (README). A receiver that raises undoes the deed.

escalation_acknowledged(sender=Escalation, escalation, membership, actor, now)
    someone has it. Sent once per acknowledgement: not for the second tap, again after an undo.
escalation_exhausted(sender=Escalation, escalation, now)
    the ladder ended and nobody answered. The tenant's owners get a mail from oncall itself.
"""

from django.dispatch import Signal

escalation_acknowledged = Signal()
escalation_exhausted = Signal()
