from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.models import TenantModel


class Morning(TenantModel):
    """When this tenant's next morning mail is due. One row a tenant; `day` is the last one told of."""

    next_at = models.DateTimeField(_("next"), null=True)
    day = models.DateField(_("day"), null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="incidents_morning_one")]
        indexes = [
            models.Index(
                fields=["next_at"], name="incidents_morning_due", condition=models.Q(next_at__isnull=False)
            )
        ]
        verbose_name = _("morning mail")
        verbose_name_plural = _("morning mails")

    def __str__(self) -> str:
        return str(self.day or "")
