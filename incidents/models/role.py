from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from incidents.models.incident import Incident


class RoleCode(models.TextChoices):
    MANAGER = "manager", _("incident manager")
    TECH_LEAD = "tech_lead", _("technical lead")
    COMMS = "comms", _("communications manager")
    OTHER = "other", _("other")


class IncidentRole(TenantModel):
    """A role in an incident (R32 to R38), its duties, and whom to call for it."""

    uid = UidField()
    code = models.CharField(_("kind"), max_length=10, choices=RoleCode.choices, default=RoleCode.OTHER)
    name = models.CharField(_("name"), max_length=60)
    duties = models.TextField(_("duties"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    policy = models.ForeignKey(
        "oncall.EscalationPolicy",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("who is called for it"),
    )
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_incidentrole_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_incidentrole_uid"),
            models.UniqueConstraint(fields=["tenant", "name"], name="incidents_incidentrole_name"),
            models.UniqueConstraint(
                fields=["tenant", "code"],
                name="incidents_incidentrole_code",
                condition=~models.Q(code="other"),
            ),
            SameTenant("policy", name="incidents_incidentrole_policy_same_tenant"),
        ]
        ordering = ["position", "id"]
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.name


class RoleAssignment(TenantModel):
    """Who has a role, from when to when. At most one current manager an incident, held by the database (R35).

    `by_record`: nobody gave it; the first to acknowledge is manager until a handover.
    """

    incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="role_assignments",
    )
    role = models.ForeignKey(
        IncidentRole, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    is_manager = models.BooleanField(default=False)
    by_record = models.BooleanField(default=False)
    given_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    given_at = models.DateTimeField(_("given"))
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    history = audited()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "incident"],
                name="incidents_roleassignment_one_manager",
                condition=models.Q(is_manager=True, ended_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["tenant", "incident", "role", "membership"],
                name="incidents_roleassignment_once",
                condition=models.Q(ended_at__isnull=True),
            ),
            SameTenant("incident", name="incidents_roleassignment_incident_same_tenant"),
            SameTenant("role", name="incidents_roleassignment_role_same_tenant"),
            SameTenant("membership", name="incidents_roleassignment_member_same_tenant"),
            SameTenant("given_by", name="incidents_roleassignment_giver_same_tenant"),
        ]
        indexes = [
            models.Index(fields=["tenant", "incident"], name="incidents_role_of_incident"),
            models.Index(fields=["tenant", "membership", "incident"], name="incidents_role_of_member"),
        ]
        verbose_name = _("role given")
        verbose_name_plural = _("roles given")

    def __str__(self) -> str:
        return f"{self.membership}: {self.role}"
