"""Alert sources: made here; the page has the address to copy, what comes in, a test, settings and the key."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.sites import tenant_site
from incidents.admin.filters import RevokedFilter
from incidents.admin.source_page import page_of
from incidents.drawing import ago, spark
from incidents.figures.source_rates import last_hours
from incidents.models import AlertSource, Tool
from incidents.operations.sources import SETTINGS, create_source, revoke_source, rotate_key, save_source

COMES_TOGETHER = ("grouping", "grouping_labels", "reopen_minutes", "quiet_ends_after_minutes")
SIGNATURE = ("signature_secret", "signature_header", "timestamp_header")
FOLDED = {"classes": ("collapse",)}


class SourceForm(TenantForm):
    """The mapping has a page of its own, where it can be tried out."""

    class Meta:
        widgets = {
            "signature_secret": forms.PasswordInput(
                render_value=True, attrs={"autocomplete": "off", "class": "vTextField"}
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = self.fields.get("grouping_labels")
        if isinstance(labels, SimpleArrayField):
            labels.widget.attrs["class"] = "vTextField"


@admin.register(AlertSource, site=tenant_site)
class AlertSourceAdmin(TenantModelAdmin):
    form = SourceForm
    change_form_template = "admin/incidents/alertsource/change_form.html"
    change_list_template = "admin/incidents/alertsource/change_list.html"
    list_display = ("name", "tool", "service", "last_event", "last_hour", "state")
    list_filter = ("tool", RevokedFilter)
    list_select_related = ("service",)
    search_fields = ("name",)
    ordering = ("name",)
    actions = ("rotate", "revoke")

    # --- the form ---

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("name", "tool", "service")}),)
        first: tuple[str, ...] = ("name", "tool", "service")
        if obj.tool == Tool.ALERTMANAGER:
            first = (*first, "by_group")
        return (
            (_("What it is"), {"fields": first}),
            (_("Which alerts come together, and when one ends"), {"fields": COMES_TOGETHER, **FOLDED}),
            (_("How much it may post"), {"fields": ("limit_per_minute",), **FOLDED}),
            *self._signature(request, obj),
        )

    def _signature(self, request: HttpRequest, obj: Any) -> tuple[Any, ...]:
        """For who may see keys: whoever has the secret can sign as the tool does."""
        if not request.user.has_perm("incidents.view_secrets"):
            return ()
        folded = {} if obj.tool == Tool.GRAFANA and obj.signature_secret else FOLDED
        words = _(
            "Signature: webhooks must be signed; "
            "PagerDuty's and Opsgenie's addresses and heartbeats are not asked"
        )
        return ((words, {"fields": SIGNATURE, **folded}),)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new one gets its key and its door by the operation."""
        if change:
            save_source(source=obj, actor=self.actor(request), now=clock.now())
            return
        said = {field: getattr(obj, field) for field in SETTINGS if field in form.cleaned_data}
        made, _key = create_source(
            name=obj.name,
            service=obj.service,
            tool=said.pop("tool"),
            settings=said,
            actor=self.actor(request),
            now=clock.now(),
        )
        obj.__dict__.update(made.__dict__)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """To its page: what one needs next is the address."""
        messages.success(request, _now("Made. Give this address to the tool, then send a test."))
        return HttpResponseRedirect(reverse("admin:incidents_alertsource_change", args=[obj.pk]))

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        source = context.get("original")
        if source is not None:
            context["page"] = page_of(
                source,
                tested=request.GET.get("tested", ""),
                membership=request.membership,
                sees_keys=request.user.has_perm("incidents.view_secrets"),
                sets_up=request.user.has_perm("incidents.setup"),
                now=clock.now(),
            )
        return super().render_change_form(request, context, *args, **kwargs)

    # --- the list ---

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The lines of all rows of the page in one statement."""
        changes = super().get_changelist_instance(request)
        now = clock.now()
        rates = last_hours(changes.result_list, now)
        for source in changes.result_list:
            source.drawn_at, source.minutes = now, rates[source.pk]
        return changes

    def get_queryset(self, request: HttpRequest) -> Any:
        """The list reads no secret."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        listed = match is not None and str(match.url_name).endswith("_changelist")
        return rows.defer("key", "signature_secret") if listed and request.method == "GET" else rows

    @admin.display(description=_("last event"), ordering="last_event_at")
    def last_event(self, source: Any) -> SafeString | str:
        return ago(source.last_event_at, source.drawn_at) or _now("never")

    @admin.display(description=_("last hour"))
    def last_hour(self, source: Any) -> SafeString:
        return format_html('{} <span class="num">{}</span>', spark(source.minutes), sum(source.minutes))

    @admin.display(description=_("state"), ordering="revoked_at")
    def state(self, source: Any) -> SafeString:
        if source.revoked_at is not None:
            return format_html('<span class="state info">{}</span>', _now("revoked"))
        if source.last_event_at is None:
            return format_html('<span class="state info">{}</span>', _now("nothing yet"))
        return format_html('<span class="state works">{}</span>', _now("in use"))

    # --- actions ---

    @admin.action(description=_("New key (the old one works for 24 hours more)"), permissions=["change"])
    def rotate(self, request: HttpRequest, queryset: Any) -> None:
        for source in queryset:
            rotate_key(source=source, actor=self.actor(request), now=clock.now())

    @admin.action(description=_("Revoke these sources"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        for source in queryset:
            revoke_source(source=source, actor=self.actor(request), now=clock.now())
