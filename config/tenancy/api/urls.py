"""Mounted at /api/: the schema and the page that shows it. The API itself is incidents.api.urls."""

from django.urls import path

from config.tenancy.api.docs import docs_view, schema_view

urlpatterns = [
    path("schema/", schema_view, name="api-schema"),
    path("docs/", docs_view, name="api-docs"),
]
