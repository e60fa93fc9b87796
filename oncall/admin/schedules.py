"""Schedules with their rotations, rotations with their participants, and overrides."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin, TenantTabularInline
from config.tenancy.admin.sites import tenant_site
from config.tenancy.audit import acting
from config.tenancy.requests import actor_of
from oncall.models import Override, Rotation, RotationMember, Schedule
from oncall.operations.resolve import OnCall, on_call_for
from oncall.operations.schedules import holders_kept


class CurrentPeople:
    """Who has left cannot be chosen."""

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        queryset = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]
        if db_field.name in {"membership", "replaces", "fallback"}:
            return queryset.select_related("user").filter(ended_at=None)
        return queryset


class KeepsHolders:
    """Whatever is edited about a rotation, the shift stays with whoever has it."""

    def rotations_of(self, object_id: int) -> list[int]:
        raise NotImplementedError

    def _changeform_view(self, request: HttpRequest, object_id: Any, *args: Any) -> Any:
        if request.method != "POST" or not str(object_id or "").isdecimal():
            return super()._changeform_view(request, object_id, *args)  # type: ignore[misc]
        now = clock.now()
        with acting(actor_of(request), now=now), holders_kept(self.rotations_of(int(object_id)), now):
            return super()._changeform_view(request, object_id, *args)  # type: ignore[misc]


class RotationInline(TenantTabularInline):
    model = Rotation
    fields = ("name", "start_date", "start_time", "unit", "length")
    show_change_link = True


class RotationMemberInline(CurrentPeople, TenantTabularInline):
    model = RotationMember
    fields = ("position", "membership")


class OverrideInline(CurrentPeople, TenantTabularInline):
    model = Override
    fields = ("kind", "membership", "replaces", "starts_at", "ends_at")

    def may_set_up(self, request: HttpRequest) -> bool:
        return super().may_set_up(request) or request.user.has_perm("oncall.cover")

    def get_queryset(self, request: HttpRequest) -> Any:
        """What is past stays in the history; the page shows what still counts."""
        return super().get_queryset(request).filter(ends_at__gt=clock.now())


@admin.register(Schedule, site=tenant_site)
class ScheduleAdmin(KeepsHolders, TenantModelAdmin):
    deletable = True
    list_display = ("name", "on_call_now", "team", "time_zone")
    list_select_related = ("team",)
    search_fields = ("name",)
    fields = ("name", "time_zone", "team")
    inlines = (RotationInline, OverrideInline)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        tenant: Any = request.tenant  # type: ignore[attr-defined]
        return {"time_zone": tenant.time_zone, **super().get_changeform_initial_data(request)}

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Who is on call on the whole page of the list, in three queries."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        found = on_call_for(schedules=rows, at=clock.now())
        for row in rows:
            row.on_call = found[row.pk]
        changelist.result_list = rows
        return changelist

    @admin.display(description=_("on call now"))
    def on_call_now(self, schedule: Schedule) -> str:
        on_call: list[OnCall] = getattr(schedule, "on_call", [])
        return ", ".join(str(one.membership) for one in on_call) or str(_("Nobody"))

    def rotations_of(self, object_id: int) -> list[int]:
        return list(Rotation.objects.filter(schedule_id=object_id).values_list("pk", flat=True))


@admin.register(Rotation, site=tenant_site)
class RotationAdmin(KeepsHolders, CurrentPeople, TenantModelAdmin):
    """Reached from its schedule; not in the index."""

    deletable = True
    list_display = ("name", "schedule", "unit", "length")
    list_select_related = ("schedule",)
    fields = ("schedule", "name", "start_date", "start_time", "unit", "length")
    inlines = (RotationMemberInline,)

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}

    def rotations_of(self, object_id: int) -> list[int]:
        return [object_id]


@admin.register(Override, site=tenant_site)
class OverrideAdmin(CurrentPeople, TenantModelAdmin):
    """Responders may cover for each other; the rest of the set-up is the managers'."""

    setup_permission = "oncall.cover"
    deletable = True
    list_display = ("schedule", "kind", "membership", "replaces", "starts_at", "ends_at")
    list_filter = ("schedule", "kind")
    list_select_related = ("schedule", "membership__user", "replaces__user")
    date_hierarchy = "starts_at"
    fields = ("schedule", "kind", "membership", "replaces", "starts_at", "ends_at")
