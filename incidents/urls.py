"""Addresses of incidents at the root: what monitors post to, and the links in pages."""

from django.urls import URLPattern, re_path

from incidents.views import ingest, page_link

# With and without a closing slash: a POST is never redirected.
urlpatterns: list[URLPattern] = [
    re_path(r"^v2/enqueue/?$", ingest.enqueue, name="enqueue"),
    re_path(r"^v2/change/enqueue/?$", ingest.enqueue_change, name="enqueue-change"),
    re_path(r"^ingest/(?P<format>alertmanager)/?$", ingest.by_header, name="ingest-by-header"),
    re_path(r"^ingest/(?P<key>[^/]+)/(?P<format>alertmanager|json)/?$", ingest.by_path, name="ingest"),
    re_path(r"^p/(?P<token>[A-Za-z2-7]{12})/?$", page_link.page_link, name="page"),
]
