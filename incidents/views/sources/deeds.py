"""Buttons of a source's page: send a test, new key, revoke. Each is a POST that leads back to the page."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.conflicts import Conflict
from config.tenancy.requests import actor_of
from incidents.models import AlertSource
from incidents.operations.event_reads import readable_events
from incidents.operations.source_tests import came_of, send_test
from incidents.operations.sources import revoke_source, rotate_key

Work = Callable[[AlertSource, Actor, datetime], str]


@require_POST
def test_source(request: HttpRequest, source: str) -> HttpResponse:
    """Posts the tool's sample; the page shows what comes of it."""

    def work(found: AlertSource, actor: Actor, now: datetime) -> str:
        return f"?tested={send_test(source=found, actor=actor, now=now).pk}#test"

    return _worked(request, source, work)


@require_POST
def new_key(request: HttpRequest, source: str) -> HttpResponse:
    def work(found: AlertSource, actor: Actor, now: datetime) -> str:
        rotate_key(source=found, actor=actor, now=now)
        messages.success(request, _("Here is the new key. The old one works for 24 hours more."))
        return "#address"

    return _worked(request, source, work)


@require_POST
def revoke(request: HttpRequest, source: str) -> HttpResponse:
    def work(found: AlertSource, actor: Actor, now: datetime) -> str:
        revoke_source(source=found, actor=actor, now=now)
        messages.success(request, _("Revoked. What is posted with its key is refused from now on."))
        return ""

    return _worked(request, source, work)


@require_safe
def test_result(request: HttpRequest, source: str, event: int) -> HttpResponse:
    """What came of a test, the piece of the page alone: the page asks for it until it is there."""
    found = source_of(request, source)
    rows = readable_events(request.membership)  # type: ignore[attr-defined]
    post = rows.filter(pk=event, source=found).first()
    if post is None:
        raise Http404
    context = {"source": found, "came": came_of(post)}
    return render(request, "incidents/source/test_result.html", context)


def source_of(request: HttpRequest, uid: str) -> AlertSource:
    """Who may not set up is refused before anything is looked up; another tenant's is missing."""
    if not request.user.has_perm("incidents.setup"):
        raise PermissionDenied
    found: AlertSource | None = AlertSource.objects.filter(uid=uid).select_related("service").first()
    if found is None:
        raise Http404
    return found


def page_of(source: AlertSource) -> str:
    return reverse("admin:incidents_alertsource_change", args=[source.pk])


def _worked(request: HttpRequest, uid: str, work: Work) -> HttpResponse:
    source = source_of(request, uid)
    end = ""
    try:
        end = work(source, actor_of(request), clock.now())
    except (Conflict, ValidationError) as refusal:
        messages.error(request, " ".join(getattr(refusal, "messages", [str(refusal)])))
    return HttpResponseRedirect(page_of(source) + end, status=303)
