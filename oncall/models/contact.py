import base64
import secrets
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator, validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import EncryptedTextField, UidField
from config.tenancy.models import Membership, TenantModel


class Method(models.TextChoices):
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("SMS")
    VOICE = "voice", _("phone call")
    PUSH = "push", _("push (ntfy)")
    SLACK = "slack", _("Slack")
    TEAMS = "teams", _("Teams")
    WEBHOOK = "webhook", _("webhook")


# Addresses of these are phone numbers in international form: +31612345678.
BY_PHONE = (Method.SMS, Method.VOICE)


class Urgency(models.TextChoices):
    HIGH = "high", _("high")
    LOW = "low", _("low")


def new_webhook_secret() -> str:
    """In the form of the Standard Webhooks: `whsec_` and 24 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


phone_number = RegexValidator(
    r"^\+[1-9][0-9]{6,14}\Z", _("Write the number with its country: +31612345678, without spaces.")
)
ntfy_topic = RegexValidator(r"^[A-Za-z0-9_-]{1,64}\Z", _("A topic is letters, digits, - and _, at most 64."))


def check_address(kind: str, address: str) -> None:
    """Raises ValidationError where such a method cannot have such an address. A push address is a topic of
    the operator's ntfy server, or https://server/topic.
    """
    if kind == Method.EMAIL:
        validate_email(address)
    elif kind in BY_PHONE:
        phone_number(address)
    elif kind == Method.PUSH and "/" not in address:
        ntfy_topic(address)
    else:
        URLValidator(schemes=["http", "https"])(address)


class ContactMethod(TenantModel):
    """One way to reach a person. Used once verified, until disabled. The address is encrypted at rest."""

    uid = UidField()
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    kind = models.CharField(_("kind"), max_length=7, choices=Method.choices, default=Method.EMAIL)
    address = EncryptedTextField(
        _("address"),
        help_text=_("An e-mail address, a phone number (+31612345678), a topic, or https://… of a webhook."),
    )
    # Signs what goes to a webhook; unused for e-mail.
    secret = EncryptedTextField(_("signing secret"), default=new_webhook_secret, editable=False)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    disabled_at = models.DateTimeField(_("disabled"), null=True, blank=True)
    disabled_reason = models.CharField(_("why it is off"), max_length=200, blank=True)
    # The code that proves the address is derived from this moment (operations.verifying), never stored.
    code_sent_at = models.DateTimeField(null=True, editable=False)
    code_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    history = audited(excluded=("address", "secret", "code_sent_at", "code_tries"))

    class Meta:
        constraints = [
            tenant_key("oncall_contactmethod_tenant_key"),
            SameTenant("membership", name="oncall_contactmethod_membership_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_contactmethod_uid"),
            models.CheckConstraint(
                condition=models.Q(kind__in=Method.values), name="oncall_contactmethod_kind"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "membership"], name="oncall_contactmethod_of")]
        ordering = ["id"]
        verbose_name = _("contact method")
        verbose_name_plural = _("contact methods")

    def __str__(self) -> str:
        return f"{self.membership}: {self.get_kind_display()} {self.hint}"

    @property
    def hint(self) -> str:
        """Enough of the address to tell it from the others: b…@acme.test, or the host of a webhook."""
        if self.kind == Method.EMAIL:
            name, _at, host = self.address.partition("@")
            return f"{name[:1]}…@{host}"
        if self.kind in BY_PHONE:
            return f"{self.address[:3]}…{self.address[-2:]}"
        return urlsplit(self.address).hostname or ""

    @property
    def is_usable(self) -> bool:
        # Empty: the key it was encrypted with is gone.
        return self.verified_at is not None and self.disabled_at is None and bool(self.address)

    def clean(self) -> None:
        try:
            check_address(self.kind, self.address)
        except ValidationError as error:
            raise ValidationError({"address": error.messages}) from error


class NotificationRule(TenantModel):
    """How a person wants to be paged at an urgency: this contact, so many minutes after the step fired."""

    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    urgency = models.CharField(_("urgency"), max_length=4, choices=Urgency.choices, default=Urgency.HIGH)
    contact = models.ForeignKey(
        ContactMethod,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="rules",
        verbose_name=_("contact method"),
    )
    delay_minutes = models.PositiveSmallIntegerField(_("after minutes"), default=0)
    history = audited()

    class Meta:
        constraints = [
            SameTenant("membership", name="oncall_notificationrule_membership_same_tenant"),
            SameTenant("contact", name="oncall_notificationrule_contact_same_tenant"),
            models.UniqueConstraint(
                fields=["tenant", "membership", "urgency", "contact", "delay_minutes"],
                name="oncall_notificationrule_once",
            ),
            models.CheckConstraint(
                condition=models.Q(delay_minutes__lte=9000), name="oncall_notificationrule_delay"
            ),
        ]
        ordering = ["urgency", "delay_minutes", "id"]
        verbose_name = _("notification rule")
        verbose_name_plural = _("notification rules")

    def __str__(self) -> str:
        return f"{self.get_urgency_display()} +{self.delay_minutes}"

    def clean(self) -> None:
        if self.contact_id and self.membership_id and self.contact.membership_id != self.membership_id:
            raise ValidationError({"contact": _("This contact method belongs to somebody else.")})
