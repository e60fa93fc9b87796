from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from incidents.models.incident import Incident
from incidents.models.message import Message


class MailKind(models.TextChoices):
    MESSAGE = "message", _("internal message")
    HELD = "held", _("held until office hours")


class InternalMail(TenantModel):
    """One mail to one member: written with the message that causes it, sent after the commit.

    `retry_at` is when it is due, null once nothing is left to do: sent, or given up (`problem` says why).
    `claims` counts the tries and is committed before the mail server is called. A lease that runs out is
    sent again, under the same Message-ID (made of `uid`).
    """

    uid = UidField()
    kind = models.CharField(_("kind"), max_length=8, choices=MailKind.choices)
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="mails"
    )
    message = models.ForeignKey(
        Message,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="mails",
    )
    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField(_("made"))
    retry_at = models.DateTimeField(_("due"), null=True)
    claims = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True)
    problem = models.CharField(_("problem"), max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_internalmail_uid"),
            models.UniqueConstraint(
                fields=["tenant", "message", "membership"],
                name="incidents_internalmail_once",
                condition=models.Q(message__isnull=False),
            ),
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True) | models.Q(retry_at__isnull=True),
                name="incidents_internalmail_sent_is_not_due",
            ),
            SameTenant("incident", name="incidents_internalmail_incident_same_tenant"),
            SameTenant("message", name="incidents_internalmail_message_same_tenant"),
            SameTenant("membership", name="incidents_internalmail_member_same_tenant"),
        ]
        indexes = [
            models.Index(
                fields=["retry_at"],
                name="incidents_internalmail_due",
                condition=models.Q(retry_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "retry_at"],
                name="incidents_internalmail_fair",
                condition=models.Q(retry_at__isnull=False),
            ),
        ]
        verbose_name = _("internal mail")
        verbose_name_plural = _("internal mails")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.membership}"
