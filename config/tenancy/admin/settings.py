"""The tenant's own settings: one page, with the tenant's name, zone and language on it."""

from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin, own_rows
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.sites import tenant_site
from config.tenancy.models import TenantSettings
from config.tenancy.operations.tenants import change_tenant
from config.tenancy.validators import valid_time_zone

OF_TENANT = ("name", "time_zone", "language")


class SettingsForm(TenantForm):
    name = forms.CharField(label=_("name"), max_length=120)
    time_zone = forms.CharField(label=_("time zone"), max_length=64, validators=[valid_time_zone])
    language = forms.ChoiceField(label=_("language"), choices=django_settings.LANGUAGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in OF_TENANT:
            self.initial.setdefault(name, getattr(self.instance.tenant, name))


@admin.register(TenantSettings, site=tenant_site)
class TenantSettingsAdmin(TenantModelAdmin):
    form = SettingsForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = [
            field.name for field in TenantSettings._meta.fields if field.editable and not field.primary_key
        ]
        return [*OF_TENANT, *own]

    # For who may only look: Django shows a form's own fields by methods of the same name.
    @admin.display(description=_("name"))
    def name(self, row: TenantSettings) -> str:
        return row.tenant.name

    @admin.display(description=_("time zone"))
    def time_zone(self, row: TenantSettings) -> str:
        return row.tenant.time_zone

    @admin.display(description=_("language"))
    def language(self, row: TenantSettings) -> str:
        return row.tenant.get_language_display()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """There is one row, so its page is the list."""
        pk = own_rows(TenantSettings).values_list("pk", flat=True).get()
        return HttpResponseRedirect(reverse("admin:tenancy_tenantsettings_change", args=(pk,)))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        words = {name: form.cleaned_data[name] for name in OF_TENANT}
        change_tenant(settings=obj, actor=self.actor(request), now=clock.now(), **words)
