"""Members of the tenant: invite, change a role, end. Owners only; everybody may look."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.sites import tenant_site
from config.tenancy.models import Membership
from config.tenancy.operations import people


class InviteForm(TenantForm):
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("Used where this person is new to Muster.")
    )

    class Meta:
        model = Membership
        fields = ("role",)


@admin.register(Membership, site=tenant_site)
class MembershipAdmin(TenantModelAdmin):
    setup_permission = "tenancy.manage_people"
    list_display = ("user", "email", "role", "joined_at", "ended_at")
    list_filter = ("role", ("ended_at", admin.EmptyFieldListFilter))
    allowed_lookups = ("ended_at__isempty",)
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    ordering = ("ended_at", "user__name")
    readonly_fields = ("user", "email", "joined_at", "ended_at")
    fields = ("user", "email", "role", "wants_internal_mail", "joined_at", "ended_at")
    actions = ("end_memberships",)

    @admin.display(description=_("e-mail"))
    def email(self, membership: Membership) -> str:
        return membership.user.email

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            return InviteForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fields(request, obj) if obj else ("email", "name", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who has left is on record, and is invited again rather than changed."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_current)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor, now = self.actor(request), clock.now()
        if change:
            people.change_role(membership=obj, role=obj.role, actor=actor, now=now)
            people.set_internal_mail(membership=obj, wanted=obj.wants_internal_mail, actor=actor, now=now)
            return
        data = form.cleaned_data
        membership, password = people.invite_member(
            email=data["email"], name=data["name"], role=data["role"], actor=actor, now=now
        )
        obj.__dict__.update(membership.__dict__)
        obj.first_password = password

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """Without mail the first password is shown, once; with it, the link in the mail is the way in."""
        if obj.first_password and not settings.EMAIL_URL:
            context = {
                **self.admin_site.each_context(request),
                "title": _("%(name)s is invited") % {"name": obj},
                "opts": self.model._meta,
                "label": _("First password of %(email)s") % {"email": obj.user.email},
                "secret": obj.first_password,
                "hint": _(
                    "Mail is not set up here, so hand it over yourself. They should change it at once."
                ),
            }
            return TemplateResponse(request, "tenancy/admin/shown_once.html", context)
        return super().response_add(request, obj, post_url_continue)

    @admin.action(description=_("End these memberships"), permissions=["change"])
    def end_memberships(self, request: HttpRequest, queryset: Any) -> None:
        for membership in queryset:
            people.end_membership(membership=membership, actor=self.actor(request), now=clock.now())
            messages.success(request, _("%(name)s is no longer a member.") % {"name": membership})
