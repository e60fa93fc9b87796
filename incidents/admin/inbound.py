"""Raw events as they came in, and those that could not be read."""

from typing import Any

from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.sites import tenant_site
from incidents.admin.filters import QuarantineFilter
from incidents.admin.reading import ReadOnlyAdmin, preformatted
from incidents.models import Alert, InboundEvent, Incident


@admin.register(InboundEvent, site=tenant_site)
class InboundEventAdmin(ReadOnlyAdmin):
    """For those who set up; what told of a private incident is its circle's alone."""

    view_permission = "incidents.setup"
    list_display = ("received_at", "source", "format", "outcome", "problem", "attempts")
    list_filter = (QuarantineFilter, "outcome", "format", "source")
    list_select_related = ("source",)
    ordering = ("-id",)
    fields = ("received_at", "source", "format", "outcome", "problem", "attempts", "processed_at", "raw")

    def get_queryset(self, request: Any) -> Any:
        """The list leaves the bodies in the database: each may have half a megabyte."""
        seen = Incident.objects.visible_to(getattr(request, "membership", None)).filter(private=True)
        hidden = Alert.objects.filter(incident__private=True).exclude(incident__in=seen)
        rows = super().get_queryset(request)
        rows = rows.filter(
            Q(alert_ids=None) | ~Q(alert_ids__overlap=ArraySubquery(hidden.order_by().values("pk")))
        )
        match = getattr(request, "resolver_match", None)
        return rows.defer("body") if match and match.url_name.endswith("_changelist") else rows

    @admin.display(description=_("body"))
    def raw(self, event: InboundEvent) -> SafeString:
        return preformatted(bytes(event.body).decode("utf-8", "backslashreplace"))
