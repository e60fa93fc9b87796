"""Components and their groups."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.sites import tenant_site
from config.tenancy.audit import current_act
from statuspage.models import Component, ComponentGroup
from statuspage.operations.changes import page_changed
from statuspage.operations.components import set_component_status
from statuspage.operations.setup import add_component, add_group


@admin.register(ComponentGroup, site=tenant_site)
class ComponentGroupAdmin(TenantModelAdmin):
    """A group stays on its page. A new one is put last."""

    list_display = ("name", "page", "position")
    list_filter = ("page",)
    list_select_related = ("page",)
    search_fields = ("name",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("page", "name", "position") if obj else ("page", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("page",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        now = current_act().now
        if change:
            obj.save()
            page_changed(obj.page_id, now)
            return
        made = add_group(page=obj.page, name=obj.name, actor=self.actor(request), now=now)
        obj.__dict__.update(made.__dict__)


@admin.register(Component, site=tenant_site)
class ComponentAdmin(TenantModelAdmin):
    """A component stays on its page. A new one works, and is put last; its status is set from then on."""

    list_display = ("name", "page", "group", "status", "position", "shown")
    list_filter = ("page", "status", "shown")
    list_select_related = ("page", "group")
    search_fields = ("name", "description")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        first = ("page", "group", "name", "description")
        return (*first, "status", "position", "shown") if obj else first

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("page",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        now, actor = current_act().now, self.actor(request)
        if not change:
            made = add_component(
                page=obj.page,
                group=obj.group,
                name=obj.name,
                description=obj.description,
                actor=actor,
                now=now,
            )
            obj.__dict__.update(made.__dict__)
            return
        obj.updated_at = now
        # Not the status: with it goes an interval of uptime, so it has a door of its own.
        obj.save(update_fields=["group", "name", "description", "position", "shown", "updated_at"])
        page_changed(obj.page_id, now)
        set_component_status(component=obj, status=obj.status, actor=actor, now=now)
