"""The tenant's severity scale and its versions (R20): each change here publishes one."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.sites import tenant_site
from incidents.models import RoleCode, ScaleVersion, Severity
from incidents.operations.scale import FIELDS, save_severity
from incidents.templatetags.incident_words import severity_badge

CALLABLE = [(code.value, code.label) for code in RoleCode if code != RoleCode.OTHER]


class SeverityForm(TenantForm):
    called_roles = forms.MultipleChoiceField(
        label=_("roles it calls"),
        choices=CALLABLE,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Called by themselves once an incident of this severity is real."),
    )


@admin.register(Severity, site=tenant_site)
class SeverityAdmin(TenantModelAdmin):
    form = SeverityForm
    list_display = ("level", "name", "description", "response", "update_minutes", "postmortem_required")
    ordering = ("rank",)
    fields = FIELDS

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_severity(severity=obj, actor=self.actor(request), now=clock.now())

    @admin.display(description=_("severity"), ordering="rank")
    def level(self, severity: Severity) -> SafeString:
        return format_html("{}", severity_badge(severity.word, severity.rank))


@admin.register(ScaleVersion, site=tenant_site)
class ScaleVersionAdmin(TenantModelAdmin):
    """The scale as it stood, to read. A version is written with each change and never changed itself."""

    list_display = ("version", "published_at", "actor_label", "words")
    list_display_links = None
    ordering = ("-number",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("version"), ordering="number")
    def version(self, scale: ScaleVersion) -> str:
        return f"v{scale.number}"

    @admin.display(description=_("severity scale"))
    def words(self, scale: ScaleVersion) -> str:
        return " · ".join(f"{step['word']} {step['name']}" for step in scale.steps)
