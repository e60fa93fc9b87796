from functools import cached_property

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.actors import Actor, ActorKind
from config.tenancy.audit import audited
from config.tenancy.constraints import tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models.base import TenantModel
from config.tenancy.roles import ROLE_CHOICES, Role, grants_of


class Membership(TenantModel):
    """A person in a tenant. It ends, it is never deleted: every "person" key of the product apps points
    here.
    """

    uid = UidField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=12, choices=ROLE_CHOICES, default=Role.RESPONDER.value)
    wants_internal_mail = models.BooleanField(_("gets internal messages by e-mail"), default=True)
    joined_at = models.DateTimeField(_("joined"))
    ended_at = models.DateTimeField(_("left"), null=True, blank=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("tenancy_membership_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="tenancy_membership_uid"),
            models.UniqueConstraint(fields=["tenant", "user"], name="tenancy_membership_once"),
        ]
        verbose_name = _("member")
        verbose_name_plural = _("members")

    def __str__(self) -> str:
        return str(self.user)

    @property
    def is_current(self) -> bool:
        return self.ended_at is None

    @cached_property
    def grants(self) -> frozenset[str]:
        """None for who has left, nor for who is switched off: a link or a telephone needs no sign-in."""
        return grants_of(self.role) if self.is_current and self.user.is_active else frozenset()

    def as_actor(self) -> Actor:
        """This person as the one who acts. Reads the user."""
        return Actor(ActorKind.PERSON, self.pk, str(self.user), grants=self.grants, membership_id=self.pk)
