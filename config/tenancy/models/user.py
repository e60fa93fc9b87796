from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.binding import role_allows
from config.tenancy.validators import valid_time_zone


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        """By e-mail, compared as the unique index does. Raises User.DoesNotExist.

        Trap: `iexact` compares in upper case, where "mıke" (dotless i) is "MIKE": another person's account.
        """
        return self.get(Exact(Lower("email"), Lower(Value(username or ""))))


class User(AbstractBaseUser):
    """A person who can sign in, in any number of tenants. Deactivated and anonymised, never deleted.

    No groups and no superuser: what someone may do is the role of their Membership in the bound tenant
    (config.tenancy.roles), and `is_platform_staff` for the platform site.
    """

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[valid_time_zone])
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    is_platform_staff = models.BooleanField(_("platform staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"))
    # Names stay out: a person can be anonymised, and history cannot be changed.
    history = audited(excluded=("password", "last_login", "email", "name"))

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="tenancy_user_email_once")]
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Signing in stores its time, and perhaps a stronger hash of the same password. That is no act."""
        if not set(kwargs.get("update_fields") or ["all"]) <= {"password", "last_login"}:
            super().save(*args, **kwargs)
            return
        self.skip_history_when_saving = True
        try:
            super().save(*args, **kwargs)
        finally:
            del self.skip_history_when_saving

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_staff(self) -> bool:
        """Each admin site decides by membership or platform staff itself."""
        return self.is_active

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and role_allows(self.pk, perm)

    def has_perms(self, perms: list[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        return self.has_perm(f"{app_label}.view")
