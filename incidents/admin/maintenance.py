"""Maintenance windows: whoever responds makes and ends them."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.sites import tenant_site
from incidents.admin.condition_rows import WHERE, ConditionsField
from incidents.conditions import all_words
from incidents.maintenance_words import next_words
from incidents.models import MaintenanceWindow, Service
from incidents.operations.maintaining import end_maintenance, save_window
from incidents.routing import read_conditions

SHORTLY = timedelta(hours=2)


class WindowForm(TenantForm):
    conditions: Any = ConditionsField(label=_("Only alerts where"), help_text=WHERE)
    services: Any = forms.ModelMultipleChoiceField(
        label=_("Services"), queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields.get("services")
        if field is not None:
            field.queryset = Service.objects.filter(archived_at=None)
            if self.instance.pk:
                field.initial = Service.objects.filter(pk__in=self.instance.of.values("service_id"))

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(said.get("all_services")) == bool(said.get("services")):
            raise ValidationError({"services": _("Choose services, or all of them.")})
        return said


@admin.register(MaintenanceWindow, site=tenant_site)
class MaintenanceWindowAdmin(TenantModelAdmin):
    form = WindowForm
    setup_permission = "incidents.respond"
    list_display = ("name", "of_what", "about", "mode", "when", "ended_at", "cancelled_at")
    search_fields = ("name",)
    actions = ("end_now", "end_for_good")
    readonly_fields = ("when", "ended_at", "cancelled_at", "created_at", "created_by")
    fieldsets = (
        (None, {"fields": ("name", "all_services", "services")}),
        (
            _("Only some alerts"),
            {
                "fields": ("conditions",),
                "description": _(
                    "Then it is about alerts that meet all of these, and incidents all of whose alerts do."
                ),
            },
        ),
        (_("Meanwhile and afterwards"), {"fields": ("mode", "reroute_on_end")}),
        (
            _("When, on the wall clock"),
            {
                "fields": (
                    "time_zone",
                    ("start_date", "start_time"),
                    ("end_date", "end_time"),
                    ("repeats", "every", "until"),
                    "when",
                )
            },
        ),
        (_("On record"), {"fields": ("ended_at", "cancelled_at", "created_at", "created_by")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("of__service")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Two hours from now, on the tenant's clock."""
        tenant = request.tenant  # type: ignore[attr-defined]
        start = clock.now().astimezone(tenant.zone).replace(second=0, microsecond=0, tzinfo=None)
        end = start + SHORTLY
        return {
            "time_zone": tenant.zone.key,
            "start_date": start.date(),
            "start_time": start.time(),
            "end_date": end.date(),
            "end_time": end.time(),
            **super().get_changeform_initial_data(request),
        }

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_window(
            window=obj, services=form.cleaned_data["services"], actor=self.actor(request), now=clock.now()
        )

    @admin.display(description=_("services"))
    def of_what(self, window: MaintenanceWindow) -> str:
        return str(_("all")) if window.all_services else ", ".join(str(one) for one in window.of.all())

    @admin.display(description=_("only alerts where"))
    def about(self, window: MaintenanceWindow) -> str:
        return all_words(read_conditions(window.conditions)) or "–"

    @admin.display(description=_("next"))
    def when(self, window: MaintenanceWindow) -> SafeString | str:
        words = next_words(window.times, clock.now()) if window.pk else []
        return format_html_join("", "{}<br>", ((one,) for one in words)) if words else "–"

    @admin.action(description=_("End now"), permissions=["change"])
    def end_now(self, request: HttpRequest, queryset: Any) -> None:
        for window in queryset:
            end_maintenance(window=window, actor=self.actor(request), now=clock.now())

    @admin.action(description=_("End for good"), permissions=["change"])
    def end_for_good(self, request: HttpRequest, queryset: Any) -> None:
        for window in queryset:
            end_maintenance(window=window, for_good=True, actor=self.actor(request), now=clock.now())
