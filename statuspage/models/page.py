from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.tenancy import links
from config.tenancy.audit import audited
from config.tenancy.constraints import tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models.base import TenantModel
from config.tenancy.validators import valid_time_zone
from statuspage.states import PageKind

SLUG = r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"
# `/t/<tenant>/status/internal/` is the first internal page, whatever its slug.
RESERVED = frozenset({"internal"})
slug_shape = RegexValidator(
    SLUG,
    _("Use 1 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit."),
)


def slug_free(value: str) -> None:
    if value in RESERVED:
        raise ValidationError(_("This address is taken. Choose another."))


class StatusPage(TenantModel):
    """A page of notices and components, published as files (statuspage.publishing).

    `slug` is unique over all tenants, being the page's address. Slug and kind are chosen once: no page that
    was public can then be found half-internal on disk. `version` goes up with every change of what is
    shown; `render_due_at` says when to render next, by a change or by time alone, and is the queue.
    """

    uid = UidField()
    slug = models.CharField(_("address"), max_length=63, validators=[slug_shape, slug_free])
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=8, choices=PageKind.choices, default=PageKind.PUBLIC)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[valid_time_zone])
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    # Besides `language`: words for this page are written in these as well (N8).
    more_languages = models.JSONField(_("further languages"), default=list, blank=True)
    created_at = models.DateTimeField(_("created"), editable=False)
    updated_at = models.DateTimeField(_("changed"), editable=False)
    version = models.BigIntegerField(default=1, editable=False)
    rendered_version = models.BigIntegerField(default=0, editable=False)
    rendered_at = models.DateTimeField(_("published"), null=True, editable=False)
    render_due_at = models.DateTimeField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    lease_token = models.BigIntegerField(null=True, editable=False)
    # The columns of the queue are written by update(), many times a day, without a history row.
    history = audited(
        excluded=(
            "updated_at",
            "version",
            "rendered_version",
            "rendered_at",
            "render_due_at",
            "lease_until",
            "lease_token",
        )
    )

    class Meta:
        constraints = [
            tenant_key("statuspage_statuspage_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="statuspage_statuspage_uid"),
            # Over all tenants, on purpose: the slug is a public address.
            models.UniqueConstraint(
                fields=["slug"],
                name="statuspage_statuspage_slug",
                violation_error_message=_("This address is taken. Choose another."),
            ),
            models.CheckConstraint(
                condition=Q(slug__regex=SLUG) & ~Q(slug__in=sorted(RESERVED)),
                name="statuspage_statuspage_slug_shape",
            ),
            models.CheckConstraint(condition=Q(kind__in=PageKind.values), name="statuspage_statuspage_kind"),
        ]
        indexes = [
            # Swept over all tenants, so the deadline comes first.
            models.Index(
                fields=["render_due_at"],
                name="statuspage_statuspage_due",
                condition=Q(render_due_at__isnull=False),
            ),
        ]
        ordering = ["kind", "id"]
        verbose_name = _("status page")
        verbose_name_plural = _("status pages")

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_public(self) -> bool:
        return self.kind == PageKind.PUBLIC

    @property
    def address(self) -> str:
        """Where people read it. An internal page lives under the tenant's prefix. Reads the tenant there."""
        if self.is_public:
            return links.status_page(self.slug)
        return links.tenant(self.tenant.slug, f"status/{self.slug}/")
