from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.fields import UidField
from config.tenancy.models import TenantModel
from incidents.models.message import Audience, MessageKind


class MessageTemplate(TenantModel):
    """The tenant's own words for a message; where there is none, those of incidents.words are used.

    Logic-less: `{key}` and its like are filled in (incidents.wording names them), nothing else is read.
    """

    uid = UidField()
    audience = models.CharField(_("audience"), max_length=8, choices=Audience.choices)
    kind = models.CharField(_("kind"), max_length=6, choices=MessageKind.choices)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    # Final words to customers come in two variants (R44).
    postmortem = models.BooleanField(_("promises a postmortem"), default=True)
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"), max_length=5000)
    history = audited()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_messagetemplate_uid"),
            models.UniqueConstraint(
                fields=["tenant", "audience", "kind", "language", "postmortem"],
                name="incidents_messagetemplate_one",
            ),
        ]
        ordering = ["audience", "kind", "language", "-postmortem"]
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")

    def __str__(self) -> str:
        return self.title
