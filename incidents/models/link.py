from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField, row_of
from config.tenancy.models import Membership, TenantModel
from incidents.models.incident import Incident


class LinkKind(models.TextChoices):
    SCREENSHOT = "screenshot", _("screenshot")
    URL = "url", _("link")
    DASHBOARD = "dashboard", _("dashboard")


class Link(TenantModel):
    """A screenshot, an address or a dashboard beside the messages (R9), with author and time.

    `image` is what Muster re-encoded, never the bytes that were sent. A view checks the circle and serves it.
    """

    uid = UidField()
    incident = row_of(Incident, related_name="links")
    kind = models.CharField(_("kind"), max_length=10, choices=LinkKind.choices)
    title = models.CharField(_("title"), max_length=200, blank=True)
    url = models.CharField(_("address"), max_length=2000, blank=True)
    image = models.FileField(_("image"), max_length=200, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    occurred_at = models.DateTimeField(_("when"))
    added_at = models.DateTimeField(_("added"))
    added_by = row_of(Membership, null=True)
    added_by_label = models.CharField(_("added by"), max_length=200)
    removed_at = models.DateTimeField(_("removed"), null=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_link_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_link_uid"),
            models.CheckConstraint(
                condition=~(Q(url="") & Q(image="")), name="incidents_link_leads_somewhere"
            ),
            SameTenant("incident", name="incidents_link_incident_same_tenant"),
            SameTenant("added_by", name="incidents_link_author_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "incident", "-id"], name="incidents_link_newest")]
        ordering = ["-id"]
        verbose_name = _("link")
        verbose_name_plural = _("links")

    def __str__(self) -> str:
        return self.title or self.url
