from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import tenant_key
from config.tenancy.fields import EncryptedTextField, UidField
from config.tenancy.models import TenantModel
from oncall.models.contact import Method, new_webhook_secret


class ChannelKind(models.TextChoices):
    SLACK = Method.SLACK.value, _("Slack")
    TEAMS = Method.TEAMS.value, _("Teams")
    WEBHOOK = Method.WEBHOOK.value, _("webhook")


class SharedChannel(TenantModel):
    """A chat channel or webhook that belongs to no person, as the target of a step. It wakes nobody: a ladder
    with nothing else calls its last resort as well. The address is encrypted at rest.
    """

    uid = UidField()
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=7, choices=ChannelKind.choices, default=ChannelKind.SLACK)
    address = EncryptedTextField(_("address"), help_text=_("The https://… address of its incoming webhook."))
    # Signs what goes to a webhook; unused for chats.
    secret = EncryptedTextField(_("signing secret"), default=new_webhook_secret, editable=False)
    disabled_at = models.DateTimeField(_("disabled"), null=True, blank=True)
    disabled_reason = models.CharField(_("why it is off"), max_length=200, blank=True)
    history = audited(excluded=("address", "secret"))

    class Meta:
        constraints = [
            tenant_key("oncall_sharedchannel_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_sharedchannel_uid"),
            models.UniqueConstraint(fields=["tenant", "name"], name="oncall_sharedchannel_name"),
            models.CheckConstraint(
                condition=models.Q(kind__in=ChannelKind.values), name="oncall_sharedchannel_kind"
            ),
        ]
        ordering = ["name"]
        verbose_name = _("shared channel")
        verbose_name_plural = _("shared channels")

    def __str__(self) -> str:
        return self.name

    @property
    def hint(self) -> str:
        """The host of the address, which itself is a secret."""
        return urlsplit(self.address).hostname or ""

    def clean(self) -> None:
        try:
            URLValidator(schemes=["http", "https"])(self.address)
        except ValidationError as error:
            raise ValidationError({"address": error.messages}) from error
