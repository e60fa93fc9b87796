"""The chooser among one's tenants: /admin/ of everybody who is signed in."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from config.tenancy import links
from config.tenancy.models import Membership, Tenant, User
from config.tenancy.scoping import all_tenants


def tenants_of(user: User) -> list[Tenant]:
    """The open tenants in which that person is a member now, by name. One query, over all tenants."""
    with all_tenants("chooser"):
        members = Membership.objects.filter(user=user, ended_at=None, tenant__closed_at=None)
        return [member.tenant for member in members.select_related("tenant").order_by("tenant__name")]


def choose(request: HttpRequest) -> HttpResponse:
    from config.tenancy.admin.sites import platform_site

    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.get_full_path(), links.SIGN_IN)
    apps = platform_site.get_app_list(request) if platform_site.has_permission(request) else []
    rows = [(tenant, links.tenant_path(tenant.slug)) for tenant in tenants_of(user)]
    with translation.override(user.language):
        context = {"tenants": rows, "app_list": apps, "title": platform_site.index_title}
        response = render(request, "tenancy/chooser.html", context)
    response.headers["Content-Language"] = user.language
    return response
