"""Base classes for the admin of tenant rows. Every ModelAdmin and inline of `tenant_site` stands on these.

What they hold: only the bound tenant's rows in lists, choices, filters, histories and look-ups; permissions
by role; each write inside `acting`, so that history knows who; no LogEntry, no revert, no delete unless asked
for.
"""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from config.tenancy.actors import Actor
from config.tenancy.admin.bounded import CappedPaginator
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.lookups import filter_lookups
from config.tenancy.admin.recorded import RecordedAdmin
from config.tenancy.models import TenantModel
from config.tenancy.requests import actor_of
from config.tenancy.scoping import bound_tenant_id


def own_rows(model: Any) -> Any:
    """All rows of a tenant model in the bound tenant: by the manager, and once more by name."""
    return model._default_manager.filter(tenant_id=bound_tenant_id())


class RoleChecked:
    """Permissions by the role of the bound member. An inline and a ModelAdmin ask the same questions."""

    model: Any
    # "<app>.view" and "<app>.setup" of the model's app, where not said otherwise.
    view_permission = ""
    setup_permission = ""

    def _allows(self, request: HttpRequest, verb: str, named: str) -> bool:
        user: Any = request.user
        return bool(user.has_perm(named or f"{self.model._meta.app_label}.{verb}"))

    def may_view(self, request: HttpRequest) -> bool:
        return self._allows(request, "view", self.view_permission)

    def may_set_up(self, request: HttpRequest) -> bool:
        return self._allows(request, "setup", self.setup_permission)


class ScopedChoices:
    """Foreign keys offer the bound tenant's rows only; another's id posted is "not a valid choice"."""

    # Names of fields that may choose among rows of no tenant; there should be very few.
    global_choices: tuple[str, ...] = ()

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        target = db_field.remote_field.model
        if issubclass(target, TenantModel):
            queryset = own_rows(target)
        elif db_field.name in self.global_choices:
            queryset = target._default_manager.all()
        else:
            return target._default_manager.none()
        ordered = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]
        return queryset if ordered is None else queryset.order_by(*ordered.query.order_by)


class TenantModelAdmin(RoleChecked, ScopedChoices, RecordedAdmin):
    """The admin of one tenant model.

    allowed_lookups   query parameters of the change list beyond those of list_filter and date_hierarchy
    deletable         whether rows may be deleted here at all (by who may set up); most end, and are kept
    """

    form = TenantForm
    allowed_lookups: tuple[str, ...] = ()
    deletable = False
    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False

    # --- what is seen ---

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(tenant_id=bound_tenant_id())

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        list_filter = self.get_list_filter(request) if request is not None else self.list_filter
        return lookup in self.allowed_lookups or lookup in filter_lookups(
            self.model, list_filter, self.date_hierarchy
        )

    # --- who may ---

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_view(request) or self.may_set_up(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_set_up(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_set_up(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and self.may_set_up(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    # --- writing and history ---

    def actor(self, request: HttpRequest) -> Actor:
        return actor_of(request)

    def history_rows(self) -> Any:
        """simple-history's own managers know no scope."""
        return super().history_rows().filter(tenant_id=bound_tenant_id())


class TenantTabularInline(RoleChecked, ScopedChoices, admin.TabularInline):
    """Rows of a tenant inside their parent's page. Who may set up adds, changes and removes them."""

    form = TenantForm
    extra = 0
    view_on_site = False
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(tenant_id=bound_tenant_id())

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_view(request) or self.may_set_up(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_set_up(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_set_up(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_set_up(request)
