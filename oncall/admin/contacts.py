"""How people are reached: contact methods, notification rules, what they want of their pager."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.sites import tenant_site
from oncall.admin.ladders import OnlyRead
from oncall.admin.schedules import CurrentPeople
from oncall.models import ContactMethod, NotificationRule, PagerProfile, PersonalMessage
from oncall.operations import contacts, profiles, verifying


@admin.register(ContactMethod, site=tenant_site)
class ContactMethodAdmin(CurrentPeople, TenantModelAdmin):
    """The signing secret is shown to who may set up: the receiver of a webhook needs it to check a page.

    Nobody says by hand that an address is proved: a code is sent to it, and typed in on "My pager".
    """

    deletable = True
    list_display = ("membership", "kind", "verified_at", "disabled_at")
    list_filter = ("kind", ("disabled_at", admin.EmptyFieldListFilter))
    allowed_lookups = ("disabled_at__isempty",)
    list_select_related = ("membership__user",)
    fields = (
        "membership",
        "kind",
        "address",
        "verified_at",
        "disabled_at",
        "disabled_reason",
        "signing_secret",
    )
    readonly_fields = ("verified_at", "disabled_at", "disabled_reason", "signing_secret")
    actions = ("send_codes", "switch_off", "switch_on")

    @admin.display(description=_("signing secret of a webhook"))
    def signing_secret(self, contact: ContactMethod) -> str:
        return contact.secret if contact.kind == "webhook" else ""

    def get_fields(self, request: HttpRequest, obj: ContactMethod | None = None) -> Any:
        """Addresses and secrets are for whoever may change them."""
        if not self.may_set_up(request):
            return ("membership", "kind", "verified_at", "disabled_at")
        return self.fields if obj else ("membership", "kind", "address")

    def get_readonly_fields(self, request: HttpRequest, obj: ContactMethod | None = None) -> Any:
        """Another address is another contact, with a code of its own."""
        return ("membership", "kind", "address", *self.readonly_fields) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            return
        made = contacts.add_contact(
            membership=obj.membership,
            kind=obj.kind,
            address=obj.address,
            actor=self.actor(request),
            now=clock.now(),
        )
        obj.__dict__.update(made.__dict__)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        contacts.remove_contact(contact=obj, actor=self.actor(request), now=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for contact in queryset:
            self.delete_model(request, contact)

    @admin.action(description=_("Send the code again"), permissions=["change"])
    def send_codes(self, request: HttpRequest, queryset: Any) -> None:
        self._each(request, queryset.filter(verified_at=None), verifying.send_code)

    @admin.action(description=_("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: Any) -> None:
        self._each(request, queryset, contacts.switch_off)

    @admin.action(description=_("Switch on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: Any) -> None:
        self._each(request, queryset, contacts.switch_on)

    def _each(self, request: HttpRequest, queryset: Any, deed: Callable[..., ContactMethod]) -> None:
        for contact in queryset.select_related("membership__user"):
            deed(contact=contact, actor=self.actor(request), now=clock.now())
        messages.success(request, _("Done."))


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


@admin.register(PagerProfile, site=tenant_site)
class PagerProfileAdmin(CurrentPeople, TenantModelAdmin):
    """Quiet hours and limits; the rest is on each one's own page, "My pager"."""

    list_display = ("membership", "quiet_start", "quiet_end", "without_limits", "tested_at")
    list_select_related = ("membership__user",)
    fields = ("membership", "quiet_days", "quiet_start", "quiet_end", "without_limits", "tested_at")
    readonly_fields = ("tested_at",)

    def get_readonly_fields(self, request: HttpRequest, obj: PagerProfile | None = None) -> Any:
        return ("membership", "tested_at") if obj else ("tested_at",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        given = {"membership": obj.membership, "actor": self.actor(request), "now": clock.now()}
        profiles.set_quiet_hours(days=obj.quiet_days, start=obj.quiet_start, end=obj.quiet_end, **given)
        made = profiles.set_limits(without_limits=obj.without_limits, **given)
        obj.__dict__.update(made.__dict__)


@admin.register(PersonalMessage, site=tenant_site)
class PersonalMessageAdmin(OnlyRead, TenantModelAdmin):
    """Codes, notices and digests on their way. No words: they are the person's own."""

    list_display = ("membership", "kind", "method", "state", "created_at", "tries")
    list_filter = ("state", "kind", "method")
    list_select_related = ("membership__user",)
    date_hierarchy = "created_at"
    fields = ("membership", "kind", "method", "state", "note", "created_at", "retry_at", "tries", "sent_at")
