"""/hooks/twilio/sms: what people text back. Answered by one text message, never by silence.

The code, with the number it was sent to, is the credential: it stands for one page of one person, as the link
in the same message does (oncall.operations.replying). What may be done is what the link may.
"""

from datetime import datetime
from xml.sax.saxutils import escape

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from config import clock
from config.tenancy import links
from config.tenancy.conflicts import Conflict
from config.tenancy.doors import Opened
from config.tenancy.scoping import tenant_scope
from incidents.views.page_deeds import acknowledge, actor_of_page, finish_test, pass_on
from incidents.views.page_read import read_page
from incidents.views.page_state import PageView
from incidents.views.phone.provider import from_provider, twiml
from oncall import replies
from oncall.models import ContactMethod, Method, Notification, Page
from oncall.operations.gone import switch_off_stopped
from oncall.operations.replying import TooManyReplies, other_codes, page_of_reply

# Where nobody is known whose language it could be.
STRANGERS = "en"


@from_provider
def sms(request: HttpRequest) -> HttpResponse:
    number, now = request.POST.get("From", "").strip(), clock.now()
    reply = replies.read(request.POST.get("Body", ""))
    if reply.verb == replies.STOP:
        # The carrier answers it, and lets nothing through afterwards.
        _stop(number, now)
        return twiml(_message(""))
    return twiml(_message(_answer(number, reply, now)))


def _answer(number: str, reply: replies.Reply, now: datetime) -> str:
    try:
        # What is no answer is looked up as well, for the language of the last page to that number.
        opened = page_of_reply(number=number, code=reply.code)
    except TooManyReplies:
        return replies.too_many(links.sign_in(), STRANGERS)
    if opened is None:
        return _nothing(reply, STRANGERS)
    with tenant_scope(opened.tenant_id):
        return _of_page(opened, number, reply, now)


def _of_page(opened: Opened, number: str, reply: replies.Reply, now: datetime) -> str:
    try:
        view = read_page(opened.row_id, now)
    except Page.DoesNotExist:
        return _nothing(reply, STRANGERS)
    user = view.page.membership.user
    with timezone.override(user.zone), translation.override(user.language):
        if reply.verb == replies.UNKNOWN:
            return replies.not_understood(links.sign_in(), user.language)
        try:
            said = _deed(view, number, reply, now)
        except (Conflict, ValidationError, PermissionDenied):
            said = ""
        return said or _another(view, number, reply, now) or _nothing(reply, user.language)


def _another(view: PageView, number: str, reply: replies.Reply, now: datetime) -> str:
    """An "ok" to the last page, which is over: an older one still rings, and is named, not taken. The words
    were not about it.
    """
    if reply.code is not None:
        return ""
    for page_id, code in other_codes(page=view.page, number=number):
        other = read_page(page_id, now)
        if other.state in {"paging", "test"}:
            return replies.still_rings(other.key, code, links.sign_in(), view.page.membership.user.language)
    return ""


def _deed(view: PageView, number: str, reply: replies.Reply, now: datetime) -> str:
    """What is answered; empty where the page is over, old or somebody else's by now."""
    language, actor = view.page.membership.user.language, actor_of_page(view)
    if view.is_test:
        if view.state != "test":
            return ""
        finish_test(view, actor, now)
        return replies.test_finished(language)
    if view.call is None or not view.may_be_answered:
        return ""
    if reply.verb == replies.PASS_ON:
        if view.state == "mine":
            return ""
        names = view.next_names if not view.next_is_me else []
        pass_on(view, actor, now, asked_at=_sent_at(view, number))
        return replies.passed_on(view.key, names, language)
    count = len(view.folded)
    acknowledge(view, view.folded, actor, now)
    after = read_page(view.page.pk, now)
    return replies.you_have(f"{view.key} +{count}" if count else view.key, after.not_called, language)


def _sent_at(view: PageView, number: str) -> datetime | None:
    """When the message that is answered went out: a step that fired after it is not passed over."""
    sent = Notification.objects.filter(page=view.page, method=Method.SMS, sent_at__isnull=False)
    rows = sent.select_related("contact").order_by("-sent_at")
    return next((row.sent_at for row in rows if row.contact and row.contact.address == number), None)


def _stop(number: str, now: datetime) -> None:
    """The contact that the last page to this number went to is switched off."""
    opened = page_of_reply(number=number, code=None)
    if opened is None:
        return
    with tenant_scope(opened.tenant_id):
        page = Page.objects.select_related("membership__user").filter(pk=opened.row_id).first()
        if page is None:
            return
        theirs = ContactMethod.objects.filter(membership=page.membership, kind=Method.SMS, disabled_at=None)
        for contact in theirs:
            if contact.address == number:
                switch_off_stopped(contact=contact, now=now)


def _nothing(reply: replies.Reply, language: str) -> str:
    address = links.sign_in()
    if reply.verb == replies.UNKNOWN:
        return replies.not_understood(address, language)
    if reply.code is None:
        return replies.nothing_open(address, language)
    return replies.not_yours(reply.code, address, language)


def _message(words: str) -> str:
    inner = f"<Message>{escape(words)}</Message>" if words else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>'
