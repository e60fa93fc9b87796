"""Deeds of words: notes, the sentence on top, messages to customers and colleagues."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from incidents.models import Audience, EntryKind, Message, MessageKind
from incidents.operations.desk import desk_of
from incidents.operations.eyes import one_of
from incidents.operations.findings import write_down
from incidents.operations.messages import tell, tell_again, tell_final
from incidents.operations.notes import set_now_line
from incidents.operations.reviewing import approve
from incidents.operations.withdrawing import withdraw
from incidents.views.deeds.given import Given
from statuspage.states import NoticeStatus

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
    """One message to each chosen audience, all or none. Own words to customers may have to be read first."""
    audiences = AUDIENCES.get(given.said("to"))
    if audiences is None:
        raise ValidationError(_("Choose whom to tell."))
    messages = [_tell(given, audience) for audience in audiences]
    waiting = next((one for one in messages if one.published_at is None), None)
    if waiting is None:
        return _("Told.")
    names = one_of(list(Membership.objects.filter(uid__in=waiting.review_asked_of).select_related("user")))
    if len(messages) > 1:
        return _("Colleagues are told. %(who)s reads the words to customers first.") % {"who": names}
    return _("%(who)s reads it first.") % {"who": names}


def do_same_as_before(given: Given) -> str:
    """The last words once more to each audience that had some, and 30 minutes more."""
    tell_again(incident=given.incident, actor=given.actor, now=given.now)
    return _("Told again.")


def do_approve(given: Given) -> str:
    """I have read it, or: nobody has, and it goes out all the same."""
    approve(
        incident=given.incident,
        uid=given.said("message")[:12],
        as_of=given.moment("as_of") or given.now,
        actor=given.actor,
        now=given.now,
    )
    return _("Customers are told.")


def do_withdraw(given: Given) -> str:
    withdraw(incident=given.incident, actor=given.actor, now=given.now)
    return _("Taken back.")


def _tell(given: Given, audience: str) -> Message:
    told = given.incident.messages.filter(audience=audience, published_at__isnull=False)
    last = told.order_by("-published_at", "-id").first()
    shared: dict[str, Any] = {
        "incident": given.incident,
        "audience": audience,
        "body": given.said(audience),
        "translations": translations_in(given, audience),
        "seal": given.said(f"{audience}_seal"),
        "actor": given.actor,
        "now": given.now,
    }
    if not given.incident.is_open:
        return tell_final(postmortem=given.said("postmortem") != "no", **shared)
    kind = MessageKind.START if last is None else MessageKind.UPDATE
    title = given.said(f"{audience}_title")
    if last is not None and audience == Audience.EXTERNAL:
        title = last.title
    if not title:
        title = desk_of(given.incident, now=given.now).draft(audience, kind).title[:200]
    return tell(
        kind=kind,
        status=given.said("status") or NoticeStatus.INVESTIGATING,
        title=title,
        components=_components(given) if audience == Audience.EXTERNAL else {},
        next_update_at=given.until("next"),
        **shared,
    )


def translations_in(given: Given, audience: str) -> dict[str, dict[str, str]]:
    """What was written in further languages: without a text a title alone says nothing."""
    found = {}
    for language, _name in settings.LANGUAGES:
        body = given.said(f"{audience}_{language}")
        if body:
            found[language] = {"title": given.said(f"{audience}_title_{language}"), "body": body}
    return found


def _components(given: Given) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX): str(given.post[name]) for name in given.post if name.startswith(PREFIX)
    }
