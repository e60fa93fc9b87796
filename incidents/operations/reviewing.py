"""A second person reads words to customers before they go out (operations.eyes says when)."""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents.models import Audience, EntryKind, Incident, Message
from incidents.operations.advancing import advance
from incidents.operations.chasing import nudge
from incidents.operations.desk import desk_of
from incidents.operations.eyes import (
    NeedsReader,
    is_second,
    may_alone,
    readers_for,
    refusal,
    whom_to_ask,
)
from incidents.operations.locking import lock_incident
from incidents.operations.publishing import public_page, send
from incidents.operations.said import named_components, put, row_for, said, same_words
from incidents.operations.timeline import record
from statuspage.operations.translations import Translations

MOST_MAILS = 10


def put_to_readers(
    *,
    incident: Incident,
    audience: str = Audience.EXTERNAL,
    kind: str,
    status: str,
    title: str,
    body: str,
    components: Mapping[str, str],
    next_update_at: datetime | None,
    translations: Translations | None = None,
    postmortem: bool | None = None,
    actor: Actor,
    now: datetime,
) -> Message:
    """Keeps the words as a draft and asks somebody else to read them: those with a role in the incident,
    else all who may publish, by mail and as their next action.

    Whoever changes waiting words becomes their writer; how long they wait counts from the first asking. The
    same words again change nothing. Raises ValidationError as `publish_message` does, and for words to
    colleagues: those wait for nobody. Needs incidents.publish.
    """
    actor.must("incidents.publish")
    if audience != Audience.EXTERNAL:
        raise ValidationError({"audience": _("Words to colleagues need no second reader.")})
    words = said(
        audience=audience,
        kind=kind,
        status=status,
        title=title,
        body=body,
        components=components,
        next_update_at=next_update_at,
        translations=translations,
        postmortem=postmortem,
        now=now,
    )
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        named_components(public_page(desk_of(incident, now=now)), words.components)
        message = row_for(incident, words, now)
        if message.waits_for_reader and same_words(message, words):
            return message
        put(message, words)
        asked = whom_to_ask(incident, but=actor.membership_id)
        message.written_at, message.written_by_id = now, actor.membership_id
        message.review_asked_at = message.review_asked_at or now
        message.review_asked_by_id = actor.membership_id
        message.review_asked_of = [one.uid for one in asked]
        message.save()
        data = {"by": actor.label, "title": message.title}
        nudge(incident=incident, people=asked[:MOST_MAILS], why="review", data=data, now=now)
        text = _("Words to customers wait for a second reader: %(title)s") % {"title": message.title}
        about = {"message": message.uid, "asked": [str(one) for one in asked[:20]]}
        record(incident=incident, kind=EntryKind.REVIEW, text=text, data=about, actor=actor, now=now)
        advance(incident=incident, actor_cause=actor, now=now)
    return message


def approve(*, incident: Incident, uid: str, as_of: datetime, actor: Actor, now: datetime) -> Message:
    """I have read it: publishes the waiting words `uid` as they were written at `as_of`.

    A second person may, and 5 minutes after asking the manager of a SEV1 or SEV2 alone (marked so). A second
    call changes nothing. Raises Conflict where the words have changed since, where nothing waits, and
    NeedsReader for whoever wrote them, and for an API key. Needs incidents.publish.
    """
    actor.must("incidents.publish")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        message = _waiting(incident, uid)
        if message.published_at is not None:
            return message
        if message.written_at != as_of:
            raise Conflict(_("The words have changed since. Read them again."))
        if message.is_stale:
            raise Conflict(_("These words come too late. Write new ones."))
        _look(incident, message, actor, now)
        send(incident=incident, message=message, desk=desk_of(incident, now=now), actor=actor, now=now)
        advance(incident=incident, actor_cause=actor, now=now)
    return message


def _waiting(incident: Incident, uid: str) -> Message:
    rows = Message.objects.select_related("written_by__user", "reviewed_by__user")
    found: Message | None = rows.filter(incident=incident, uid=uid, review_asked_at__isnull=False).first()
    if found is None:
        raise Conflict(_("Nothing waits for a reader here."))
    found.incident = incident
    return found


def _look(incident: Incident, message: Message, actor: Actor, now: datetime) -> None:
    if is_second(message, actor):
        message.reviewed_by_id, message.reviewed_at = actor.membership_id, now
        return
    others = readers_for(incident, but=message.written_by_id)
    if not others or may_alone(incident, message, actor, now):
        message.alone = True
        return
    raise NeedsReader(refusal(incident, message, others, now))
