"""Raw events as they came in: what became of each, and those that could not be read."""

from typing import Any

from django.contrib import admin, messages
from django.db.models.functions import Length
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from config import clock
from config.tenancy.admin.sites import tenant_site
from incidents.admin.filters import FormatFilter, PostedByFilter, QuarantineFilter
from incidents.admin.reading import ReadOnlyAdmin, pretty_bytes
from incidents.models import InboundEvent, Outcome
from incidents.operations.event_reads import only_readable
from incidents.operations.replaying import MOST, replay_events
from incidents.operations.source_tests import came_of, is_test

# Shape and colour of each outcome; the word stands beside it.
SHAPES = {
    Outcome.PENDING: "info",
    Outcome.PROCESSED: "works",
    Outcome.QUARANTINED: "major",
    Outcome.DROPPED: "info",
    Outcome.COALESCED: "warn",
}


@admin.register(InboundEvent, site=tenant_site)
class InboundEventAdmin(ReadOnlyAdmin):
    """For those who set up; what told of a private incident is its circle's alone."""

    view_permission = "incidents.setup"
    change_form_template = "admin/incidents/inboundevent/change_form.html"
    change_list_template = "admin/incidents/inboundevent/change_list.html"
    list_display = ("received_at", "source", "how", "format", "size", "problem", "by")
    list_filter = (QuarantineFilter, "outcome", FormatFilter, PostedByFilter, "source")
    list_select_related = ("source",)
    ordering = ("-id",)
    actions = ("again",)
    fields = (
        "how",
        "problem",
        "became",
        "received_at",
        "source",
        "format",
        "by",
        "worked_again",
        "processed_at",
        "attempts",
        "size",
        "raw",
    )

    def get_queryset(self, request: Any) -> Any:
        """The list leaves the bodies in the database: each may have half a megabyte."""
        rows = only_readable(super().get_queryset(request), request.membership)
        rows = rows.annotate(bytes=Length("body"))
        match = getattr(request, "resolver_match", None)
        return rows.defer("body") if match and match.url_name.endswith("_changelist") else rows

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        event = context.get("original")
        context["again"] = event is not None and event.outcome != Outcome.PENDING
        return super().render_change_form(request, context, *args, **kwargs)

    # --- what is said of one ---

    @admin.display(description=_("outcome"), ordering="outcome")
    def how(self, event: InboundEvent) -> SafeString:
        shape = SHAPES[Outcome(event.outcome)]
        return format_html('<span class="state {}">{}</span>', shape, event.get_outcome_display())

    @admin.display(description=_("size"))
    def size(self, event: Any) -> str:
        return filesizeformat(event.bytes)

    @admin.display(description=_("posted by"))
    def by(self, event: InboundEvent) -> str:
        if not event.posted_by:
            return _now("the tool")
        if is_test(event):
            return _now("%(who)s, as a test") % {"who": event.posted_by}
        return _now("%(who)s, once more") % {"who": event.posted_by}

    @admin.display(description=_("what became of it"))
    def became(self, event: InboundEvent) -> SafeString | str:
        alerts = came_of(event).alerts
        if not alerts:
            return _now("It waits.") if event.outcome == Outcome.PENDING else _now("No alert.")
        return format_html_join("", "<div>{}</div>", ((_line(alert),) for alert in alerts[:50]))

    @admin.display(description=_("worked again"))
    def worked_again(self, event: InboundEvent) -> SafeString | str:
        """The one it came from, and those that came from it."""
        first = event.replay_of
        rows = InboundEvent.objects.filter(replay_of=event.pk).defer("body").order_by("pk")[:20]
        found = [(first, _now("the first time"))] if first else []
        found += [(one.pk, one.get_outcome_display()) for one in rows]
        name = "admin:incidents_inboundevent_change"
        links = ((reverse(name, args=[pk]), pk, words) for pk, words in found)
        return format_html_join(" · ", '<a href="{}">{}: {}</a>', links) or "–"

    @admin.display(description=_("body"))
    def raw(self, event: InboundEvent) -> SafeString:
        return pretty_bytes(bytes(event.body))

    @admin.action(description=_("Work these again: they may page"), permissions=["view"])
    def again(self, request: HttpRequest, queryset: Any) -> None:
        ids = list(queryset.order_by().values_list("pk", flat=True)[: MOST + 1])
        made = replay_events(ids=ids, actor=self.actor(request), now=clock.now())
        said = ngettext("%(n)d event is worked again.", "%(n)d events are worked again.", len(made))
        messages.success(request, said % {"n": len(made)})


def _line(alert: Any) -> SafeString:
    """The alert, its incident, and the rule that caught it."""
    parts = [
        format_html(
            '<a href="{}">{}</a>',
            reverse("admin:incidents_alert_change", args=[alert.pk]),
            alert.title or "–",
        )
    ]
    if alert.incident is not None:
        address = reverse("room", args=[alert.incident.number])
        parts.append(format_html('<a href="{}">{}</a>', address, alert.incident.key))
    if alert.routed_by:
        parts.append(format_html("{}", _now("caught by %(rule)s") % {"rule": alert.routed_by}))
    if alert.suppressed:
        parts.append(format_html("{}", _now("suppressed")))
    if alert.is_test:
        parts.append(format_html("{}", _now("a test")))
    return format_html_join(" · ", "{}", ((part,) for part in parts))
