from django.db import models

from config.tenancy.constraints import SameTenant
from config.tenancy.models import Membership, TenantModel


class Once(TenantModel):
    """A form that was sent and worked, by its hidden token: sent a second time it does nothing.

    Written in the transaction of the deed, so that a refused deed can be sent again. Nothing points here;
    rows older than a day are of no use.
    """

    token = models.CharField(max_length=40)
    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    done_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "token"], name="incidents_once_token"),
            SameTenant("membership", name="incidents_once_membership_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "done_at"], name="incidents_once_old")]

    def __str__(self) -> str:
        return self.token
