from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant
from config.tenancy.fields import row_of
from config.tenancy.models import Membership, TenantModel
from incidents.models.incident import Incident


class Presence(TenantModel):
    """Who has opened the room, and when it was last open before their eyes (R32: online).

    `last_seen_at` is written at most once a minute by the room's own polling.
    """

    incident = row_of(Incident, related_name="presences")
    membership = row_of(Membership)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    # When this person had read what stands so far and what is expected (R33).
    briefed_at = models.DateTimeField(_("briefed"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "incident", "membership"], name="incidents_presence_once"
            ),
            SameTenant("incident", name="incidents_presence_incident_same_tenant"),
            SameTenant("membership", name="incidents_presence_member_same_tenant"),
        ]
        verbose_name = _("presence")
        verbose_name_plural = _("presences")

    def __str__(self) -> str:
        return str(self.membership)
