"""Routes of this app; incidents.api.urls mounts them under /api/v1/."""

from config.tenancy.api.routers import Route
from statuspage.api.components import ComponentViewSet
from statuspage.api.pages import NoticeViewSet, PageViewSet

routes: list[Route] = [
    ("status-pages", PageViewSet, "status-page"),
    ("components", ComponentViewSet, "component"),
    ("notices", NoticeViewSet, "notice"),
]
