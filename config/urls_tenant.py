"""Addresses under /t/<tenant>/: the tenant's admin, its API for signed-in members, ways to the room."""

from django.urls import URLPattern, URLResolver, path
from django.utils.module_loading import autodiscover_modules
from django.views.generic import RedirectView

from config.mounts import mount
from config.tenancy.admin.sites import tenant_site

# Each app's `admin` package registers with tenant_site (or platform_site) when it is imported.
autodiscover_modules("admin")

handler500 = "config.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", tenant_site.urls),
    *mount("api/v1/", "incidents.api.urls"),
    *mount("status/<slug:page>/", "statuspage.urls_tenant"),
    *mount("", "oncall.urls_tenant"),
    *mount("", "incidents.urls_tenant"),
]
