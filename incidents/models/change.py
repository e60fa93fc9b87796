from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import TenantModel
from incidents.models.service import Service
from incidents.models.source import AlertSource


class Change(TenantModel):
    """Something was deployed or configured (PagerDuty's change events). Pages nobody: it is read beside what
    broke soon after. Copied words; the raw event is kept for as long as others.
    """

    uid = UidField()
    source = models.ForeignKey(
        AlertSource,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("source"),
    )
    service = models.ForeignKey(
        Service,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("service"),
    )
    summary = models.CharField(_("summary"), max_length=1024)
    origin = models.CharField(_("from"), max_length=300, blank=True)
    changed_at = models.DateTimeField(_("changed"))
    received_at = models.DateTimeField(_("received"))
    # [{"href": …, "text": …}]: http and https only.
    links = models.JSONField(_("links"), default=list)
    details = models.JSONField(_("details"), default=dict)

    class Meta:
        constraints = [
            tenant_key("incidents_change_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_change_uid"),
            SameTenant("source", name="incidents_change_source_same_tenant"),
            SameTenant("service", name="incidents_change_service_same_tenant"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-changed_at"], name="incidents_change_recent"),
            models.Index(fields=["received_at"], name="incidents_change_old"),
        ]
        ordering = ["-changed_at"]
        verbose_name = _("change")
        verbose_name_plural = _("changes")

    def __str__(self) -> str:
        return self.summary
