"""/p/<token>: answering a page without signing in.

The token in the address is the credential, so there is no cookie and no CSRF token: who can forge the address
needs no forged form. GET and HEAD never change anything, since mail scanners open every link.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.conflicts import Conflict
from config.tenancy.doors import DoorClosed, open_door
from config.tenancy.models import DoorKind
from incidents.models import CallAnswer, CancelReason
from incidents.operations.cancelling import cancel, undo_cancel
from incidents.operations.merging import merge_all
from incidents.operations.notes import add_note
from incidents.operations.renewing import keep_call
from incidents.operations.responding import snooze, undo_acknowledge
from incidents.views.page_deeds import acknowledge, actor_of_page, finish_test, pass_on, say
from incidents.views.page_read import read_page
from incidents.views.page_state import PageView
from oncall.models import Page

SNOOZE = timedelta(minutes=15)
ANSWERS = frozenset({"ack", "pass_on", "in_ten", "cannot"})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page_link(request: HttpRequest, token: str) -> HttpResponseBase:
    try:
        with open_door(DoorKind.PAGE, token.upper()) as opened:
            response = _answer(request, opened.row_id)
    except (DoorClosed, Page.DoesNotExist):
        raise Http404 from None
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response


def _answer(request: HttpRequest, page_id: int) -> HttpResponse:
    now = clock.now()
    view = read_page(page_id, now)
    user = view.page.membership.user
    with timezone.override(user.zone), translation.override(user.language):
        if request.method != "POST":
            return _drawn(request, view)
        deed = _asked_for(request, view)
        if deed is None:
            return _drawn(request, view)
        try:
            deed(request, view, actor_of_page(view), now)
        except (Conflict, ValidationError, PermissionDenied) as refusal:
            return _drawn(request, read_page(page_id, now), refused=refusal)
        return HttpResponseRedirect(request.get_full_path(), status=303)


def _asked_for(request: HttpRequest, view: PageView) -> "Deed | None":
    """None where this page has no such deed: a test is finished, and nothing else; what was given to others
    is not answered any more, as by text message and telephone.
    """
    name = request.POST.get("do", "")
    if view.state == "given" and name in ANSWERS:
        return None
    if view.state == "expired" or view.is_test != (name == "finish_test"):
        return None
    return DEEDS.get(name) if view.call is not None or view.is_test else None


def _drawn(request: HttpRequest, view: PageView, refused: Exception | None = None) -> HttpResponse:
    words = "" if refused is None else " ".join(getattr(refused, "messages", [str(refused)]))
    context = {"p": view, "now": view.now, "refused": words}
    return render(request, "incidents/page/page.html", context, status=409 if refused else 200)


# --- deeds: each safe to repeat ----------------------------------------------------------------------------
def _acknowledge(request: HttpRequest, view: PageView, actor: Actor, now: datetime) -> None:
    """This one, and those folded into it that were listed when the page was drawn."""
    listed = set(request.POST.getlist("also"))
    acknowledge(view, [other for other in view.folded if other.uid in listed], actor, now)


def _in_ten(request: HttpRequest, view: PageView, actor: Actor, now: datetime) -> None:
    say(view, CallAnswer.IN_TEN, actor, now)


def _cannot(request: HttpRequest, view: PageView, actor: Actor, now: datetime) -> None:
    say(view, CallAnswer.CANNOT, actor, now, _drawn_at(request, now))


def _pass_on(request: HttpRequest, view: PageView, actor: Actor, now: datetime) -> None:
    pass_on(view, actor, now, asked_at=_drawn_at(request, now))


def _still_on_it(request: HttpRequest, view: PageView, actor: Actor, now: datetime) -> None:
    assert view.call is not None
    keep_call(call=view.call, membership=view.page.membership, actor=actor, now=now)


def _finish_test(request: HttpRequest, view: PageView, actor: Actor, now: datetime) -> None:
    finish_test(view, actor, now)


def _undo(request: HttpRequest, view: PageView, actor: Actor, now: datetime) -> None:
    assert view.incident is not None
    if view.state == "over":
        undo_cancel(incident=view.incident, actor=actor, now=now)
    else:
        undo_acknowledge(incident=view.incident, membership=view.page.membership, actor=actor, now=now)


def _false_alarm(request: HttpRequest, view: PageView, actor: Actor, now: datetime) -> None:
    assert view.incident is not None
    cancel(incident=view.incident, reason=CancelReason.FALSE_ALARM, actor=actor, now=now)


def _snooze(request: HttpRequest, view: PageView, actor: Actor, now: datetime) -> None:
    assert view.incident is not None
    snooze(incident=view.incident, until=now + SNOOZE, actor=actor, now=now)


def _join(request: HttpRequest, view: PageView, actor: Actor, now: datetime) -> None:
    assert view.incident is not None
    text = translation.gettext("%(name)s joins too.") % {"name": view.person}
    if not view.incident.timeline.filter(actor_id=view.page.membership_id, text=text).exists():
        add_note(incident=view.incident, text=text, actor=actor, now=now)


def _one_incident(request: HttpRequest, view: PageView, actor: Actor, now: datetime) -> None:
    """What was taken together with this one is one and the same: the others go up in it."""
    assert view.incident is not None
    merge_all(incidents=view.together, into=view.incident, actor=actor, now=now)


def _drawn_at(request: HttpRequest, now: datetime) -> datetime | None:
    """When the page that is answered was drawn. Nonsense and the future count as now."""
    try:
        drawn = parse_datetime(request.POST.get("drawn", ""))
    except ValueError:
        return None
    return min(drawn, now) if drawn is not None and timezone.is_aware(drawn) else None


Deed = Callable[[HttpRequest, PageView, Actor, datetime], None]
DEEDS: dict[str, Deed] = {
    "ack": _acknowledge,
    "pass_on": _pass_on,
    "undo": _undo,
    "false_alarm": _false_alarm,
    "snooze": _snooze,
    "in_ten": _in_ten,
    "cannot": _cannot,
    "join": _join,
    "one_incident": _one_incident,
    "still_on_it": _still_on_it,
    "finish_test": _finish_test,
}
