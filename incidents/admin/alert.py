"""Alerts, to read: what a monitor said, whole; what became of it, and what it did before."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.bounded import SEARCHED, NewestSearched
from config.tenancy.admin.sites import tenant_site
from incidents.admin.filters import SeenAndQuietFilter
from incidents.admin.reading import ReadOnlyAdmin, pretty
from incidents.drawing import chips
from incidents.limits import FLAPPING
from incidents.models import Alert, InboundEvent
from incidents.operations.event_reads import only_readable
from incidents.operations.seeing import is_visible

SHOWN_BEFORE = 20
SHOWN_EVENTS = 10
# A post that told of it last is looked for so far before: the events of a source are many, alerts live long.
LOOKED_BACK = timedelta(hours=1)


@admin.register(Alert, site=tenant_site)
class AlertAdmin(NewestSearched, ReadOnlyAdmin):
    change_form_template = "admin/incidents/alert/change_form.html"
    change_list_template = "admin/incidents/alert/change_list.html"
    list_display = (
        "title",
        "state",
        "severity",
        "chosen_labels",
        "service",
        "source",
        "in_incident",
        "count",
        "last_seen",
    )
    list_filter = ("status", SeenAndQuietFilter, "severity", "service", "source")
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
        "caught_by",
        "service",
        "source",
        "summary",
        "links",
        "nice_labels",
        "nice_tags",
        "count",
        "flaps",
        "first_seen",
        "last_seen",
        "resolved_at",
        "dedup_key",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What hangs on a private incident is its circle's alone. The list leaves the payloads."""
        rows: QuerySet[Any] = super().get_queryset(request)
        match = getattr(request, "resolver_match", None)
        if match is not None and str(match.url_name).endswith("_changelist"):
            rows = rows.defer("payload", "summary")
        return rows.filter(is_visible(getattr(request, "membership", None)))

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Two statements more: earlier ones of its key, and the posts that told of it."""
        alert = context.get("original")
        if alert is not None:
            before = self.get_queryset(request).filter(source=alert.source_id, dedup_key=alert.dedup_key)
            before = before.exclude(pk=alert.pk).select_related("incident").defer("payload", "summary")
            sets_up = request.user.has_perm("incidents.setup")
            context["before"] = list(before.order_by("-id")[:SHOWN_BEFORE])
            context["events"] = _events(alert, request.membership) if sets_up else []
            context["payload"] = pretty(alert.payload)
            context["now"] = clock.now()
        return super().render_change_form(request, context, *args, **kwargs)

    # --- what is said of one ---

    @admin.display(description=_("status"), ordering="status")
    def state(self, alert: Alert) -> SafeString:
        shape = "major" if alert.is_open else "works"
        words = [(shape, alert.get_status_display()), *_also(alert)]
        return format_html_join(" ", '<span class="state {}">{}</span>', words)

    @admin.display(description=_("incident"), ordering="incident")
    def in_incident(self, alert: Alert) -> SafeString | str:
        if alert.incident is None:
            return "–"
        return format_html(
            '<a href="{}">{}</a>', reverse("room", args=[alert.incident.number]), alert.incident.key
        )

    @admin.display(description=_("labels"))
    def chosen_labels(self, alert: Alert) -> SafeString | str:
        words = [f"{name}={value}" for name, value in sorted(alert.labels.items())]
        return chips([*alert.tags, *words], 4)

    @admin.display(description=_("labels"))
    def nice_labels(self, alert: Alert) -> SafeString | str:
        return chips((f"{name}={value}" for name, value in sorted(alert.labels.items())), 60)

    @admin.display(description=_("tags"))
    def nice_tags(self, alert: Alert) -> SafeString | str:
        return chips(alert.tags, 60)

    @admin.display(description=_("caught by"))
    def caught_by(self, alert: Alert) -> str:
        said = alert.routed_by or _now("no rule")
        if alert.said_severity != alert.severity:
            said += " · " + _now("the source says: %(word)s") % {"word": alert.get_said_severity_display()}
        return said

    @admin.display(description=_("links"))
    def links(self, alert: Alert) -> SafeString | str:
        found = [(_("Runbook"), alert.runbook_url), (_("Dashboard"), alert.dashboard_url)]
        # Written by machines: an address of another scheme would run when clicked.
        safe = [(url, words) for words, url in found if url.startswith(("https://", "http://"))]
        return format_html_join(" · ", '<a href="{}" rel="noreferrer">{}</a>', safe) or "–"


def _also(alert: Alert) -> Iterator[tuple[str, str]]:
    if alert.is_test:
        yield "info", _now("test")
    if alert.suppressed:
        yield "info", _now("suppressed")
    if alert.flaps >= FLAPPING:
        yield "warn", _now("flapping")


def _events(alert: Alert, membership: Any) -> list[InboundEvent]:
    """The posts that told of it first, last and at its end; not every one between. By received_at."""
    moments = [moment for moment in (alert.first_seen, alert.resolved_at) if moment is not None]
    lately = Q(received_at__gte=alert.last_seen - LOOKED_BACK, received_at__lte=alert.last_seen)
    rows = only_readable(InboundEvent.objects.filter(source=alert.source_id), membership)
    rows = rows.filter(lately | Q(received_at__in=moments), alert_ids__contains=[alert.pk])
    return list(rows.defer("body").order_by("-received_at")[:SHOWN_EVENTS])
