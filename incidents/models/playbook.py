"""What should not be forgotten: one list a severity, and one for what touches security, with its clocks."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField, row_of
from config.tenancy.models import Membership, TenantModel
from incidents.models.incident import Incident
from incidents.models.severity import Severity


class PlaybookStep(TenantModel):
    """One step. For a severity, or (`for_security`) for whatever may be a breach.

    `within_minutes` is a clock that starts when the incident was declared (72 hours to the authority).
    """

    uid = UidField()
    severity = row_of(Severity, null=True, verbose_name=_("severity"))
    for_security = models.BooleanField(_("for security"), default=False)
    text = models.CharField(_("what to do"), max_length=300)
    within_minutes = models.PositiveIntegerField(_("within minutes"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_playbookstep_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_playbookstep_uid"),
            models.CheckConstraint(
                condition=Q(for_security=True, severity__isnull=True)
                | Q(for_security=False, severity__isnull=False),
                name="incidents_playbookstep_severity_or_security",
            ),
            SameTenant("severity", name="incidents_playbookstep_severity_same_tenant"),
        ]
        ordering = ["for_security", "severity__rank", "position", "id"]
        verbose_name = _("playbook step")
        verbose_name_plural = _("playbook")

    def __str__(self) -> str:
        return self.text


class PlaybookTick(TenantModel):
    """One step, done in one incident."""

    incident = row_of(Incident, related_name="playbook_ticks")
    step = row_of(PlaybookStep)
    ticked_at = models.DateTimeField(_("done"))
    ticked_by = row_of(Membership, null=True)
    ticked_by_label = models.CharField(_("done by"), max_length=200)
    undone_at = models.DateTimeField(_("undone"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "incident", "step"],
                name="incidents_playbooktick_once",
                condition=Q(undone_at__isnull=True),
            ),
            SameTenant("incident", name="incidents_playbooktick_incident_same_tenant"),
            SameTenant("step", name="incidents_playbooktick_step_same_tenant"),
            SameTenant("ticked_by", name="incidents_playbooktick_ticker_same_tenant"),
        ]
        verbose_name = _("playbook step done")
        verbose_name_plural = _("playbook steps done")

    def __str__(self) -> str:
        return f"{self.step} {self.ticked_by_label}"
