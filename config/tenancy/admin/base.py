"""Base classes for the admin of tenant rows. Every ModelAdmin and inline of `tenant_site` stands on these.

What they hold: only the bound tenant's rows in lists, choices, filters, histories and look-ups; permissions
by role; each write inside `acting`, so that history knows who; no LogEntry, no revert, no delete unless asked
for.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from simple_history.admin import SimpleHistoryAdmin

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.lookups import filter_lookups
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
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


class TenantModelAdmin(RoleChecked, ScopedChoices, SimpleHistoryAdmin):
    """The admin of one tenant model.

    allowed_lookups   query parameters of the change list beyond those of list_filter and date_hierarchy
    deletable         whether rows may be deleted here at all (by who may set up); most end, and are kept
    """

    form = TenantForm
    allowed_lookups: tuple[str, ...] = ()
    deletable = False
    view_on_site = False
    list_per_page = 50
    show_full_result_count = False
    object_history_template = "tenancy/admin/history.html"
    object_history_list_template = "tenancy/admin/history_list.html"
    object_history_form_template = "tenancy/admin/history_version.html"

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

    # --- writing ---

    def actor(self, request: HttpRequest) -> Actor:
        return actor_of(request)

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """An operation that save_model calls may refuse: then nothing is saved, and it is said why."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (ValidationError, Conflict) as error:
            for message in error.messages if isinstance(error, ValidationError) else [error.message]:
                messages.error(request, message)
            return HttpResponseRedirect(request.get_full_path())

    def _changeform_view(self, request: HttpRequest, *args: Any) -> Any:
        if request.method != "POST":
            return super()._changeform_view(request, *args)
        with acting(self.actor(request), now=clock.now()):
            return super()._changeform_view(request, *args)

    def _delete_view(self, request: HttpRequest, *args: Any) -> Any:
        if request.method != "POST":
            return super()._delete_view(request, *args)
        with acting(self.actor(request), now=clock.now()):
            return super()._delete_view(request, *args)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """A POST runs an action or saves list_editable."""
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        with acting(self.actor(request), now=clock.now()):
            return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Plain save: history takes the actor from `acting`, not from simple-history's own user."""
        obj.save()

    # Django's LogEntry is not written: the history of each row says more, and cannot be changed.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None: ...  # type: ignore[override]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None: ...  # type: ignore[override]

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None: ...  # type: ignore[override]

    # --- history ---

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def get_history_queryset(
        self, request: HttpRequest, history_manager: Any, pk_name: str, object_id: Any
    ) -> Any:
        """simple-history's own managers know no scope."""
        found = super().get_history_queryset(request, history_manager, pk_name, object_id)
        return found.filter(tenant_id=bound_tenant_id())

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._own_history(object_id)
        response: HttpResponse = super().history_view(request, object_id, extra_context)
        return response

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """One version, to read. simple-history's own view shows and, on POST, writes other tenants' rows."""
        if request.method not in {"GET", "HEAD"} or not self.has_view_permission(request):
            raise Http404
        version = self._own_history(object_id).filter(pk=_number(version_id)).first()
        if version is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": self.history_view_title(request, version.history_object),
            "opts": self.model._meta,
            "object": version.history_object,
            "version": version,
            "values": [(field.verbose_name, _shown(version, field)) for field in version.tracked_fields],
        }
        return render(request, self.object_history_form_template, context)

    def _own_history(self, object_id: str) -> Any:
        """The history of one of the bound tenant's objects. 404: another's, a missing one, nonsense."""
        attribute = getattr(self.model._meta, "simple_history_manager_attribute", None)
        if attribute is None:
            raise Http404
        key = {self.model._meta.pk.attname: _number(object_id)}
        rows = getattr(self.model, attribute).filter(tenant_id=bound_tenant_id(), **key)
        if not rows.exists():
            raise Http404
        return rows


class TenantTabularInline(RoleChecked, ScopedChoices, admin.TabularInline):
    """Rows of a tenant inside their parent's page. Who may set up adds, changes and removes them."""

    form = TenantForm
    extra = 0
    view_on_site = False

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


def _number(value: str) -> int:
    """A primary key from an address; 404 for anything that cannot be one."""
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise Http404
    return int(value)


def _shown(row: Any, field: models.Field[Any, Any]) -> Any:
    if getattr(field, "choices", None):
        return getattr(row, f"get_{field.name}_display")()
    try:
        return getattr(row, field.name)
    except (FieldDoesNotExist, models.ObjectDoesNotExist):
        return getattr(row, field.attname)  # what it pointed at is gone; its number stays on record
