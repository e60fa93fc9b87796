"""Teams, their office hours and who is in them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.base import TenantModelAdmin, TenantTabularInline
from config.tenancy.admin.sites import tenant_site
from config.tenancy.models import Team, TeamMember


class TeamMemberInline(TenantTabularInline):
    model = TeamMember
    fields = ("membership",)

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        """Who has left cannot be put into a team."""
        return super().get_field_queryset(db, db_field, request).select_related("user").filter(ended_at=None)


@admin.register(Team, site=tenant_site)
class TeamAdmin(TenantModelAdmin):
    deletable = True
    list_display = ("name", "office_hours", "time_zone")
    search_fields = ("name",)
    inlines = (TeamMemberInline,)
    fields = ("name", "time_zone", "office_days", "office_start", "office_end")

    @admin.display(description=_("office hours"))
    def office_hours(self, team: Team) -> str:
        return f"{team.office_days} {team.office_start:%H:%M}–{team.office_end:%H:%M}"

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        tenant: Any = request.tenant  # type: ignore[attr-defined]
        return {"time_zone": tenant.time_zone, **super().get_changeform_initial_data(request)}
