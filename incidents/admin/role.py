"""Roles in an incident: their duties, and whom to call for them."""

from django.contrib import admin

from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.sites import tenant_site
from incidents.models import IncidentRole


@admin.register(IncidentRole, site=tenant_site)
class IncidentRoleAdmin(TenantModelAdmin):
    list_display = ("name", "code", "policy", "position")
    list_select_related = ("policy",)
    ordering = ("position", "id")
    fields = ("name", "code", "duties", "policy", "position")
