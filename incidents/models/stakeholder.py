from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField, row_of
from config.tenancy.models import TenantModel
from incidents.models.service import Service


class Stakeholder(TenantModel):
    """Somebody without an account who gets internal messages by mail: of one service, or (none named) all."""

    uid = UidField()
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"))
    service = row_of(Service, null=True, verbose_name=_("service"))
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_stakeholder_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_stakeholder_uid"),
            models.UniqueConstraint(
                fields=["tenant", "email", "service"],
                name="incidents_stakeholder_once",
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            ),
            SameTenant("service", name="incidents_stakeholder_service_same_tenant"),
        ]
        ordering = ["name", "id"]
        verbose_name = _("stakeholder")
        verbose_name_plural = _("stakeholders")

    def __str__(self) -> str:
        return self.name
