from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant
from config.tenancy.models import TenantModel
from incidents.models.source import AlertSource


class SourceMinute(TenantModel):
    """How many events of a source were received within a minute, UTC; how many of them over a limit.

    Written when they are worked, kept for two days. Limits, the sparkline and the storm guard read it.
    """

    source = models.ForeignKey(
        AlertSource, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    minute = models.DateTimeField(_("minute"))
    events = models.PositiveIntegerField(_("events"), default=0)
    over = models.PositiveIntegerField(_("over the limit"), default=0)

    class Meta:
        constraints = [
            SameTenant("source", name="incidents_sourceminute_source_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "source", "minute"], name="incidents_sourceminute_one"),
        ]
        indexes = [models.Index(fields=["minute"], name="incidents_sourceminute_old")]
        ordering = ["minute"]
        verbose_name = _("events of a minute")
        verbose_name_plural = _("events of minutes")

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} {self.events}"
