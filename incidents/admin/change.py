"""Changes, to read: what was deployed or configured shortly before something broke."""

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.sites import tenant_site
from incidents.admin.reading import ReadOnlyAdmin, pretty
from incidents.models import Change


@admin.register(Change, site=tenant_site)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ("changed_at", "summary", "origin", "service", "source", "where")
    list_display_links = ("summary",)
    list_filter = ("service", "source")
    list_select_related = ("service", "source")
    ordering = ("-changed_at", "-id")
    fields = (
        "summary",
        "changed_at",
        "origin",
        "service",
        "source",
        "where",
        "received_at",
        "nice_details",
    )

    @admin.display(description=_("links"))
    def where(self, change: Change) -> SafeString | str:
        # Stored by machines, http and https only (adapters.change); looked at again where it becomes a link.
        safe = [
            (link["href"], link.get("text") or link["href"])
            for link in change.links
            if isinstance(link, dict) and str(link.get("href", "")).startswith(("https://", "http://"))
        ]
        drawn = format_html_join(" · ", '<a href="{}" rel="noreferrer">{}</a>', safe)
        return format_html("{}", drawn) if safe else "–"

    @admin.display(description=_("details"))
    def nice_details(self, change: Change) -> SafeString:
        return pretty(change.details)
