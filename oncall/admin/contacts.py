"""How people are reached: contact methods and notification rules."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.sites import tenant_site
from oncall.admin.schedules import CurrentPeople
from oncall.models import ContactMethod, NotificationRule


@admin.register(ContactMethod, site=tenant_site)
class ContactMethodAdmin(CurrentPeople, TenantModelAdmin):
    """The signing secret is shown to who may set up: the receiver of a webhook needs it to check a page."""

    deletable = True
    list_display = ("membership", "kind", "verified_at", "disabled_at")
    list_filter = ("kind", ("disabled_at", admin.EmptyFieldListFilter))
    allowed_lookups = ("disabled_at__isempty",)
    list_select_related = ("membership__user",)
    fields = ("membership", "kind", "address", "verified_at", "disabled_at", "signing_secret")
    readonly_fields = ("signing_secret",)

    @admin.display(description=_("signing secret of a webhook"))
    def signing_secret(self, contact: ContactMethod) -> str:
        return contact.secret if contact.kind == "webhook" else ""

    def get_fields(self, request: HttpRequest, obj: ContactMethod | None = None) -> Any:
        """Addresses and secrets are for whoever may change them."""
        if self.may_set_up(request):
            return self.fields
        return ("membership", "kind", "verified_at", "disabled_at")


@admin.register(NotificationRule, site=tenant_site)
class NotificationRuleAdmin(CurrentPeople, TenantModelAdmin):
    deletable = True
    list_display = ("membership", "urgency", "contact", "delay_minutes")
    list_filter = ("urgency",)
    list_select_related = ("membership__user", "contact__membership__user")
    fields = ("membership", "urgency", "contact", "delay_minutes")

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        queryset = super().get_field_queryset(db, db_field, request)
        return queryset.select_related("membership__user") if db_field.name == "contact" else queryset
