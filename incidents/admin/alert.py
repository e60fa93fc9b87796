"""Alerts, to read: what a monitor said, whole."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.bounded import SEARCHED, NewestSearched
from config.tenancy.admin.sites import tenant_site
from incidents.admin.reading import ReadOnlyAdmin, pretty
from incidents.models import Alert, Incident


@admin.register(Alert, site=tenant_site)
class AlertAdmin(NewestSearched, ReadOnlyAdmin):
    list_display = ("title", "state", "severity", "service", "source", "in_incident", "count", "last_seen")
    list_filter = ("status", "severity", "service", "source")
    allowed_lookups = ("incident__id__exact",)
    list_select_related = ("service", "source", "incident")
    search_fields = ("title", "=dedup_key")
    search_help_text = format_lazy(_("Words of the title, among the newest {newest}."), newest=SEARCHED)
    ordering = ("-id",)
    fields = (
        "title",
        "state",
        "severity",
        "in_incident",
        "service",
        "source",
        "summary",
        "links",
        "count",
        "first_seen",
        "last_seen",
        "resolved_at",
        "dedup_key",
        "nice_labels",
        "nice_payload",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What hangs on a private incident is its circle's alone."""
        seen = Incident.objects.visible_to(getattr(request, "membership", None)).filter(private=True)
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(Q(incident=None) | Q(incident__private=False) | Q(incident__in=seen))

    @admin.display(description=_("status"), ordering="status")
    def state(self, alert: Alert) -> SafeString:
        shape = "major" if alert.is_open else "works"
        return format_html('<span class="state {}">{}</span>', shape, alert.get_status_display())

    @admin.display(description=_("incident"), ordering="incident")
    def in_incident(self, alert: Alert) -> SafeString | str:
        if alert.incident is None:
            return "–"
        return format_html(
            '<a href="{}">{}</a>', reverse("room", args=[alert.incident.number]), alert.incident.key
        )

    @admin.display(description=_("links"))
    def links(self, alert: Alert) -> SafeString | str:
        found = [(_("Runbook"), alert.runbook_url), (_("Dashboard"), alert.dashboard_url)]
        # Written by machines: an address of another scheme would run when clicked.
        safe = [(url, words) for words, url in found if url.startswith(("https://", "http://"))]
        return format_html_join(" · ", '<a href="{}" rel="noreferrer">{}</a>', safe) or "–"

    @admin.display(description=_("labels"))
    def nice_labels(self, alert: Alert) -> SafeString:
        return pretty(alert.labels)

    @admin.display(description=_("payload"))
    def nice_payload(self, alert: Alert) -> SafeString:
        return pretty(alert.payload)
