"""The tenant's severity scale. Its history is the scale's versions (R20)."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.sites import tenant_site
from incidents.models import Severity
from incidents.templatetags.incident_words import severity_badge


@admin.register(Severity, site=tenant_site)
class SeverityAdmin(TenantModelAdmin):
    list_display = ("level", "name", "description", "response", "update_minutes")
    ordering = ("rank",)
    fields = ("rank", "word", "name", "description", "examples", "response", "update_minutes")

    @admin.display(description=_("severity"), ordering="rank")
    def level(self, severity: Severity) -> SafeString:
        return format_html("{}", severity_badge(severity.word, severity.rank))
