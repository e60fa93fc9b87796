"""Status pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.sites import tenant_site
from config.tenancy.audit import current_act
from statuspage.models import StatusPage
from statuspage.operations.changes import page_changed
from statuspage.operations.setup import create_page

ONCE = ("slug", "kind")


class StatusPageForm(TenantForm):
    more_languages = forms.MultipleChoiceField(
        label=_("further languages"),
        choices=settings.LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Words to customers can be written in these as well."),
    )


@admin.register(StatusPage, site=tenant_site)
class StatusPageAdmin(TenantModelAdmin):
    """Slug and kind are chosen when a page is made, and stay."""

    form = StatusPageForm
    list_display = ("name", "kind", "link", "rendered_at")
    list_select_related = ("tenant",)
    search_fields = ("name", "slug")
    fields = ("name", "slug", "kind", "time_zone", "language", "more_languages", "link", "rendered_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("link", "rendered_at", *(ONCE if obj else ()))

    @admin.display(description=_("where it is read"))
    def link(self, page: StatusPage) -> SafeString | str:
        if page.pk is None:
            return ""
        return format_html('<a href="{0}">{0}</a>', page.address)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        now = current_act().now
        if change:
            obj.save()
            page_changed(obj.pk, now)
            return
        made = create_page(
            slug=obj.slug,
            name=obj.name,
            kind=obj.kind,
            time_zone=obj.time_zone,
            language=obj.language,
            more_languages=obj.more_languages,
            actor=self.actor(request),
            now=now,
        )
        obj.__dict__.update(made.__dict__)
