"""Addresses at the root: signing in, the platform's admin, health, the API by key, doors without sign-in."""

from django.urls import URLPattern, URLResolver, path
from django.utils.module_loading import autodiscover_modules
from django.views.generic import RedirectView

from config import health
from config.mounts import mount
from config.tenancy.admin.sites import platform_site

autodiscover_modules("admin")

handler500 = "config.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/admin/")),
    path("admin/", platform_site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("health/engine", health.engine),
    path("metrics", health.metrics),
    *mount("", "config.tenancy.urls"),
    *mount("api/v1/", "incidents.api.urls"),
    *mount("api/", "config.tenancy.api.urls"),
    *mount("status/<slug:page>/", "statuspage.urls"),
    *mount("", "oncall.urls"),
    *mount("", "incidents.urls"),
]
