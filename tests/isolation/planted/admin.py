"""What Django and simple-history do by themselves, without config.tenancy.admin.base."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from simple_history.admin import SimpleHistoryAdmin

from config.tenancy.admin.sites import TenantSite
from config.tenancy.models import Team
from incidents.models import Service


class NaiveHistory(SimpleHistoryAdmin):
    """get_queryset is scoped, and the author believes that this is all."""

    def get_queryset(self, request: Any) -> Any:
        return Service.objects.all()


class ByTeam(SimpleListFilter):
    title, parameter_name = "team", "team"

    def lookups(self, request: Any, model_admin: Any) -> Any:
        return [(team.pk, team.name) for team in Team._base_manager.all()]

    def queryset(self, request: Any, queryset: Any) -> Any:
        return queryset.filter(team_id=self.value()) if self.value() else queryset


class NaiveFields(ModelAdmin):
    """Choices of relations, filters in the sidebar and look-ups are left to Django."""

    list_filter = [ByTeam]
    list_display = ["name"]
    fields = ["name", "team"]

    def get_queryset(self, request: Any) -> Any:
        return Service.objects.all()

    def get_field_queryset(self, db: Any, db_field: Any, request: Any) -> Any:
        return db_field.remote_field.model._base_manager.all()

    def has_add_permission(self, request: Any) -> bool:
        return True


history_site = TenantSite(name="history_site")
history_site.register(Service, NaiveHistory)
fields_site = TenantSite(name="fields_site")
fields_site.register(Service, NaiveFields)
