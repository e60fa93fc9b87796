from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.tenancy.fields import EncryptedTextField


class KeptMail(models.Model):
    """A mail that was not sent, since no EMAIL_URL is set. For platform staff only: it may hold reset
    links.
    """

    to = models.CharField(pgettext_lazy("of a mail", "to"), max_length=500)
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


class OutgoingMail(models.Model):
    """A mail about signing in (invitation, new password) that waits to be sent: the row is the queue.

    No mail of a tenant's incidents stands here; those are the pager's and the status page's own. Its text
    holds a link that signs in, so it is encrypted and emptied once nothing is left to send.
    """

    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=300)
    body = EncryptedTextField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], name="tenancy_outgoingmail_due", condition=models.Q(due_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.subject
