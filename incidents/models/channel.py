from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant
from config.tenancy.fields import UidField
from config.tenancy.models import TenantModel
from incidents.models.incident import Incident


class ChannelKind(models.TextChoices):
    CHAT = "chat", _("chat room")
    VIDEO = "video", _("video meeting")
    ROOM = "room", _("room")


class Channel(TenantModel):
    """A known place to talk (R7): an address to open, or the name of a physical room. Free text is enough."""

    uid = UidField()
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="channels"
    )
    kind = models.CharField(_("kind"), max_length=5, choices=ChannelKind.choices)
    place = models.CharField(_("address or place"), max_length=500)
    set_at = models.DateTimeField(_("since"))
    set_by_label = models.CharField(_("set by"), max_length=200, blank=True)
    history = audited()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_channel_uid"),
            models.UniqueConstraint(fields=["tenant", "incident", "kind"], name="incidents_channel_kind"),
            SameTenant("incident", name="incidents_channel_incident_same_tenant"),
        ]
        verbose_name = _("channel")
        verbose_name_plural = _("channels")

    def __str__(self) -> str:
        return self.place

    @property
    def is_link(self) -> bool:
        return self.place.startswith(("https://", "http://"))
