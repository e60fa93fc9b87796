from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import TenantModel


class Response(models.TextChoices):
    PAGE = "page", _("page at once, day and night")
    OFFICE_HOURS = "office_hours", _("in office hours")


class Severity(TenantModel):
    """One step of the tenant's scale (R14 to R20). Rank 1 is the worst. Its history: the scale's versions."""

    uid = UidField()
    rank = models.PositiveSmallIntegerField(_("rank"))
    word = models.CharField(_("word"), max_length=12, help_text=_("What people say: SEV1."))
    name = models.CharField(_("name"), max_length=40)
    description = models.CharField(_("description"), max_length=300)
    examples = models.TextField(_("examples"), blank=True, help_text=_("One a line."))
    response = models.CharField(_("response"), max_length=12, choices=Response.choices, default=Response.PAGE)
    update_minutes = models.PositiveIntegerField(
        _("minutes between updates"),
        null=True,
        blank=True,
        help_text=_("Empty: the next office day at 12:00."),
    )
    # RoleCode values: roles that are called by themselves once an incident of this severity is real.
    called_roles = models.JSONField(_("roles it calls"), default=list, blank=True)
    postmortem_required = models.BooleanField(_("a postmortem is required"), default=False)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_severity_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_severity_uid"),
            models.UniqueConstraint(fields=["tenant", "rank"], name="incidents_severity_rank"),
        ]
        ordering = ["rank"]
        verbose_name = _("severity")
        verbose_name_plural = _("severity scale")

    def __str__(self) -> str:
        return self.word

    @property
    def roles_called(self) -> tuple[str, ...]:
        """RoleCode values. An empty list means that this severity calls no role."""
        return tuple(self.called_roles)

    @property
    def pages(self) -> bool:
        return self.response == Response.PAGE
