from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant
from config.tenancy.fields import row_of
from config.tenancy.models import TenantModel
from incidents.models.incident import Incident


class ChatMirror(TenantModel):
    """What a chat vendor was last told of one incident. Only where there is a vendor (incidents.chat).

    `due_at` is when it is told again, null while nothing changed. `claims` counts tries since the last
    success. Chat is a mirror, never the record (N7): this row may be lost.
    """

    incident = row_of(Incident)
    # What names its room at the vendor's, once it is open.
    room = models.CharField(max_length=200, blank=True)
    topic = models.CharField(_("topic"), max_length=300, blank=True)
    # {membership id: the status set for this incident's managers}
    statuses = models.JSONField(default=dict)
    due_at = models.DateTimeField(null=True)
    claims = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "incident"], name="incidents_chatmirror_once"),
            SameTenant("incident", name="incidents_chatmirror_incident_same_tenant"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="incidents_chatmirror_due",
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "due_at", "id"],
                name="incidents_chatmirror_fair",
                condition=models.Q(due_at__isnull=False),
            ),
        ]
        verbose_name = _("chat mirror")
        verbose_name_plural = _("chat mirrors")

    def __str__(self) -> str:
        return self.topic
