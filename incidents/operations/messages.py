"""Words to colleagues and to customers (R21 to R27, R42 to R44)."""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents.models import Audience, EntryKind, Incident, MailKind, Message, MessageKind
from incidents.operations.advancing import advance
from incidents.operations.behalf import on_behalf
from incidents.operations.drafting import (
    check_choice,
    draft_message,
    draft_of,
    last_published,
    public_page,
)
from incidents.operations.following_up import promised
from incidents.operations.hours import next_update_for
from incidents.operations.locking import lock_incident
from incidents.operations.mails import queue_mails, readers_of
from incidents.operations.timeline import record
from statuspage.models import Component, Notice, StatusPage
from statuspage.operations.notices import open_notice, post_update
from statuspage.states import INCIDENT_STEPS, NoticeStatus, PageKind

__all__ = ["draft_message", "publish_message"]


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
    postmortem: bool = True,
    actor: Actor,
    now: datetime,
) -> Message:
    """Publishes: external words on the public page, internal ones on the internal page and by mail (R27).

    `components` is {Component.uid: status}. "resolved" makes any message the final one. Without
    `next_update_at` the severity's own interval is promised; a final message promises nothing. A second
    call publishes a second message. `postmortem`: whether final words to customers promise one (R44), which
    is then owed. Raises ValidationError for empty words, an unknown status or component;
    Conflict where there is no public page. Needs incidents.publish.
    """
    actor.must("incidents.publish")
    check_choice(audience, kind)
    if status == NoticeStatus.RESOLVED:
        kind = MessageKind.FINAL
    final = kind == MessageKind.FINAL
    status = status or (NoticeStatus.RESOLVED if final else NoticeStatus.INVESTIGATING)
    _check_words(title, body, status)
    if next_update_at is not None and next_update_at <= now:
        raise ValidationError({"next_update_at": _("The next update cannot be promised for the past.")})
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        message = draft_of(incident, audience, kind) or Message(
            incident=incident, audience=audience, kind=kind, written_at=now, written_by_id=actor.membership_id
        )
        message.status, message.title, message.body = status, title.strip(), body.strip()
        message.components = dict(components)
        message.next_update_at = None if final else next_update_at or next_update_for(incident, now)
        message.postmortem = postmortem
        message.published_at, message.published_by_label = now, actor.label[:200]
        if audience == Audience.EXTERNAL:
            _tell_customers(incident, message, actor, now)
        else:
            _tell_colleagues(incident, message, actor, now)
        incident.next_update_at = _next_promise(incident)
        incident.save()
        _record(incident, message, actor, now)
        if final and audience == Audience.EXTERNAL and postmortem:
            promised(incident=incident, actor=actor, now=now)
        advance(incident=incident, actor_cause=actor, now=now)
    return message


def _tell_customers(incident: Incident, message: Message, actor: Actor, now: datetime) -> None:
    page = incident.notice.page if incident.notice else public_page(incident)
    if page is None:
        raise Conflict(_("There is no public status page to publish on."))
    named = _named_components(page, message.components)
    incident.notice = _post(incident.notice, page, message, named, incident, actor, now)
    incident.first_external_at = incident.first_external_at or now
    message.save()


def _tell_colleagues(incident: Incident, message: Message, actor: Actor, now: datetime) -> None:
    """The internal page is for all members: what is private goes to its circle by mail only."""
    page = StatusPage.objects.filter(kind=PageKind.INTERNAL).order_by("id").first()
    if page is not None and not incident.private:
        incident.internal_notice = _post(incident.internal_notice, page, message, {}, incident, actor, now)
    incident.first_internal_at = incident.first_internal_at or now
    readers = readers_of(incident)
    message.recipients = len(readers)
    message.save()
    queue_mails(incident=incident, kind=MailKind.MESSAGE, memberships=readers, message=message, now=now)


def _post(
    notice: Notice | None,
    page: StatusPage,
    message: Message,
    components: Mapping[int, str],
    incident: Incident,
    actor: Actor,
    now: datetime,
) -> Notice:
    """Opens the notice with the first words, adds to it with all later ones."""
    if notice is None:
        return open_notice(
            page=page,
            title=message.title[:200],
            body=message.body,
            components=components,
            status=message.status,
            next_update_at=message.next_update_at,
            started_at=min(incident.started_at or incident.declared_at, now),
            actor=on_behalf(actor),
            now=now,
        )
    post_update(
        notice=notice,
        status=message.status,
        body=message.body,
        components=components,
        next_update_at=message.next_update_at,
        actor=on_behalf(actor),
        now=now,
    )
    return notice


def _record(incident: Incident, message: Message, actor: Actor, now: datetime) -> None:
    if message.audience == Audience.EXTERNAL:
        text = _("Told customers: %(title)s") % {"title": message.title}
    else:
        text = _("Told colleagues: %(title)s") % {"title": message.title}
    data = {"message": message.uid, "audience": message.audience, "kind": message.kind}
    record(incident=incident, kind=EntryKind.MESSAGE, text=text, data=data, actor=actor, now=now)


def _next_promise(incident: Incident) -> datetime | None:
    """The earlier of what was last promised to customers and to colleagues: neither hides the other."""
    last = [last_published(incident, audience) for audience in Audience.values]
    promised = [message.next_update_at for message in last if message and message.next_update_at]
    return min(promised, default=None)


def _named_components(page: StatusPage, wanted: Mapping[str, str]) -> dict[int, str]:
    found = {c.uid: c.pk for c in Component.objects.filter(page=page, uid__in=list(wanted), shown=True)}
    if set(found) != set(wanted):
        raise ValidationError({"components": _("That component is not on this page.")})
    return {found[uid]: status for uid, status in wanted.items()}


def _check_words(title: str, body: str, status: str) -> None:
    problems: dict[str, str] = {}
    if not title.strip():
        problems["title"] = _("Write a title.")
    elif len(title.strip()) > 200:
        problems["title"] = _("Use at most %(most)s characters.") % {"most": 200}
    if not body.strip():
        problems["body"] = _("Write what people should read.")
    elif len(body.strip()) > 5000:
        problems["body"] = _("Use at most %(most)s characters.") % {"most": 5000}
    if status not in INCIDENT_STEPS:
        problems["status"] = _("That is not a status of a notice.")
    if problems:
        raise ValidationError(problems)
