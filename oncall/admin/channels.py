"""Chat channels and webhooks that belong to no person, as targets of steps."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.sites import tenant_site
from oncall.models import ChannelKind, SharedChannel


@admin.register(SharedChannel, site=tenant_site)
class SharedChannelAdmin(TenantModelAdmin):
    """Addresses and secrets are for whoever may change them; others see where it goes by its host."""

    deletable = True
    list_display = ("name", "kind", "hint", "disabled_at")
    list_filter = ("kind",)
    search_fields = ("name",)
    readonly_fields = ("signing_secret", "hint", "disabled_at", "disabled_reason")
    actions = ("switch_off", "switch_on")

    def get_fields(self, request: HttpRequest, obj: SharedChannel | None = None) -> Any:
        if self.may_set_up(request):
            return ("name", "kind", "address", "disabled_at", "disabled_reason", "signing_secret")
        return ("name", "kind", "hint", "disabled_at")

    @admin.action(description=_("Switch these off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: Any) -> None:
        self._switch(queryset, clock.now())

    @admin.action(description=_("Switch these on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: Any) -> None:
        self._switch(queryset, None)

    def _switch(self, queryset: Any, off_since: datetime | None) -> None:
        """One by one, so that each leaves its trace in the history."""
        for channel in queryset:
            channel.disabled_at, channel.disabled_reason = off_since, ""
            channel.save()

    @admin.display(description=_("goes to"))
    def hint(self, channel: SharedChannel) -> str:
        return channel.hint

    @admin.display(description=_("signing secret of a webhook"))
    def signing_secret(self, channel: SharedChannel) -> str:
        return channel.secret if channel.kind == ChannelKind.WEBHOOK else ""
