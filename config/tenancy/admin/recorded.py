"""A ModelAdmin whose every write is somebody's, and whose history can be read and nothing else."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from simple_history.admin import SimpleHistoryAdmin

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict


class RecordedAdmin(SimpleHistoryAdmin):
    """Writes run inside `acting`; operations may refuse them; LogEntry is not written; revert is off.

    Subclasses say who acts (`actor`) and whose history it is (`history_rows`).
    """

    view_on_site = False
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    object_history_template = "tenancy/admin/history.html"
    object_history_list_template = "tenancy/admin/history_list.html"
    object_history_form_template = "tenancy/admin/history_version.html"

    def actor(self, request: HttpRequest) -> Actor:
        raise NotImplementedError

    def history_rows(self) -> Any:
        """All history rows that may be seen here; 404 for a model without history."""
        attribute = getattr(self.model._meta, "simple_history_manager_attribute", None)
        if attribute is None:
            raise Http404
        return getattr(self.model, attribute).all()

    # --- writing ---

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """An operation that save_model calls may refuse: then nothing is saved, and it is said why."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (ValidationError, Conflict) as error:
            _say(request, error)
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
        """A POST runs an action or saves list_editable; an operation may refuse that as well."""
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        try:
            with acting(self.actor(request), now=clock.now()):
                return super().changelist_view(request, extra_context)
        except (ValidationError, Conflict) as error:
            _say(request, error)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Plain save: history takes the actor from `acting`, not from simple-history's own user."""
        obj.save()

    # Django's LogEntry is not written: the history of each row says more, and cannot be changed.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None: ...

    # --- history ---

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def get_history_queryset(self, request: HttpRequest, manager: Any, pk_name: str, object_id: Any) -> Any:
        found = super().get_history_queryset(request, manager, pk_name, object_id)
        return found.filter(pk__in=self.history_rows().filter(**{pk_name: object_id}).values("pk"))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._history_of(request, object_id)
        response: HttpResponse = super().history_view(request, object_id, extra_context)
        return response

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """One version, to read. simple-history's own view shows and, on POST, writes other tenants' rows."""
        if request.method not in {"GET", "HEAD"} or not self.has_view_permission(request):
            raise Http404
        version = self._history_of(request, object_id).filter(pk=_number(version_id)).first()
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

    def _history_of(self, request: HttpRequest, object_id: str) -> Any:
        """The history of one object. 404 where there is none to be seen, and for nonsense.

        Trap: a row that `get_queryset` keeps from this reader has a history as well. Of one that was deleted
        nothing is left that could be kept from anybody.
        """
        pk = _number(object_id)
        rows = self.history_rows().filter(**{self.model._meta.pk.attname: pk})
        there = self.model._default_manager.filter(pk=pk).exists()
        if not rows.exists() or (there and not self.get_queryset(request).filter(pk=pk).exists()):
            raise Http404
        return rows


def _say(request: HttpRequest, error: ValidationError | Conflict) -> None:
    for message in error.messages if isinstance(error, ValidationError) else [error.message]:
        messages.error(request, str(message))


def _number(value: str) -> int:
    """A primary key from an address; 404 for anything that cannot be one."""
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise Http404
    return int(value)


def _shown(row: Any, field: Any) -> Any:
    if field.choices:
        return getattr(row, f"get_{field.name}_display")()
    try:
        return getattr(row, field.name)
    except ObjectDoesNotExist:
        return getattr(row, field.attname)  # what it pointed at is gone; its number stays on record
