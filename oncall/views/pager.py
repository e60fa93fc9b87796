"""/t/<tenant>/pager: how I am woken, all on one page; my contact card; the pre-flight."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config import clock
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.requests import actor_of
from oncall.views.pager_card import card_of
from oncall.views.pager_deeds import DEEDS, Asked, Missing
from oncall.views.pager_read import pager_of
from oncall.views.preflight_read import nights, preflight_of


@never_cache
@require_safe
def pager(request: HttpRequest) -> HttpResponse:
    """A fixed number of statements. What a deed said stands above its part, with script or without."""
    context = pager_of(_me(request), now=clock.now(), zone_name=_me(request).user.time_zone)
    return render(request, "oncall/pager/pager.html", context)


@require_POST
def pager_deed(request: HttpRequest, verb: str) -> HttpResponse:
    """One deed on my own pager, then the page again at its part. Another's row is a missing one."""
    if verb not in DEEDS:
        raise Http404
    me, deed = _me(request), DEEDS[verb]
    asked = Asked(request.POST, me, actor_of(request), clock.now())
    try:
        messages.success(request, deed.do(asked))
    except Missing as missing:
        raise Http404 from missing
    except ValidationError as refused:
        for line in refused.messages:
            messages.error(request, line)
    except Conflict as refused:
        messages.error(request, str(refused.message))
    return HttpResponseRedirect(f"{reverse('pager')}#{deed.part}")


@require_safe
def pager_card(request: HttpRequest) -> HttpResponse:
    """The numbers and addresses that pages come from, for the phone's address book."""
    _me(request)
    body = card_of(request.tenant.name)  # type: ignore[attr-defined]
    response = HttpResponse(body, content_type="text/vcard; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="pager.vcf"'
    return response


@never_cache
@require_safe
def preflight(request: HttpRequest) -> HttpResponse:
    """Who could not be woken in a night to come, and why. For who may set up."""
    me, now = _me(request), clock.now()
    if not request.user.has_perm("oncall.setup"):
        raise PermissionDenied
    night = nights(request.GET.get("night", ""), me.user.zone, now)
    return render(request, "oncall/pager/preflight.html", preflight_of(night, me.user.zone, now=now))


def _me(request: HttpRequest) -> Membership:
    if not request.user.has_perm("oncall.view"):
        raise PermissionDenied
    found: Any = request
    me: Membership = found.membership
    return me
