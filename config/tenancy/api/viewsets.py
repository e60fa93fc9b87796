"""The viewsets every app builds on: scoped, by uid, newest first, with one permission per action."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.viewsets import GenericViewSet

from config.tenancy.api.filters import refuse_unknown
from config.tenancy.api.parsers import BoundedJSONParser


class TenantViewSet(GenericViewSet):
    """`queryset = X.objects.none()` names the model; override `rows()` for select_related or a narrower view.

    Permissions: `<app>.view` to read, `<app>.setup` to write, unless `action_permissions` says otherwise for
    an action (`{"acknowledge": "incidents.respond"}`) or its method carries one as `permission`.
    """

    queryset: Any = None
    lookup_field = "uid"
    parser_classes = [BoundedJSONParser]
    metadata_class = None  # OPTIONS would list choices; the schema says more
    action_permissions: dict[str, str] = {}

    def permission_for(self, method: str | None) -> str:
        """The permission this request needs. Asked by BoundTenantPermission."""
        named = self.action_permissions.get(self.action) or getattr(
            getattr(self, self.action, None), "permission", ""
        )
        if named:
            return str(named)
        app: str = self.queryset.model._meta.app_label
        return f"{app}.view" if method in {"GET", "HEAD", "OPTIONS"} else f"{app}.setup"

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset  # the schema is built outside any tenant
        return self.rows()

    def get_object(self) -> Any:
        if "\0" in self.kwargs.get(self.lookup_url_kwarg or self.lookup_field, ""):
            raise Http404  # no row has it in its name, and PostgreSQL refuses to look
        return super().get_object()

    def rows(self) -> QuerySet[Any]:
        """What this request may see at most. The manager is scoped; row security stands behind it."""
        rows: QuerySet[Any] = self.queryset.model.objects.all()
        return rows

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filters belong to lists: on one object `?status=` would make it look missing."""
        if self.detail:
            return queryset
        filters = getattr(self, "filterset_class", None)
        refuse_unknown(self.request, set(filters.base_filters) if filters else set())
        return super().filter_queryset(queryset)


class TenantReadOnlyViewSet(ListModelMixin, RetrieveModelMixin, TenantViewSet):
    """List and retrieve."""
