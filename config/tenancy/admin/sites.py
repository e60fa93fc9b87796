"""The two admin sites: one tenant's own, and the platform's.

`tenant_site` stands at /t/<tenant>/admin/ (config.urls_tenant): bound members only. `platform_site` stands
at /admin/ (config.urls): its index is the chooser for everybody signed in, the rest is for platform staff.
Both are named "admin"; each urlconf holds one of them, so `reverse("admin:…")` finds the one at hand.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

View = Callable[..., HttpResponse]


class MusterSite(admin.AdminSite):
    """What both sites share: one sign-in outside of them, no LogEntry, no look-up by content type."""

    site_title = site_header = "Muster"
    site_url = None
    enable_nav_sidebar = False
    index_template = "tenancy/admin/index.html"
    # view_on_site finds rows of any model by content type, past the admin's scoping.
    left_out = frozenset({"view_on_site"})

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [url for url in super().get_urls() if getattr(url, "name", None) not in self.left_out]

    def get_log_entries(self, request: HttpRequest) -> Any:
        """None: what happened stands in the history of each row, not in LogEntry."""
        from django.contrib.admin.models import LogEntry

        return LogEntry.objects.none()

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Where admin_view sends who may not be here: to sign in, or, when signed in, nowhere."""
        if request.user.is_authenticated:
            raise Http404
        return redirect_to_login(request.GET.get("next", ""), settings.LOGIN_URL)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from config.tenancy.views.signin import sign_out

        return sign_out(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return HttpResponseRedirect("/password/")

    password_change_done = password_change


class TenantSite(MusterSite):
    """One tenant's admin. `index_view` is set by incidents.admin: the Now screen."""

    index_title = _("Set-up")
    index_view: Callable[[HttpRequest], HttpResponse] | None = None

    def has_permission(self, request: HttpRequest) -> bool:
        membership = getattr(request, "membership", None)
        return membership is not None and membership.is_current and request.user.is_active

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if self.index_view is not None:
            return self.index_view(request)
        return super().index(request, extra_context)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """`set-up/` is the list of everything that can be set up, whatever the index has become."""
        return [path("set-up/", self.admin_view(super().index), name="set_up"), *super().get_urls()]


class PlatformSite(MusterSite):
    """Tenants, people and mails not sent, for platform staff; the chooser of a tenant for everybody."""

    index_title = _("Your teams and organisations")
    left_out = MusterSite.left_out | {"index"}

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.is_active and getattr(user, "is_platform_staff", False))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [path("", never_cache(self.index), name="index"), *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from config.tenancy.views.chooser import choose

        return choose(request)


tenant_site = TenantSite(name="admin")
platform_site = PlatformSite(name="admin")
