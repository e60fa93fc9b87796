from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from oncall.models.contact import ContactMethod, Method
from oncall.models.notification import NotificationState


class PersonalKind(models.TextChoices):
    VERIFY = "verify", _("code that proves an address")
    NOTICE = "notice", _("notice")
    DIGEST = "digest", _("what waited for the end of the quiet hours")


class PersonalMessage(TenantModel):
    """Something to tell one person that belongs to no ladder, however many attempts it takes.

    `retry_at` as with Notification. `contact` null: e-mail to the person's own address. `why` holds words and
    ids for oncall.senders.words, never a secret.
    """

    uid = UidField()
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    contact = models.ForeignKey(
        ContactMethod,
        on_delete=models.CASCADE,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("contact method"),
    )
    method = models.CharField(_("method"), max_length=7, choices=Method.choices, default=Method.EMAIL)
    kind = models.CharField(_("what"), max_length=7, choices=PersonalKind.choices)
    why = models.JSONField(default=dict)
    state = models.CharField(
        _("state"), max_length=8, choices=NotificationState.choices, default=NotificationState.PENDING
    )
    created_at = models.DateTimeField(_("made"))
    retry_at = models.DateTimeField(_("tried at"), null=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            tenant_key("oncall_personalmessage_tenant_key"),
            SameTenant("membership", name="oncall_personalmessage_membership_same_tenant"),
            SameTenant("contact", name="oncall_personalmessage_contact_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_personalmessage_uid"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "sending", "failed"])
                | models.Q(retry_at__isnull=True),
                name="oncall_personalmessage_done_is_not_due",
            ),
        ]
        indexes = [
            models.Index(
                fields=["retry_at"], name="oncall_personal_due", condition=models.Q(retry_at__isnull=False)
            ),
            models.Index(
                fields=["tenant", "retry_at", "id"],
                name="oncall_personal_fair",
                condition=models.Q(retry_at__isnull=False),
            ),
            models.Index(fields=["tenant", "membership", "kind"], name="oncall_personal_to"),
        ]
        ordering = ["-id"]
        verbose_name = _("personal message")
        verbose_name_plural = _("personal messages")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.membership}"
