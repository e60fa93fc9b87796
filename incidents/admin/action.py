"""Action items of all incidents: who has to do what by when."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.sites import tenant_site
from config.tenancy.models import Tenant
from config.tenancy.scoping import bound_tenant_id
from incidents.admin.reading import ReadOnlyAdmin
from incidents.models import ActionItem, ActionState, Incident


def today() -> Any:
    """On the tenant's clock."""
    return clock.now().astimezone(Tenant.objects.get(pk=bound_tenant_id()).zone).date()


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("open")), ("late", _("late")), ("over", _("done or dropped"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "over":
            return queryset.exclude(state=ActionState.OPEN)
        if self.value() in {"open", "late"}:
            queryset = queryset.filter(state=ActionState.OPEN)
        return queryset.filter(due_on__lt=today()) if self.value() == "late" else queryset


class MineFilter(admin.SimpleListFilter):
    title = _("whose")
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("mine")), ("nobody", _("nobody's"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "nobody":
            return queryset.filter(owner=None)
        return queryset.filter(owner=request.membership) if self.value() == "yes" else queryset  # type: ignore[attr-defined]


@admin.register(ActionItem, site=tenant_site)
class ActionItemAdmin(ReadOnlyAdmin):
    """A list; the room of its incident is where one is changed."""

    list_display = ("what", "in_incident", "owner", "due_on", "state")
    list_display_links = None
    list_filter = (MineFilter, StateFilter)
    list_select_related = ("incident", "owner__user")
    search_fields = ("text",)
    ordering = ("due_on", "id")
    fields = ("text", "in_incident", "owner", "due_on", "state", "created_at", "created_by_label", "ended_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What hangs on a private incident is its circle's alone."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(incident__in=Incident.objects.visible_to(getattr(request, "membership", None)))

    @admin.display(description=_("what"), ordering="text")
    def what(self, item: ActionItem) -> SafeString:
        url = reverse("room", args=[item.incident.number])
        return format_html('<a href="{}#r-after">{}</a>', url, item.text)

    @admin.display(description=_("incident"), ordering="incident")
    def in_incident(self, item: ActionItem) -> SafeString:
        url = reverse("room", args=[item.incident.number])
        return format_html('<a href="{}">{}</a>', url, item.incident.key)
