from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.models import TenantModel


class ScaleVersion(TenantModel):
    """The severity scale as it stood from one moment on (R20). Written on each change; never changed itself.

    `steps`: [{rank, word, name, description, examples, response, update_minutes}], worst first.
    """

    append_only = True

    number = models.PositiveIntegerField(_("version"))
    steps = models.JSONField(_("steps"), default=list)
    published_at = models.DateTimeField(_("since"))
    actor_label = models.CharField(_("who"), max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="incidents_scaleversion_number")
        ]
        ordering = ["-number"]
        verbose_name = _("version of the scale")
        verbose_name_plural = _("versions of the scale")

    def __str__(self) -> str:
        return str(self.number)
