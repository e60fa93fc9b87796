"""Notices and their updates, to read: they are written from the incident room."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.base import TenantModelAdmin, TenantTabularInline
from config.tenancy.admin.sites import tenant_site
from statuspage.models import Notice, Update


class UpdateInline(TenantTabularInline):
    model = Update
    fields = readonly_fields = ("display_at", "status", "body", "components", "edited_at")
    ordering = ("-display_at", "-id")
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("changes__component")

    @admin.display(description=_("components"))
    def components(self, update: Update) -> str:
        return ", ".join(str(change) for change in update.changes.all())

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Notice, site=tenant_site)
class NoticeAdmin(TenantModelAdmin):
    list_display = ("title", "page", "status", "impact", "started_at", "resolved_at")
    list_filter = ("page", "status", "impact")
    list_select_related = ("page",)
    search_fields = ("title",)
    fields = (
        "title",
        "page",
        "link",
        "status",
        "impact",
        "started_at",
        "monitoring_at",
        "resolved_at",
        "next_update_at",
    )
    inlines = (UpdateInline,)

    @admin.display(description=_("where it is read"))
    def link(self, notice: Notice) -> SafeString:
        return format_html('<a href="{0}">{0}</a>', f"{notice.page.address}incidents/{notice.uid}")

    def history_rows(self) -> Any:
        """What was withdrawn became private: its earlier words are shown to nobody."""
        kept = Notice.objects.filter(withdrawn_at=None)
        return super().history_rows().filter(id__in=kept.values("pk"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
