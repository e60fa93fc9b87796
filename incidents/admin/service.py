"""Services, and what stands behind them."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.sites import tenant_site
from incidents.models import Service


@admin.register(Service, site=tenant_site)
class ServiceAdmin(TenantModelAdmin):
    list_display = ("name", "team", "policy", "component", "archived_at")
    list_filter = ("team", ("archived_at", admin.EmptyFieldListFilter))
    allowed_lookups = ("archived_at__isempty",)
    list_select_related = ("team", "policy", "component")
    search_fields = ("name", "description")
    fieldsets = (
        (None, {"fields": ("name", "description", "team")}),
        (_("Who is paged, and what customers see"), {"fields": ("policy", "component", "runbook_url")}),
        (_("More"), {"fields": ("recovers_alone", "archived_at"), "classes": ("collapse",)}),
    )
