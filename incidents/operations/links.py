"""Links, dashboards and screenshots beside the messages, with author and time (R9)."""

import secrets
from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents.models import EntryKind, Incident, Link, LinkKind
from incidents.operations.advancing import advance
from incidents.operations.locking import lock_incident
from incidents.operations.standing import LEADS_OR_SPEAKS, must_one_of
from incidents.operations.timeline import record
from incidents.photos import Photo

MOST = 200
SMALL = "-small"


def add_link(
    *,
    incident: Incident,
    url: str = "",
    photo: Photo | None = None,
    kind: str = "",
    title: str = "",
    occurred_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Link:
    """Adds an address or a photo (incidents.photos.remade). `kind` is guessed where it is empty.

    Raises ValidationError for neither or both, no web address, a moment in the future; Conflict above MOST a
    incident. A second call adds it twice. Allowed in every phase. Needs incidents.respond, or
    incidents.publish: who writes to customers shows what they see.
    """
    must_one_of(actor, LEADS_OR_SPEAKS)
    url, title = url.strip(), " ".join(title.split())
    _check(url, photo, kind, title, occurred_at, now)
    name = _stored(incident, photo) if photo else ""
    try:
        with acting(actor, now=now):
            incident = lock_incident(incident_id=incident.pk).incident
            if Link.objects.filter(incident=incident, removed_at=None).count() >= MOST:
                raise Conflict(_("There are %(most)s links already. Remove one first.") % {"most": MOST})
            link: Link = Link.objects.create(
                incident=incident,
                kind=_kind(kind, url, photo),
                title=title,
                url=url,
                image=name,
                width=photo.width if photo else 0,
                height=photo.height if photo else 0,
                occurred_at=occurred_at or now,
                added_at=now,
                added_by_id=actor.membership_id,
                added_by_label=actor.label[:200],
            )
            _record(incident, link, actor, now)
            advance(incident=incident, actor_cause=actor, now=now)
    except BaseException:
        _forget(name)
        raise
    return link


def remove_link(*, incident: Incident, link: Link, actor: Actor, now: datetime) -> Link:
    """Takes it out of sight; the record says that it was there and who took it away. A second call changes
    nothing. Raises Link.DoesNotExist for another incident's. Needs incidents.respond, except for one's own.
    """
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        found: Link = Link.objects.get(pk=link.pk, incident=incident)
        if actor.membership_id is None or found.added_by_id != actor.membership_id:
            actor.must("incidents.respond")
        actor.must("incidents.view")
        if found.removed_at is not None:
            return found
        found.removed_at = now
        found.save()
        record(
            incident=incident,
            kind=EntryKind.LINK,
            text=_("Removed: %(what)s") % {"what": words_of(found)},
            data={"removed": found.uid},
            actor=actor,
            now=now,
        )
        advance(incident=incident, actor_cause=actor, now=now)
    return found


def words_of(link: Link) -> str:
    return link.title or link.url or str(link.get_kind_display()).capitalize()


def small_of(name: str) -> str:
    """The name of the small picture beside a stored one."""
    stem, _dot, suffix = name.rpartition(".")
    return f"{stem}{SMALL}.{suffix}"


def _check(
    url: str, photo: Photo | None, kind: str, title: str, occurred_at: datetime | None, now: datetime
) -> None:
    problems: dict[str, str] = {}
    if bool(url) == (photo is not None):
        problems["url"] = _("Give an address, or choose a photo.")
    elif url and not _is_web(url):
        problems["url"] = _("Write a whole address that begins with https:// or http://.")
    if kind and kind not in LinkKind.values:
        problems["kind"] = _("Choose a screenshot, a link or a dashboard.")
    if len(title) > 200:
        problems["title"] = _("Use at most %(most)s characters.") % {"most": 200}
    if occurred_at is not None and occurred_at > now:
        problems["occurred_at"] = _("It cannot have happened in the future.")
    if problems:
        raise ValidationError(problems)


def _is_web(url: str) -> bool:
    """Nothing that would run when tapped, and nothing with a line break in it."""
    if len(url) > 2000 or any(letter.isspace() or not letter.isprintable() for letter in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"https", "http"} and bool(parts.hostname)
    except ValueError:
        return False


def _kind(kind: str, url: str, photo: Photo | None) -> str:
    if photo is not None:
        return LinkKind.SCREENSHOT
    if kind in {LinkKind.URL, LinkKind.DASHBOARD}:
        return kind
    return LinkKind.DASHBOARD if "dashboard" in url.lower() or "grafana" in url.lower() else LinkKind.URL


def _stored(incident: Incident, photo: Photo) -> str:
    """<tenant>/<random>.jpg, and the small one beside it. Before the transaction: a disk may be far away."""
    name = f"{incident.tenant_id}/{secrets.token_hex(16)}.{photo.suffix}"
    default_storage.save(small_of(name), ContentFile(photo.small))
    return default_storage.save(name, ContentFile(photo.data))


def _forget(name: str) -> None:
    if name:
        default_storage.delete(name)
        default_storage.delete(small_of(name))


def _record(incident: Incident, link: Link, actor: Actor, now: datetime) -> None:
    record(
        incident=incident,
        kind=EntryKind.LINK,
        text=words_of(link),
        data={"link": link.uid, "kind": link.kind, "url": link.url},
        occurred_at=link.occurred_at,
        actor=actor,
        now=now,
    )
