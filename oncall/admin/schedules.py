"""Schedules, their rotations with participants and hours, and what departs from them for a while."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin, TenantTabularInline
from config.tenancy.admin.sites import tenant_site
from config.tenancy.audit import acting
from config.tenancy.requests import actor_of
from oncall.models import (
    Override,
    Restriction,
    Rotation,
    RotationMember,
    Schedule,
    Swap,
    TemporarySchedule,
    TemporaryShift,
)
from oncall.operations.resolve import OnCall, on_call_for
from oncall.operations.schedules import holders_kept


class CurrentPeople:
    """Who has left cannot be chosen."""

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        queryset = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]
        if db_field.name in {"membership", "replaces", "fallback", "asked_of"}:
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
    fields = ("name", "priority", "start_date", "start_time", "unit", "length", "at_once")
    show_change_link = True


class RestrictionInline(TenantTabularInline):
    """Without any, a rotation has somebody on call around the clock."""

    model = Restriction
    fields = ("days", "start", "end")


class TemporaryScheduleInline(TenantTabularInline):
    """Those that are not over. Their shifts stand on their own page."""

    model = TemporarySchedule
    fields = ("name", "starts_at", "ends_at")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(ends_at__gt=clock.now())


class SwapInline(CurrentPeople, TenantTabularInline):
    """To look at: swaps are asked and taken on the calendar."""

    model = Swap
    fields = ("membership", "asked_of", "starts_at", "ends_at", "taken_by", "approved_by", "withdrawn_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).filter(ends_at__gt=clock.now())
        return rows.select_related(
            "membership__user", "asked_of__user", "taken_by__user", "approved_by__user"
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RotationMemberInline(CurrentPeople, TenantTabularInline):
    model = RotationMember
    fields = ("position", "membership")


class OverrideInline(CurrentPeople, TenantTabularInline):
    model = Override
    fields = ("kind", "membership", "replaces", "starts_at", "ends_at", "note")

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
    fieldsets = (
        (None, {"fields": ("name", "time_zone", "team", "swaps_need_approval")}),
        (
            _("When somebody should be on call"),
            {"fields": ("coverage_days", "coverage_start", "coverage_end", "tells_gaps")},
        ),
    )
    inlines = (RotationInline, OverrideInline, TemporaryScheduleInline, SwapInline)

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
    list_display = ("name", "schedule", "priority", "unit", "length")
    list_select_related = ("schedule",)
    fields = (
        "schedule",
        "name",
        "priority",
        "start_date",
        "start_time",
        "unit",
        "length",
        "at_once",
        "count_only_active",
    )
    inlines = (RotationMemberInline, RestrictionInline)

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
    fields = ("schedule", "kind", "membership", "replaces", "starts_at", "ends_at", "note")


class TemporaryShiftInline(CurrentPeople, TenantTabularInline):
    model = TemporaryShift
    fields = ("membership", "starts_at", "ends_at")


@admin.register(TemporarySchedule, site=tenant_site)
class TemporaryScheduleAdmin(TenantModelAdmin):
    """Reached from its schedule; not in the index."""

    deletable = True
    list_display = ("name", "schedule", "starts_at", "ends_at")
    list_filter = ("schedule",)
    list_select_related = ("schedule",)
    fields = ("schedule", "name", "starts_at", "ends_at")
    inlines = (TemporaryShiftInline,)

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}


@admin.register(Swap, site=tenant_site)
class SwapAdmin(TenantModelAdmin):
    """What was asked, and who took it: to look at. Swaps are asked and taken on the calendar."""

    list_display = ("schedule", "membership", "asked_of", "starts_at", "ends_at", "taken_by", "withdrawn_at")
    list_filter = ("schedule",)
    list_select_related = ("schedule", "membership__user", "asked_of__user", "taken_by__user")
    fields = (
        "schedule",
        "membership",
        "asked_of",
        "starts_at",
        "ends_at",
        "note",
        "taken_by",
        "taken_at",
        "approved_by",
        "approved_at",
        "withdrawn_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
