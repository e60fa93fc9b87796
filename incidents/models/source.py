from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.actors import Actor
from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import EncryptedTextField, UidField
from config.tenancy.models import TenantModel
from incidents.models.service import Service


class AlertSource(TenantModel):
    """A monitor that may post alerts. Its key is found by hash in Door; people see the encrypted copy."""

    uid = UidField()
    name = models.CharField(_("name"), max_length=80)
    service = models.ForeignKey(
        Service,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("service"),
        help_text=_("Empty: alerts page by the tenant's default policy."),
    )
    key = EncryptedTextField(_("key"), editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    # Written without a history row, at most once a minute.
    last_event_at = models.DateTimeField(_("last event"), null=True, blank=True, editable=False)
    history = audited(excluded=("key", "last_event_at"))

    class Meta:
        constraints = [
            tenant_key("incidents_alertsource_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_alertsource_uid"),
            models.UniqueConstraint(fields=["tenant", "name"], name="incidents_alertsource_name"),
            SameTenant("service", name="incidents_alertsource_service_same_tenant"),
        ]
        ordering = ["name"]
        verbose_name = _("alert source")
        verbose_name_plural = _("alert sources")

    def __str__(self) -> str:
        return self.name

    def as_actor(self) -> Actor:
        return Actor.monitor(self.pk, self.name)
