"""The platform's admin: tenants, people, mails not sent. For platform staff only, and of no tenant's rows."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.admin.recorded import RecordedAdmin
from config.tenancy.admin.sites import platform_site
from config.tenancy.models import KeptMail, Tenant, User
from config.tenancy.operations import accounts, passwords, tenants


class PlatformModelAdmin(RecordedAdmin):
    """For platform staff; rows of no tenant. Nothing is added or deleted here unless a subclass says so."""

    def actor(self, request: HttpRequest) -> Actor:
        user: Any = request.user
        return Actor.staff(user.pk, str(user))

    def _is_staff(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_staff(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_staff(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_staff(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Tenant, site=platform_site)
class TenantAdmin(PlatformModelAdmin):
    """A complete tenant is made by `manage.py create_tenant`."""

    list_display = ("slug", "name", "time_zone", "language", "created_at", "closed_at")
    search_fields = ("slug", "name")
    fields = ("slug", "name", "time_zone", "language", "created_at", "closed_at")
    readonly_fields = ("slug", "created_at", "closed_at")
    actions = ("close", "reopen")

    @admin.action(description=_("Close these tenants: nobody gets in any more"), permissions=["change"])
    def close(self, request: HttpRequest, queryset: Any) -> None:
        for tenant in queryset:
            tenants.close_tenant(tenant=tenant, actor=self.actor(request), now=clock.now())

    @admin.action(description=_("Open these tenants again"), permissions=["change"])
    def reopen(self, request: HttpRequest, queryset: Any) -> None:
        for tenant in queryset:
            tenants.reopen_tenant(tenant=tenant, actor=self.actor(request), now=clock.now())


@admin.register(User, site=platform_site)
class UserAdmin(PlatformModelAdmin):
    """No passwords here: a new one is chosen by its owner, by a link."""

    list_display = ("email", "name", "is_active", "is_platform_staff", "last_login")
    list_filter = ("is_active", "is_platform_staff")
    search_fields = ("email", "name")
    fields = (
        "email",
        "name",
        "time_zone",
        "language",
        "is_active",
        "is_platform_staff",
        "created_at",
        "last_login",
    )
    readonly_fields = ("email", "created_at", "last_login")
    ordering = ("email",)
    actions = ("send_reset_link",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        accounts.save_user(user=obj, actor=self.actor(request), now=clock.now())

    @admin.action(description=_("Send a link to choose a new password"), permissions=["change"])
    def send_reset_link(self, request: HttpRequest, queryset: Any) -> None:
        for user in queryset:
            passwords.request_new_password(email=user.email, now=clock.now())
        messages.success(request, _("The links are on their way."))


@admin.register(KeptMail, site=platform_site)
class KeptMailAdmin(PlatformModelAdmin):
    list_display = ("marked", "to", "kept_at")
    list_display_links = ("marked",)
    search_fields = ("to", "subject")
    fields = ("marked", "to", "subject", "headers", "body", "kept_at")
    readonly_fields = fields

    @admin.display(description=_("subject"))
    def marked(self, mail: KeptMail) -> str:
        return f"{_('NOT SENT')}: {mail.subject}"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
