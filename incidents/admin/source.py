"""Alert sources: made here, with the address to copy and a ready snippet; keys rotated and revoked here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy import links
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.sites import tenant_site
from incidents.admin.reading import preformatted
from incidents.models import AlertSource
from incidents.operations.sources import create_source, revoke_source, rotate_key

ALERTMANAGER = """receivers:
  - name: muster
    webhook_configs:
      - url: {url}
        send_resolved: true
"""


@admin.register(AlertSource, site=tenant_site)
class AlertSourceAdmin(TenantModelAdmin):
    list_display = ("name", "service", "last_event_at", "revoked_at")
    list_select_related = ("service",)
    search_fields = ("name",)
    ordering = ("name",)
    actions = ("rotate", "revoke")
    shown_to_all = ("created_at", "last_event_at", "revoked_at")
    secrets = ("the_key", "webhook", "alertmanager", "pagerduty")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("name", "service")
        secrets = self.secrets if self._may_see_key(request) and obj.revoked_at is None else ()
        return ("name", "service", *secrets, *self.shown_to_all)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else (*self.secrets, *self.shown_to_all)

    def _may_see_key(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("incidents.view_secrets"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new one gets its key and its door by the operation; a change is its name or service."""
        if change:
            super().save_model(request, obj, form, change)
            return
        made, _key = create_source(
            name=obj.name, service=obj.service, actor=self.actor(request), now=clock.now()
        )
        obj.__dict__.update(made.__dict__)

    # --- what to copy ---

    @admin.display(description=_("key"))
    def the_key(self, source: AlertSource) -> SafeString:
        return format_html("<code class='mono'>{}</code>", source.key)

    @admin.display(description=_("address for any JSON"))
    def webhook(self, source: AlertSource) -> SafeString:
        return format_html("<code class='mono'>{}</code>", links.ingest(source.key, "json"))

    @admin.display(description=_("for Alertmanager"))
    def alertmanager(self, source: AlertSource) -> SafeString:
        return preformatted(ALERTMANAGER.format(url=links.ingest(source.key, "alertmanager")))

    @admin.display(description=_("for PagerDuty clients"))
    def pagerduty(self, source: AlertSource) -> SafeString:
        return format_html(
            "<code class='mono'>{}</code><br>{}",
            links.absolute("/v2/enqueue"),
            _("with the key as routing key (Events API v2)"),
        )

    # --- actions ---

    @admin.action(description=_("New key (the old one works for 24 hours more)"), permissions=["change"])
    def rotate(self, request: HttpRequest, queryset: Any) -> None:
        for source in queryset:
            rotate_key(source=source, actor=self.actor(request), now=clock.now())

    @admin.action(description=_("Revoke these sources"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        for source in queryset:
            revoke_source(source=source, actor=self.actor(request), now=clock.now())
