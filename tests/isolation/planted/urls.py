from django.urls import include, path

from config.tenancy.api.routers import urls_of
from tests.isolation.planted import api, views
from tests.isolation.planted.admin import fields_site, history_site

urlpatterns = [
    path(
        "api/v1/",
        include(
            urls_of(
                [
                    ("unscoped", api.Unscoped, "unscoped"),
                    ("bare", api.ByBareId, "bare"),
                    ("nested", api.Nested, "nested"),
                    ("forbidden", api.Forbidden, "forbidden"),
                    ("writer", api.Writer, "writer"),
                ]
            )
        ),
    ),
    path("history/", history_site.urls),
    path("fields/", fields_site.urls),
    path("export", views.export, name="export"),
    path("raw", views.raw, name="raw"),
    path("cached", views.cached, name="cached"),
    path("mailed", views.mailed, name="mailed"),
    path("logged", views.logged, name="logged"),
    path("cookie", views.cookie, name="cookie"),
]
