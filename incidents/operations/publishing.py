"""A message goes out: to customers on the public page, to colleagues on the internal page and by mail
(R27).
"""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.conflicts import Conflict
from incidents.models import Audience, EntryKind, Incident, MailKind, Message, MessageKind
from incidents.operations.behalf import on_behalf
from incidents.operations.chasing import keep_promises
from incidents.operations.desk import Desk
from incidents.operations.following_up import promised
from incidents.operations.hours import next_update_for
from incidents.operations.mails import queue_mails, readers_of, stakeholders_of
from incidents.operations.said import named_components
from incidents.operations.timeline import record
from statuspage.models import Notice, StatusPage
from statuspage.operations.notices import open_notice, post_update
from statuspage.states import PageKind


def send(*, incident: Incident, message: Message, desk: Desk, actor: Actor, now: datetime) -> None:
    """Publishes the row as it is, for the locked incident, and saves both. Without a promised moment that
    still lies ahead the severity's own interval is promised; a final message promises nothing.
    """
    if message.kind == MessageKind.FINAL:
        message.next_update_at = None
    elif message.next_update_at is None or message.next_update_at <= now:
        message.next_update_at = next_update_for(incident, now)
    message.published_at, message.published_by_label = now, actor.label[:200]
    if message.audience == Audience.EXTERNAL:
        _tell_customers(incident, message, desk, actor, now)
    else:
        _tell_colleagues(incident, message, desk, actor, now)
    keep_promises(incident)
    incident.save()
    _record(incident, message, actor, now)
    if message.audience == Audience.EXTERNAL and message.kind == MessageKind.FINAL and message.postmortem:
        promised(incident=incident, actor=actor, now=now)


def public_page(desk: Desk) -> StatusPage:
    if desk.page is None:
        raise Conflict(_("There is no public status page to publish on."))
    return desk.page


def _tell_customers(incident: Incident, message: Message, desk: Desk, actor: Actor, now: datetime) -> None:
    page = public_page(desk)
    named = named_components(page, message.components)
    incident.notice = _post(incident.notice, page, message, named, incident, actor, now)
    incident.first_external_at = incident.first_external_at or now
    message.save()


def _tell_colleagues(incident: Incident, message: Message, desk: Desk, actor: Actor, now: datetime) -> None:
    """The internal page is for all members: what is private goes to its circle by mail only."""
    page = StatusPage.objects.filter(kind=PageKind.INTERNAL).order_by("id").first()
    if page is not None and not incident.private:
        incident.internal_notice = _post(incident.internal_notice, page, message, {}, incident, actor, now)
    incident.first_internal_at = incident.first_internal_at or now
    members = readers_of(incident)
    outside = stakeholders_of(incident, [service.pk for service in desk.services], members)
    message.recipients = len(members) + len(outside)
    message.save()
    queue_mails(
        incident=incident,
        kind=MailKind.MESSAGE,
        memberships=members,
        stakeholders=outside,
        message=message,
        now=now,
    )


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
            translations=message.translations,
            actor=on_behalf(actor),
            now=now,
        )
    post_update(
        notice=notice,
        status=message.status,
        body=message.body,
        components=components,
        next_update_at=message.next_update_at,
        translations=message.translations,
        actor=on_behalf(actor),
        now=now,
    )
    return notice


def _record(incident: Incident, message: Message, actor: Actor, now: datetime) -> None:
    words = {"title": message.title, "writer": message.written_by, "reader": message.reviewed_by}
    if message.audience == Audience.INTERNAL:
        text = _("Told colleagues: %(title)s") % words
    elif message.alone:
        text = _("Told customers, without a second reader: %(title)s") % words
    elif message.reviewed_by is not None and message.written_by is not None:
        text = _("Told customers: %(title)s (written by %(writer)s, read by %(reader)s)") % words
    else:
        text = _("Told customers: %(title)s") % words
    data: dict[str, object] = {"message": message.uid, "audience": message.audience, "kind": message.kind}
    if message.alone:
        data["alone"] = True
    record(incident=incident, kind=EntryKind.MESSAGE, text=text, data=data, actor=actor, now=now)
