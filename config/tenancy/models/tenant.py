from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.models.base import TenantModel
from config.tenancy.validators import valid_time_zone

slug_shape = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$",
    _("Use 1 to 40 lower-case letters, digits and hyphens, beginning and ending with a letter or digit."),
)


class Tenant(models.Model):
    """One organisation. Not row-secured itself: it is found by slug before anything is bound."""

    slug = models.CharField(_("short name"), max_length=40, unique=True, validators=[slug_shape])
    name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[valid_time_zone])
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    created_at = models.DateTimeField(_("created"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    history = audited()

    class Meta:
        ordering = ["slug"]
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class TenantSettings(TenantModel):
    """The tenant's own choices. One row per tenant, made with it."""

    video_url_template = models.CharField(
        _("video meeting address"),
        max_length=300,
        blank=True,
        help_text=_("The usual room of an incident. {key} becomes inc-42: https://meet.example.org/{key}"),
    )
    chat_url_template = models.CharField(_("chat room address"), max_length=300, blank=True)
    history = audited()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="tenancy_tenantsettings_one_per_tenant")
        ]
        verbose_name = verbose_name_plural = _("settings")

    def __str__(self) -> str:
        return str(_("Settings"))
