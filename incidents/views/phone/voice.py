"""/hooks/twilio/voice/<token> and /hooks/twilio/keys/<token>: a call reads the page, and a key answers it.

4 is "I have it", 6 passes it on, star says it again. A voicemail answers nothing, whatever it seems to press.
"""

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from config import clock
from config.tenancy import links
from config.tenancy.conflicts import Conflict
from config.tenancy.doors import DoorClosed, open_door
from config.tenancy.models import DoorKind
from incidents.views.page_deeds import acknowledge, actor_of_page, finish_test, pass_on
from incidents.views.page_read import read_page
from incidents.views.page_state import PageView
from incidents.views.phone.provider import from_provider, nothing_there, twiml
from oncall import replies
from oncall.models import Method, Notification, Page
from oncall.operations.drafts import message_of
from oncall.senders.speech import WITH_KEYS
from oncall.senders.voice import HAS_IT, PASSES_ON, announcement, hung_up, said

Answer = Callable[[HttpRequest, PageView, datetime], str]


@from_provider
def voice(request: HttpRequest, token: str) -> HttpResponse:
    return _of_page(request, token, lambda request, view, now: _read_aloud(view, now))


@from_provider
def keys(request: HttpRequest, token: str) -> HttpResponse:
    return _of_page(request, token, _pressed)


def _of_page(request: HttpRequest, token: str, answer: Answer) -> HttpResponse:
    now = clock.now()
    try:
        with open_door(DoorKind.PAGE, token.upper()) as opened:
            view = read_page(opened.row_id, now)
            user = view.page.membership.user
            with timezone.override(user.zone), translation.override(user.language):
                if _is_machine(request):
                    return twiml(hung_up())
                return twiml(answer(request, view, now))
    except (DoorClosed, Page.DoesNotExist):
        return nothing_there()


def _read_aloud(view: PageView, now: datetime) -> str:
    """What it says now; where it has been answered since the call was placed, that."""
    if over := _over(view):
        return said(over, view.page.membership.user.language)
    spoken = _spoken(view)
    if spoken is None:
        return hung_up()
    message = message_of(spoken, view.escalation, link=view.page.url, now=now, folded=len(view.folded))
    return announcement(message, links.absolute(f"/hooks/twilio/keys/{view.page.token}"))


def _pressed(request: HttpRequest, view: PageView, now: datetime) -> str:
    digit, language = request.POST.get("Digits", "")[:1], view.page.membership.user.language
    if over := _over(view):
        return said(over, language)
    try:
        if digit == HAS_IT:
            return said(_has_it(view, now), language)
        if digit == PASSES_ON and not view.is_test:
            return said(_passes_on(view, now), language)
    except (Conflict, ValidationError, PermissionDenied) as refusal:
        return said(" ".join(getattr(refusal, "messages", [str(refusal)])), language)
    # Star, and any other key: once more.
    return _read_aloud(view, now)


def _has_it(view: PageView, now: datetime) -> str:
    actor, language = actor_of_page(view), view.page.membership.user.language
    if view.is_test:
        finish_test(view, actor, now)
        return replies.test_finished(language)
    acknowledge(view, view.folded, actor, now)
    return replies.you_have(view.key, read_page(view.page.pk, now).not_called, language)


def _passes_on(view: PageView, now: datetime) -> str:
    names = view.next_names if not view.next_is_me else []
    pass_on(view, actor_of_page(view), now, asked_at=_placed_at(view))
    return replies.passed_on(view.key, names, view.page.membership.user.language)


def _over(view: PageView) -> str:
    """Why there is nothing to answer any more; empty where there is."""
    if view.is_test:
        return "" if view.state == "test" else _("This test is over.")
    if view.call is None or view.state == "expired":
        return _("This page is old. Sign in to read it.")
    words = {"key": view.key, "name": view.taken_by}
    match view.state:
        case "over":
            return _("%(key)s is over. Nothing for you to do.") % words
        case "taken":
            return _("%(name)s has %(key)s. Nothing for you to do.") % words
        case "given":
            return _("%(key)s is not yours any more.") % words
        case "mine":
            return _("You have %(key)s.") % words
    return ""


def _spoken(view: PageView) -> Notification | None:
    """The newest of this page that went by telephone and wants an answer."""
    found: Notification | None = (
        Notification.objects.filter(page=view.page, method=Method.VOICE, kind__in=WITH_KEYS)
        .select_related("membership__user", "tenant")
        .order_by("-id")
        .first()
    )
    return found


def _placed_at(view: PageView) -> datetime | None:
    spoken = _spoken(view)
    return spoken.sent_at if spoken is not None else None


def _is_machine(request: HttpRequest) -> bool:
    by = request.POST.get("AnsweredBy", "")
    return by.startswith("machine") or by == "fax"
