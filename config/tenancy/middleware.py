"""The prefix and the binding.

TenantPrefixMiddleware comes early: it moves /t/<slug> from the path to the script name and chooses the
tenant's urlconf, so that `reverse` keeps the prefix and no root address exists under a tenant.
TenantBindingMiddleware comes after authentication: it finds tenant and membership and enters the scope for
the rest of the request. Bearer keys of the API are bound there as well.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import get_script_prefix, set_script_prefix
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from config import clock
from config.tenancy.binding import membership_bound
from config.tenancy.doors import DoorClosed, open_door
from config.tenancy.models import ApiKey, DoorKind, Membership, Tenant
from config.tenancy.scoping import tenant_scope

PREFIX = re.compile(r"/t/(?P<slug>[^/]+)(?P<rest>/.*)?", re.DOTALL)
API = "/api/"
USED_AT_MOST_EVERY = timedelta(minutes=1)
GetResponse = Callable[[HttpRequest], HttpResponse]


class TenantPrefixMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A host of its own (a status page) has chosen its urlconf already: no tenant has a prefix there.
        found = None if hasattr(request, "urlconf") else PREFIX.fullmatch(request.path_info)
        request.tenant_slug = found["slug"] if found else None  # type: ignore[attr-defined]
        if found is None:
            return self.get_response(request)
        previous = get_script_prefix()
        script_name = request.META.get("SCRIPT_NAME", "").rstrip("/") + f"/t/{found['slug']}"
        request.META["SCRIPT_NAME"] = script_name
        request.META["PATH_INFO"] = request.path_info = found["rest"] or "/"
        request.path = script_name + request.path_info
        request.urlconf = settings.TENANT_URLCONF
        set_script_prefix(f"{script_name}/")
        try:
            return self.get_response(request)
        finally:
            set_script_prefix(previous)


class TenantBindingMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.tenant = request.membership = request.api_key = None  # type: ignore[attr-defined]
        slug = request.tenant_slug  # type: ignore[attr-defined]
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and request.path_info.startswith(f"{API}v1/"):
            return self._with_key(request, slug, secret.strip())
        if slug is None:
            return self.get_response(request)
        return self._with_person(request, slug)

    def _with_person(self, request: HttpRequest, slug: str) -> HttpResponse:
        """A signed-in member under the prefix. Whether the tenant exists is told to members only."""
        if not request.user.is_authenticated:
            if request.path_info.startswith(API):
                words = _("Sign in, or send an API key as Authorization: Bearer.")
                return _api_error(401, "not_signed_in", words)
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        tenant = Tenant.objects.filter(slug=slug, closed_at=None).first() if "\0" not in slug else None
        if tenant is None:
            return _missing(request)
        with tenant_scope(tenant.pk):
            members = Membership.objects.select_related("user")
            membership = members.filter(user_id=request.user.pk, ended_at=None).first()
            if membership is None:
                return _missing(request)
            request.tenant, request.membership = tenant, membership  # type: ignore[attr-defined]
            with membership_bound(membership):
                return self._answer(request, tenant, membership.user.language, membership.user.time_zone)

    def _with_key(self, request: HttpRequest, slug: str | None, secret: str) -> HttpResponse:
        """An API key: it alone decides the tenant; under another tenant's prefix it is a missing page."""
        try:
            with open_door(DoorKind.API_KEY, secret) as opened:
                now = clock.now()
                key = ApiKey.objects.select_related("tenant").filter(pk=opened.row_id).first()
                if key is None or not key.is_valid(now) or key.tenant.closed_at:
                    raise DoorClosed
                if slug is not None and slug != key.tenant.slug:
                    return _missing(request)
                if key.last_used_at is None or now - key.last_used_at > USED_AT_MOST_EVERY:
                    ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
                request.tenant, request.api_key = key.tenant, key  # type: ignore[attr-defined]
                # A session that came along counts for nothing, so there is no session to protect either.
                request.user = AnonymousUser()
                request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
                return self._answer(request, key.tenant, key.tenant.language, key.tenant.time_zone)
        except DoorClosed:
            return _api_error(401, "unknown_key", _("This API key is unknown, expired or revoked."))

    def _answer(self, request: HttpRequest, tenant: Tenant, language: str, zone: str) -> HttpResponse:
        with (
            timezone.override(zone),
            translation.override(language),
            structlog.contextvars.bound_contextvars(tenant=tenant.slug),
        ):
            response = _whole(self.get_response(request))
        # Before LocaleMiddleware, which knows only the language the browser asked for.
        response.headers.setdefault("Content-Language", language)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def _whole(response: HttpResponse) -> HttpResponse:
    """A streamed answer would be made after the scope is left: it is read here."""
    if not getattr(response, "streaming", False):
        return response
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    plain = HttpResponse(content, status=response.status_code, headers=dict(response.items()))
    plain.cookies = response.cookies
    for close in response._resource_closers:  # type: ignore[attr-defined]
        close()
    return plain


def _missing(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith(API):
        return _api_error(404, "not_found", _("There is nothing here."))
    raise Http404


def _api_error(status: int, code: str, message: str) -> JsonResponse:
    response = JsonResponse({"error": {"code": code, "message": message, "fields": {}}}, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
