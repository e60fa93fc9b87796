from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.actors import Actor, ActorKind
from config.tenancy.audit import audited
from config.tenancy.constraints import tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models.base import TenantModel
from config.tenancy.roles import grants_of_key

SCOPES = [("read", _("read")), ("write", _("read and respond")), ("admin", _("everything but people"))]


class ApiKey(TenantModel):
    """A key of the API. Its secret is shown once and stored as a hash in Door only."""

    uid = UidField()
    name = models.CharField(_("name"), max_length=80)
    scope = models.CharField(_("scope"), max_length=5, choices=SCOPES, default="read")
    hint = models.CharField(_("begins with"), max_length=12, editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    # Written at most once a minute by the door, without a history row.
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    history = audited(excluded=("last_used_at",))

    class Meta:
        constraints = [
            tenant_key("tenancy_apikey_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="tenancy_apikey_uid"),
        ]
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return self.name

    def is_valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def as_actor(self) -> Actor:
        return Actor(ActorKind.KEY, self.pk, f"API key {self.name}", grants=grants_of_key(self.scope))
