"""Services, and what stands behind them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.sites import tenant_site
from incidents.models import Service
from incidents.operations.services import save_service


@admin.register(Service, site=tenant_site)
class ServiceAdmin(TenantModelAdmin):
    list_display = ("name", "team", "policy", "urgency", "component", "archived_at")
    list_filter = ("team", ("archived_at", admin.EmptyFieldListFilter))
    allowed_lookups = ("archived_at__isempty",)
    list_select_related = ("team", "policy", "component")
    search_fields = ("name", "description")
    fieldsets = (
        (None, {"fields": ("name", "description", "team")}),
        (_("Who is paged, and what customers see"), {"fields": ("policy", "component", "runbook_url")}),
        (_("How urgently, and for how long"), {"fields": ("urgency", "ack_minutes")}),
        (
            _("Which alerts come together"),
            {
                "fields": ("grouping", "grouping_labels", "grouping_minutes", "storm_per_minute"),
                "classes": ("collapse",),
            },
        ),
        (
            _("More"),
            {
                "fields": (
                    "recovers_alone",
                    "alerts_end_after_hours",
                    "unconfirmed_end_after_hours",
                    "archived_at",
                ),
                "classes": ("collapse",),
            },
        ),
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_service(service=obj, actor=self.actor(request), now=clock.now())
