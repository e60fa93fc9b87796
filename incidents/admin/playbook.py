"""The playbook: a list for each severity, and one for security with its clocks."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.sites import tenant_site
from incidents.models import PlaybookStep


class StepForm(TenantForm):
    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if bool(said.get("severity")) == bool(said.get("for_security")):
            raise ValidationError({"severity": _("Choose a severity, or tick security: one of the two.")})
        return said


@admin.register(PlaybookStep, site=tenant_site)
class PlaybookStepAdmin(TenantModelAdmin):
    form = StepForm
    list_display = ("text", "severity", "for_security", "within_minutes", "position", "archived_at")
    list_filter = ("severity", "for_security", ("archived_at", admin.EmptyFieldListFilter))
    allowed_lookups = ("archived_at__isempty",)
    list_select_related = ("severity",)
    ordering = ("for_security", "severity__rank", "position", "id")
    fields = ("text", "severity", "for_security", "within_minutes", "position", "archived_at")
