from django.db import models
from django.utils.translation import gettext_lazy as _


class KeptMail(models.Model):
    """A mail that was not sent, since no EMAIL_URL is set. For platform staff only: it may hold reset links."""

    to = models.CharField(_("to"), max_length=500)
    subject = models.CharField(_("subject"), max_length=500)
    body = models.TextField(_("text"))
    headers = models.TextField(_("headers"), blank=True)
    kept_at = models.DateTimeField(_("kept at"))

    class Meta:
        ordering = ["-id"]
        verbose_name = _("mail not sent")
        verbose_name_plural = _("mails not sent")

    def __str__(self) -> str:
        return self.subject
