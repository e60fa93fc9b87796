"""Everybody's own name, time zone and language."""

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from config import clock
from config.tenancy import links
from config.tenancy.actors import Actor
from config.tenancy.models import User
from config.tenancy.operations.accounts import change_account
from config.tenancy.validators import time_zones


class AccountForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name", "time_zone", "language")
        widgets = {"time_zone": forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"})}


@never_cache
@csrf_protect
def account(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.get_full_path(), links.SIGN_IN)
    # A copy: a form that is refused must not change the name in the bar above it.
    row = User.objects.get(pk=user.pk)
    form = AccountForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        change_account(user=row, actor=Actor.account(row.pk, str(row)), now=clock.now())
        with translation.override(row.language):
            messages.success(request, _("Saved."))
        return HttpResponseRedirect("/account/")
    with translation.override(user.language):
        context = {"form": form, "time_zones": sorted(time_zones())}
        return render(request, "tenancy/account.html", context)
