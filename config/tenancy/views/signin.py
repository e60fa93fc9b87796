"""Signing in and out. One sign-in, one session for all tenants."""

from datetime import timedelta

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from config import clock
from config.tenancy import links, signing_in, throttle
from config.tenancy.forms import SignInForm
from config.tenancy.models import User
from config.tenancy.views.chooser import tenants_of


@never_cache
@csrf_protect
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _try(request)
    if isinstance(request.user, User):
        return HttpResponseRedirect(_where_to(request, request.user))
    return _page(request, SignInForm(request=request))


def _try(request: HttpRequest) -> HttpResponse:
    email = request.POST.get("email", "")[:254]
    wait = throttle.wait_for(signing_in.limits_of(request, email), now=clock.now())
    if wait is not None:
        return _too_often(request, wait)
    form = SignInForm(request.POST, request=request)
    if not form.is_valid() or form.user is None:
        return _page(request, form)
    request.session.flush()  # a new session key, also where the same person was signed in already
    login(request, form.user)
    throttle.forget(signing_in.account_bucket(email))
    response = HttpResponseRedirect(_where_to(request, form.user))
    signing_in.remember_device(response, email)
    return response


@never_cache
@csrf_protect
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect(links.SIGN_IN)


def _page(request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
    wanted = request.POST.get("next", request.GET.get("next", ""))
    return render(request, "tenancy/sign_in.html", {"form": form, "next": wanted}, status=status)


def _too_often(request: HttpRequest, wait: timedelta) -> HttpResponse:
    """The password is not looked at: what is said depends neither on it nor on there being an account."""
    seconds = int(wait.total_seconds()) + 1
    minutes = -(-seconds // 60)
    form = SignInForm(request=request, initial={"email": request.POST.get("email", "")[:254]})
    words = ngettext(
        "Too many tries. Wait a minute, then try again.",
        "Too many tries. Wait %(minutes)s minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}
    context = {"form": form, "said": words, "next": request.POST.get("next", "")}
    response = render(request, "tenancy/sign_in.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _where_to(request: HttpRequest, user: User) -> str:
    """The page that was wanted; else the one tenant's admin; else the chooser."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    tenants = tenants_of(user)
    return links.tenant_path(tenants[0].slug) if len(tenants) == 1 else "/admin/"
