"""Deeds of words: notes, the sentence on top, messages to customers and colleagues."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from incidents.models import Audience, EntryKind, Message, MessageKind
from incidents.operations.findings import write_down
from incidents.operations.messages import publish_message
from incidents.operations.notes import set_now_line
from incidents.views.deeds.given import Given
from incidents.views.room_words import drafted, page_of
from statuspage.states import NoticeStatus

HALF_AN_HOUR = timedelta(minutes=30)
AUDIENCES = {
    "both": (Audience.EXTERNAL, Audience.INTERNAL),
    "external": (Audience.EXTERNAL,),
    "internal": (Audience.INTERNAL,),
}
PREFIX = "component-"


def do_note(given: Given) -> str:
    kind = given.said("kind") or EntryKind.NOTE.value
    at = given.past_time("at")
    text = given.said("text")
    write_down(
        incident=given.incident, text=text, kind=kind, occurred_at=at, actor=given.actor, now=given.now
    )
    return _("Written down.")


def do_now_line(given: Given) -> str:
    set_now_line(incident=given.incident, text=given.said("text"), actor=given.actor, now=given.now)
    return _("Everybody sees it.")


def do_tell(given: Given) -> str:
    """One message to each chosen audience, all or none."""
    audiences = AUDIENCES.get(given.said("to"))
    if audiences is None:
        raise ValidationError(_("Choose whom to tell."))
    for audience in audiences:
        _publish(given, audience, given.said(audience), title=given.said(f"{audience}_title"))
    return _("Told.")


def do_same_as_before(given: Given) -> str:
    """The last words once more to each audience that had some, and 30 minutes more."""
    told = False
    for audience in (Audience.EXTERNAL, Audience.INTERNAL):
        last = _last(given, audience)
        if last is not None:
            body = _("Still as before: %(words)s") % {"words": _bare(last.body)}
            _publish(given, audience, body, status=last.status, next_in=HALF_AN_HOUR)
            told = True
    if not told:
        raise ValidationError(_("Nothing has been told yet."))
    return _("Told again.")


def _publish(
    given: Given,
    audience: str,
    body: str,
    *,
    title: str = "",
    status: str = "",
    next_in: timedelta | None = None,
) -> Message:
    last = _last(given, audience)
    kind = MessageKind.START if last is None else MessageKind.UPDATE
    if not given.incident.is_open:
        kind = MessageKind.FINAL
    if not title and last is not None and audience == Audience.EXTERNAL:
        title = last.title
    if not title:
        page = page_of(given.incident)
        title = drafted(given.incident, audience, [kind], page, given.now)[kind].title
    next_at = given.now + next_in if next_in else given.until("next")
    return publish_message(
        incident=given.incident,
        audience=audience,
        kind=kind,
        status=status or given.said("status") or NoticeStatus.INVESTIGATING,
        title=title,
        body=body,
        components=_components(given) if audience == Audience.EXTERNAL else {},
        next_update_at=None if kind == MessageKind.FINAL else next_at,
        actor=given.actor,
        now=given.now,
    )


def _last(given: Given, audience: str) -> Any:
    told = given.incident.messages.filter(audience=audience, published_at__isnull=False)
    return told.order_by("-published_at", "-id").first()


def _components(given: Given) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX): str(given.post[name]) for name in given.post if name.startswith(PREFIX)
    }


def _bare(body: str) -> str:
    """Without the "still as before" of last time."""
    prefix = _("Still as before: %(words)s") % {"words": ""}
    return body.removeprefix(prefix)
