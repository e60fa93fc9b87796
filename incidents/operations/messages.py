"""Words to colleagues and to customers (R21 to R27, R42 to R44)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents.models import Audience, Incident, Message, MessageKind
from incidents.operations.advancing import advance
from incidents.operations.desk import Desk, desk_of
from incidents.operations.drafting import draft_message, draft_of
from incidents.operations.eyes import NeedsReader, Verdict, judge
from incidents.operations.locking import lock_incident
from incidents.operations.publishing import public_page, send
from incidents.operations.reviewing import put_to_readers
from incidents.operations.said import Said, named_components, put, row_for, said, same_words, to_customers
from incidents.wording import same
from statuspage.operations.translations import Translations
from statuspage.states import NoticeStatus

__all__ = ["draft_message", "publish_message", "tell", "tell_again", "tell_final"]

HALF_AN_HOUR = timedelta(minutes=30)


def publish_message(
    *,
    incident: Incident,
    audience: str,
    kind: str,
    status: str,
    title: str,
    body: str,
    components: Mapping[str, str],
    next_update_at: datetime | None,
    translations: Translations | None = None,
    postmortem: bool | None = None,
    seal: str = "",
    actor: Actor,
    now: datetime,
) -> Message:
    """Publishes: external words on the public page, internal ones on the internal page and by mail (R27).

    `components` is {Component.uid: status}, `translations` {language: {"title", "body"}}. "resolved" makes
    any message the final one. Without `next_update_at` the severity's own interval is promised; a final
    message promises nothing. `postmortem`: whether final words to customers promise one (R44), which is
    then owed; None: as the draft or the words have it. `seal` comes from operations.eyes, with words that a
    form was drawn with. A second call publishes a second message. Raises ValidationError for empty words,
    an unknown status, component or language; NeedsReader (409) where a second person reads first; Conflict
    where there is no public page. Needs incidents.publish.
    """
    actor.must("incidents.publish")
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
        desk = desk_of(incident, now=now)
        message = row_for(incident, words, now)
        verdict = Verdict()
        if to_customers(words):
            named_components(public_page(desk), words.components)
            verdict = judge(
                incident=incident, message=message, words=words, desk=desk, seal=seal, actor=actor, now=now
            )
        _publish(incident, message, words, desk, verdict, actor, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return message


def tell(*, incident: Incident, actor: Actor, now: datetime, **words: object) -> Message:
    """Publishes, or, where a second person reads first, asks for one: `published_at` says which. Takes what
    `publish_message` takes.
    """
    try:
        return publish_message(incident=incident, actor=actor, now=now, **words)  # type: ignore[arg-type]
    except NeedsReader:
        words.pop("seal", None)
        return put_to_readers(incident=incident, actor=actor, now=now, **words)  # type: ignore[arg-type]


def tell_final(
    *,
    incident: Incident,
    audience: str,
    body: str,
    postmortem: bool = True,
    translations: Translations | None = None,
    seal: str = "",
    actor: Actor,
    now: datetime,
) -> Message:
    """The last words as they stand in the sheet, under the title of the draft or of the template.

    The template's words of the other variant become those of the one that is chosen; unedited, they go out in
    all languages of the audience. Own words to customers may have to wait (`tell`).
    """
    desk = desk_of(incident, now=now)
    drafted = draft_of(incident, audience, MessageKind.FINAL)
    chosen = desk.draft(audience, MessageKind.FINAL, postmortem=postmortem)
    body = chosen.body if same(body, other_variant(desk, audience, postmortem)) else body
    if not translations and drafted and same(body, drafted.body):
        translations = drafted.translations
    if same(body, chosen.body) and (not translations or seal):
        translations = desk.translations(audience, MessageKind.FINAL, postmortem=postmortem)
    return tell(
        incident=incident,
        audience=audience,
        kind=MessageKind.FINAL,
        status=NoticeStatus.RESOLVED,
        title=(drafted.title if drafted else chosen.title)[:200],
        body=body,
        components=drafted.components if drafted else {},
        next_update_at=None,
        translations=translations,
        postmortem=postmortem,
        seal=seal,
        actor=actor,
        now=now,
    )


def other_variant(desk: Desk, audience: str, postmortem: bool) -> str:
    """What the template says where it is the other way round about a postmortem."""
    return desk.draft(audience, MessageKind.FINAL, postmortem=not postmortem).body


def tell_again(
    *, incident: Incident, ahead: timedelta = HALF_AN_HOUR, actor: Actor, now: datetime
) -> list[Message]:
    """The last words once more to each audience that had some, and the next ones promised `ahead`.

    Nothing new is said, so nobody has to read it first. Raises Conflict once it is over, or where nothing
    has been told. Needs incidents.publish.
    """
    actor.must("incidents.publish")
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        if not incident.is_open:
            raise Conflict(_("%(key)s is over. Reopen it first.") % {"key": incident.key})
        desk = desk_of(incident, now=now)
        told = [
            desk.last[audience]
            for audience in (Audience.EXTERNAL, Audience.INTERNAL)
            if audience in desk.last
        ]
        if not told:
            raise Conflict(_("Nothing has been told yet."))
        sent = []
        for last in told:
            words = _again(desk, last, now + ahead)
            # A row of its own: somebody's new words may be a draft meanwhile.
            message = Message(incident=incident, audience=last.audience, kind=words.kind, written_at=now)
            _publish(incident, message, words, desk, Verdict(), actor, now)
            sent.append(message)
        advance(incident=incident, actor_cause=actor, now=now)
    return sent


def _again(desk: Desk, last: Message, due: datetime) -> Said:
    main = desk.languages[last.audience][0]
    return Said(
        audience=last.audience,
        kind=MessageKind.UPDATE,
        status=last.status,
        title=last.title,
        body=still(last.body, main),
        components={},
        next_update_at=due,
        translations={
            language: {**parts, "body": still(parts["body"], language)}
            for language, parts in last.translations.items()
            if parts.get("body")
        },
    )


def still(body: str, language: str) -> str:
    """ "Still as before: …", once, however often it is said."""
    with translation.override(language):
        prefix = _("Still as before: %(words)s") % {"words": ""}
    return prefix + body.removeprefix(prefix)


def _publish(
    incident: Incident,
    message: Message,
    words: Said,
    desk: Desk,
    verdict: Verdict,
    actor: Actor,
    now: datetime,
) -> None:
    """The words into the row, and out. Who wrote them stays as it was where they are read by a second
    person.
    """
    unread = verdict.reader_id is None
    if unread and not (message.pk and same_words(message, words)):
        message.written_by_id, message.written_at = actor.membership_id, now
    if words.is_final and words.postmortem is None and message.pk is None:
        message.postmortem = _promises(desk, message, words)
    put(message, words)
    message.alone = verdict.alone
    message.reviewed_by_id, message.reviewed_at = verdict.reader_id, None if unread else now
    send(incident=incident, message=message, desk=desk, actor=actor, now=now)


def _promises(desk: Desk, message: Message, words: Said) -> bool:
    """Unless they are the template's that promises nothing: a promise nobody keeps is worse than one too
    many.
    """
    plain = desk.draft(words.audience, words.kind, postmortem=False)
    promising = desk.draft(words.audience, words.kind, postmortem=True)
    return plain == promising or plain.body.split() != words.body.split()
