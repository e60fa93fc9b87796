from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant
from config.tenancy.fields import row_of
from config.tenancy.models import Membership, TenantModel
from incidents.models.incident import Incident


class CircleMember(TenantModel):
    """Added by name to the circle of a private incident, with who did it and why. Never taken out again.

    `break_glass`: an owner let himself in, with a reason, before the eyes of the circle.
    """

    append_only = True

    incident = row_of(Incident, related_name="circle_members")
    membership = row_of(Membership)
    break_glass = models.BooleanField(default=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    added_at = models.DateTimeField(_("added"))
    added_by_label = models.CharField(_("added by"), max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "incident", "membership"], name="incidents_circlemember_once"
            ),
            SameTenant("incident", name="incidents_circlemember_incident_same_tenant"),
            SameTenant("membership", name="incidents_circlemember_member_same_tenant"),
        ]
        verbose_name = _("member of the circle")
        verbose_name_plural = _("members of the circle")

    def __str__(self) -> str:
        return str(self.membership)
