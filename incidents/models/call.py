from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from incidents.models.incident import Incident


class CallKind(models.TextChoices):
    SERVICE = "service", _("service")
    DEFAULT = "default", _("default policy")
    ROLE = "role", _("role")
    TEAM = "team", _("team")
    PERSON = "person", _("person")


class Call(TenantModel):
    """One call-in of an incident: a ladder of its own with its own answer (DESIGN, "A ladder belongs to a call")."""

    uid = UidField()
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="calls"
    )
    escalation = models.ForeignKey(
        "oncall.Escalation", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=CallKind.choices)
    label = models.CharField(_("who is called"), max_length=120)
    made_at = models.DateTimeField(_("made"))
    made_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_call_uid"),
            models.UniqueConstraint(fields=["tenant", "escalation"], name="incidents_call_escalation"),
            SameTenant("incident", name="incidents_call_incident_same_tenant"),
            SameTenant("escalation", name="incidents_call_escalation_same_tenant"),
            SameTenant("made_by", name="incidents_call_maker_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "incident"], name="incidents_call_incident")]
        verbose_name = _("call")
        verbose_name_plural = _("calls")

    def __str__(self) -> str:
        return self.label
