"""When people are away, holidays, calendars that are read, and the feeds that show duty."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.sites import tenant_site
from oncall.admin.schedules import CurrentPeople
from oncall.models import Absence, CalendarFeed, Holiday, ImportedCalendar
from oncall.operations.feeds import revoke_feed
from oncall.operations.imports import read_again, remove_calendar


@admin.register(Absence, site=tenant_site)
class AbsenceAdmin(CurrentPeople, TenantModelAdmin):
    """What comes from a calendar is changed there."""

    deletable = True
    list_display = ("membership", "starts_at", "ends_at", "note", "calendar")
    list_select_related = ("membership__user", "calendar")
    date_hierarchy = "starts_at"
    fields = ("membership", "starts_at", "ends_at", "note")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.calendar_id is None) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.calendar_id is None) and super().has_delete_permission(request, obj)


@admin.register(Holiday, site=tenant_site)
class HolidayAdmin(TenantModelAdmin):
    deletable = True
    list_display = ("day", "name", "team", "calendar")
    list_filter = ("team",)
    list_select_related = ("team", "calendar")
    date_hierarchy = "day"
    fields = ("day", "name", "team")


@admin.register(ImportedCalendar, site=tenant_site)
class ImportedCalendarAdmin(TenantModelAdmin):
    """The address may hold a secret: it is shown to nobody. Calendars are given on "My calendars"."""

    list_display = ("name", "kind", "membership", "team", "read_at", "error")
    list_filter = ("kind",)
    list_select_related = ("membership__user", "team")
    fields = ("name", "kind", "membership", "team", "read_at", "error")
    actions = ("read", "remove")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    @admin.action(description=_("Read these again now"), permissions=["change"])
    def read(self, request: HttpRequest, queryset: Any) -> None:
        for calendar in queryset.select_related("membership"):
            read_again(calendar=calendar, actor=self.actor(request), now=clock.now())

    @admin.action(description=_("Remove these, with all that was read from them"), permissions=["change"])
    def remove(self, request: HttpRequest, queryset: Any) -> None:
        for calendar in queryset.select_related("membership"):
            remove_calendar(calendar=calendar, actor=self.actor(request), now=clock.now())


@admin.register(CalendarFeed, site=tenant_site)
class CalendarFeedAdmin(TenantModelAdmin):
    """Who has an address that shows duty. Everybody makes their own; who may set up can revoke them."""

    view_permission = setup_permission = "oncall.setup"
    list_display = ("membership", "schedule", "made_at", "read_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    allowed_lookups = ("revoked_at__isempty",)
    list_select_related = ("membership__user", "schedule")
    fields = ("membership", "schedule", "made_at", "read_at", "revoked_at")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    @admin.action(description=_("Revoke these feeds"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        for feed in queryset:
            revoke_feed(feed=feed, actor=self.actor(request), now=clock.now())
