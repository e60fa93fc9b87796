"""What goes up from the pager. Sent inside the transaction, with the escalation locked; receivers may only
lock what comes after escalations in the lock order (README). A receiver that raises undoes the deed.

escalation_acknowledged(sender=Escalation, escalation, membership, actor, now)
    someone has it. Sent once per acknowledgement: not for the second tap, again after an undo.
escalation_changed(sender=Escalation, escalation, kind, detail, actor, now)
    what else was done to it, of the kinds in TOLD: passed on, given to others, snoozed, "still on it", the
    acknowledgement ran out. `kind` and `detail` are those of its event.
escalation_exhausted(sender=Escalation, escalation, now)
    the ladder ended and nobody answered. The tenant's owners get a mail from oncall itself.
"""

from django.dispatch import Signal

escalation_acknowledged = Signal()
escalation_changed = Signal()
escalation_exhausted = Signal()
