"""API keys: made here, shown once, revoked here. Owners only, to look as well."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.sites import tenant_site
from config.tenancy.models import ApiKey
from config.tenancy.operations import keys


@admin.register(ApiKey, site=tenant_site)
class ApiKeyAdmin(TenantModelAdmin):
    view_permission = setup_permission = "tenancy.manage_keys"
    list_display = ("name", "scope", "hint", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("scope", ("revoked_at", admin.EmptyFieldListFilter))
    allowed_lookups = ("revoked_at__isempty",)
    ordering = ("-id",)
    fields = ("name", "scope", "expires_at")
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A key is not changed: it is made, and it is revoked. The list still offers the action."""
        return obj is None and super().has_change_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.fields, "hint", "created_at", "last_used_at", "revoked_at") if obj else self.fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        key, secret = keys.create_api_key(
            name=obj.name,
            scope=obj.scope,
            expires_at=obj.expires_at,
            actor=self.actor(request),
            now=clock.now(),
        )
        obj.__dict__.update(key.__dict__)
        obj.secret = secret

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """On the page itself, never in a message: those are stored in the session."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("API key %(name)s") % {"name": obj},
            "opts": self.model._meta,
            "label": _("The key"),
            "secret": obj.secret,
            "hint": _("It is shown this once. Keep it where your program finds it."),
        }
        return TemplateResponse(request, "tenancy/admin/shown_once.html", context)

    @admin.action(description=_("Revoke these keys"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        for key in queryset:
            keys.revoke_api_key(key=key, actor=self.actor(request), now=clock.now())
