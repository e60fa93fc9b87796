"""The API of all apps, mounted at /api/v1/ and under each tenant's prefix. Apps give their `routes`."""

from config.tenancy.api.routers import Route, urls_of
from incidents.api import (
    action_items,
    alerts,
    changes,
    events,
    heartbeats,
    maintenance,
    measures,
    members,
    page_preview,
    routing,
    setup,
    words,
)
from incidents.api.viewsets import IncidentViewSet
from oncall.api.urls import routes as oncall_routes
from statuspage.api.urls import routes as statuspage_routes

routes: list[Route] = [
    ("incidents", IncidentViewSet, "incident"),
    *action_items.routes,
    *alerts.routes,
    *changes.routes,
    *events.routes,
    *setup.routes,
    *heartbeats.routes,
    *maintenance.routes,
    *measures.routes,
    *page_preview.routes,
    *members.routes,
    *routing.routes,
    *words.routes,
    *oncall_routes,
    *statuspage_routes,
]
urlpatterns = urls_of(routes)
