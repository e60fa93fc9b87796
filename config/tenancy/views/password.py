"""A forgotten password, a link from a mail, and a changed password."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from config import clock
from config.tenancy import links, signing_in, throttle
from config.tenancy.actors import Actor
from config.tenancy.forms import AskForm, ChangePasswordForm, NewPasswordForm
from config.tenancy.models import User
from config.tenancy.operations.passwords import request_new_password, set_password
from config.tenancy.peers import network_of
from config.tenancy.signin_links import read_token
from config.tenancy.throttle import Limit

HOUR = timedelta(hours=1)


@never_cache
@csrf_protect
def ask(request: HttpRequest) -> HttpResponse:
    """The answer is the same for an account that exists, one that does not, and one asked for too often."""
    form = AskForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "tenancy/password_ask.html", {"form": form})
    email, now = form.cleaned_data["email"].strip(), clock.now()
    limits = [Limit(f"reset:{signing_in.account_bucket(email)}", 3, HOUR)]
    if network := network_of(request):  # not known over a unix socket: then all would share one count
        limits.append(Limit(f"reset:net:{network}", 20, HOUR))
    if throttle.wait_for(limits, now=now) is None:
        request_new_password(email=email, now=now)
    return render(request, "tenancy/password_asked.html")


@never_cache
@csrf_protect
@sensitive_post_parameters()
def choose_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows, and changes nothing: mail scanners follow links. POST sets."""
    now = clock.now()
    link = read_token(token, now=now)
    if link is None:
        return _private(render(request, "tenancy/password_stale.html", status=404))
    form = NewPasswordForm(request.POST or None)
    with translation.override(link.user.language):
        actor, reason = Actor.account(link.user.pk, str(link.user)), "by a link in a mail"
        if request.method == "POST" and _set(form, link.user, actor, reason):
            messages.success(request, _("Your password is set. Sign in with it."))
            return _private(HttpResponseRedirect(links.SIGN_IN))
        context = {"form": form, "person": link.user, "is_invitation": link.is_invitation}
        return _private(render(request, "tenancy/password_choose.html", context))


@never_cache
@csrf_protect
@sensitive_post_parameters()
def change(request: HttpRequest) -> HttpResponse:
    """For who is signed in and knows the present password; the session stays, all others end."""
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.get_full_path(), links.SIGN_IN)
    with translation.override(user.language):
        if request.method != "POST":
            return render(request, "tenancy/password_change.html", {"form": ChangePasswordForm(user=user)})
        limit = Limit(f"change:{signing_in.account_bucket(user.email)}", signing_in.PER_ACCOUNT)
        if throttle.wait_for([limit], now=clock.now()):
            context = {"form": ChangePasswordForm(user=user), "said": _("Too many tries. Wait 15 minutes.")}
            return render(request, "tenancy/password_change.html", context, status=429)
        form = ChangePasswordForm(request.POST, user=user)
        if _set(form, user, Actor.account(user.pk, str(user)), "changed by themselves"):
            update_session_auth_hash(request, user)
            messages.success(request, _("Your password is changed."))
            return HttpResponseRedirect("/admin/")
        return render(request, "tenancy/password_change.html", {"form": form})


def _set(form: NewPasswordForm, user: User, actor: Actor, reason: str) -> bool:
    """Whether the form was good and the password is set; else the form says what is wrong."""
    if not form.is_valid():
        return False
    password = form.cleaned_data["password"]
    try:
        set_password(user=user, password=password, actor=actor, now=clock.now(), reason=reason)
    except ValidationError as error:
        form.add_error("password", error)
        return False
    return True


def _private(response: Any) -> HttpResponse:
    """The address itself is the secret here."""
    response.headers["Referrer-Policy"] = "no-referrer"
    plain: HttpResponse = response
    return plain
