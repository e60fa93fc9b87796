from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant
from config.tenancy.models import TenantModel
from incidents.models.incident import Incident
from incidents.models.severity import Severity


class SeverityChange(TenantModel):
    """From when to when an incident had a severity. The intervals of one incident touch and never overlap."""

    incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="severity_changes",
    )
    severity = models.ForeignKey(
        Severity, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    provisional = models.BooleanField(default=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    # The version of the scale that was shown when it was chosen (R20).
    scale_version = models.PositiveIntegerField(_("version of the scale"), null=True)
    begins_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True)
    actor_label = models.CharField(_("who"), max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "incident"],
                name="incidents_severitychange_one_current",
                condition=models.Q(ends_at__isnull=True),
            ),
            SameTenant("incident", name="incidents_severitychange_incident_same_tenant"),
            SameTenant("severity", name="incidents_severitychange_severity_same_tenant"),
        ]
        indexes = [
            models.Index(fields=["tenant", "incident", "begins_at"], name="incidents_severitychange_order")
        ]

    def __str__(self) -> str:
        return f"{self.severity} {self.begins_at:%H:%M}"
