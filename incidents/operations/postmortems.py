"""The postmortem: written, published, opened again, or not needed (R41, R44)."""

from datetime import datetime
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from incidents.models import ActionItem, ActionState, EntryKind, Incident, Postmortem, PostmortemState
from incidents.operations.advancing import advance
from incidents.operations.following_up import manager_of, postmortem_of, set_state
from incidents.operations.locking import lock_incident
from incidents.operations.notes import must_write
from incidents.operations.standing import LEADS_OR_SPEAKS, must_one_of
from incidents.operations.timeline import record

MOST = 100_000
SAID = {
    PostmortemState.DRAFT: lambda: _("The postmortem is being written"),
    PostmortemState.PUBLISHED: lambda: _("The postmortem is published"),
    PostmortemState.WAIVED: lambda: _("No postmortem: %(why)s"),
    PostmortemState.OWED: lambda: _("The postmortem is owed after all"),
}


class Stale(Conflict):
    """Somebody else has saved meanwhile. `theirs` is what stands now; what was sent is not lost: its writer
    still has it, and may save again on top of `version`."""

    code = "stale"

    def __init__(self, postmortem: Postmortem) -> None:
        super().__init__(_("Somebody else has changed it since you began. Yours is not saved yet."))
        self.theirs, self.version = postmortem.body, version_of(postmortem)


def version_of(postmortem: Postmortem | None) -> str:
    """Changes with every text and every state that is stored. Before there is a row: "new"."""
    if postmortem is None:
        return "new"
    return sha256(f"{postmortem.state}|{postmortem.body}".encode()).hexdigest()[:16]


def save_postmortem(
    *, incident: Incident, body: str, version: str, actor: Actor, now: datetime
) -> Postmortem:
    """Writes the text, beginning the postmortem where there is none. The same text again changes nothing.

    `version` is that of the text one began from: raises `Stale` where it is another by now. Raises Conflict
    for a published one (open it again first), ValidationError for no text. Needs incidents.write: whoever was
    called in writes what they know; to publish it is for others.
    """
    must_write(actor)
    body = body.replace("\r\n", "\n").strip()
    if not body:
        raise ValidationError({"body": _("Write something.")})
    if len(body) > MOST:
        raise ValidationError({"body": _("Use at most %(most)s characters.") % {"most": MOST}})
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        postmortem = postmortem_of(incident)
        if postmortem is not None and postmortem.body == body and postmortem.state != PostmortemState.OWED:
            return postmortem
        if postmortem is not None and version_of(postmortem) != version:
            raise Stale(postmortem)
        if postmortem is not None and postmortem.state == PostmortemState.PUBLISHED:
            raise Conflict(_("It is published. Open it again before you change it."))
        begins = postmortem is None or postmortem.state != PostmortemState.DRAFT
        postmortem = postmortem or _new(incident, now)
        postmortem.body, postmortem.edited_at = body, now
        _move(postmortem, PostmortemState.DRAFT, actor, now, say=begins)
        advance(incident=incident, actor_cause=actor, now=now)
    return postmortem


def publish_postmortem(*, incident: Incident, actor: Actor, now: datetime) -> Postmortem:
    """For all who may read the incident. What was promised to customers is done with it.

    Raises Conflict while the emergency goes on (R2), ValidationError where nothing is written. A second call
    changes nothing. Needs incidents.respond or incidents.publish.
    """
    must_one_of(actor, LEADS_OR_SPEAKS)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        postmortem = postmortem_of(incident)
        if postmortem is None or not postmortem.body:
            raise ValidationError({"body": _("Write it first.")})
        if postmortem.state == PostmortemState.PUBLISHED:
            return postmortem
        if incident.is_open:
            raise Conflict(_("%(key)s is not over yet.") % {"key": incident.key})
        postmortem.published_at = now
        _move(postmortem, PostmortemState.PUBLISHED, actor, now)
        _settle_promise(incident, ActionState.DONE, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return postmortem


def reopen_postmortem(*, incident: Incident, actor: Actor, now: datetime) -> Postmortem:
    """A published one is a draft again, one that was not needed is owed. Any other stays as it is.

    Raises ValidationError where there is none. Needs incidents.respond or incidents.publish.
    """
    must_one_of(actor, LEADS_OR_SPEAKS)
    with acting(actor, now=now):
        incident = lock_incident(incident_id=incident.pk).incident
        postmortem = postmortem_of(incident)
        if postmortem is None:
            raise ValidationError({"body": _("Write it first.")})
        if postmortem.state not in (PostmortemState.PUBLISHED, PostmortemState.WAIVED):
            return postmortem
        postmortem.published_at, postmortem.waived_because = None, ""
        _move(postmortem, PostmortemState.DRAFT if postmortem.body else PostmortemState.OWED, actor, now)
        _settle_promise(incident, ActionState.OPEN, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return postmortem


def waive_postmortem(*, incident: Incident, reason: str, actor: Actor, now: datetime) -> Postmortem:
    """Not needed, and why. What was written stays. May be said before anybody owes one.

    Raises ValidationError without a reason, Conflict for a published one. The same again changes nothing.
    Needs incidents.respond.
    """
    actor.must("incidents.respond")
    reason = reason.strip()[:300]
    if not reason:
        raise ValidationError({"reason": _("Say why: one word is enough.")})
    with acting(actor, now=now, reason=reason):
        incident = lock_incident(incident_id=incident.pk).incident
        postmortem = postmortem_of(incident) or _new(incident, now)
        if postmortem.state == PostmortemState.PUBLISHED:
            raise Conflict(_("It is published already."))
        if (postmortem.state, postmortem.waived_because) == (PostmortemState.WAIVED, reason):
            return postmortem
        postmortem.waived_because = reason
        _move(postmortem, PostmortemState.WAIVED, actor, now)
        _settle_promise(incident, ActionState.DROPPED, now)
        advance(incident=incident, actor_cause=actor, now=now)
    return postmortem


def _new(incident: Incident, now: datetime) -> Postmortem:
    return Postmortem(incident=incident, owner=manager_of(incident), begun_at=now)


def _move(postmortem: Postmortem, state: str, actor: Actor, now: datetime, *, say: bool = True) -> None:
    if state == PostmortemState.DRAFT:
        postmortem.waived_because = ""
    postmortem.state = state
    postmortem.save()
    if not say:
        return
    record(
        incident=postmortem.incident,
        kind=EntryKind.POSTMORTEM,
        text=SAID[PostmortemState(state)]() % {"why": postmortem.waived_because},
        data={"uid": postmortem.uid, "state": state},
        actor=actor,
        now=now,
    )


def _settle_promise(incident: Incident, state: str, now: datetime) -> None:
    item = ActionItem.objects.filter(incident=incident, is_postmortem=True).first()
    if item is not None and item.state != state:
        set_state(item, state, incident, now)
        item.save()
