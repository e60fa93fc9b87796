"""Private, and who may read it (DESIGN, "Private")."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from incidents.models import (
    Call,
    CircleMember,
    EntryKind,
    Incident,
    InternalMail,
    MailKind,
    Presence,
    RoleAssignment,
)
from incidents.operations.advancing import advance
from incidents.operations.behalf import on_behalf
from incidents.operations.cards import refresh_cards
from incidents.operations.locking import Locked, lock_incident, lock_incidents
from incidents.operations.mails import queue_mails
from incidents.operations.standing import LEADS_OR_SPEAKS, must_one_of
from incidents.operations.timeline import record
from incidents.words import joined
from oncall.models import Page
from statuspage.operations.withdrawing import withdraw_notice


@dataclass(frozen=True)
class Seen:
    """Who read what before it was private. `opened` and `mailed` are names, also of those in the circle."""

    opened: tuple[str, ...] = ()
    mailed: tuple[str, ...] = ()
    on_internal_page: bool = False
    on_public_page: bool = False

    def in_words(self) -> list[str]:
        lines = [
            _("Opened by: %(names)s.") % {"names": joined(self.opened)} if self.opened else "",
            _("Mailed to: %(names)s.") % {"names": joined(self.mailed)} if self.mailed else "",
            _("It stood on the internal status page.") if self.on_internal_page else "",
            _("It stands on the public status page.") if self.on_public_page else "",
        ]
        return [line for line in lines if line] or [_("Nobody has opened it, and nothing was sent.")]


@dataclass
class InCircle:
    """One person of the circle, and why: in the active language."""

    membership: Membership
    why: list[str] = field(default_factory=list)


def make_private(*, incident: Incident, actor: Actor, now: datetime) -> Incident:
    """From now on its circle alone may read it; whoever does this belongs to it. The record says who read
    what until now.

    So are those that were merged into it. Pages that are still to come lose their words, the internal notice
    is withdrawn; what stands on the public page stays, it is public. A second call changes nothing. Raises
    ValidationError for an API key, which would lock itself out. Needs incidents.respond.
    """
    actor.must("incidents.respond")
    if actor.membership_id is None:
        raise ValidationError(_("An API key sees no private incident: a person has to make it private."))
    with acting(actor, now=now):
        locked, *parts = lock_incidents(incident_ids=[incident.pk, *_merged_into(incident.pk)])
        incident = locked.incident
        if incident.private:
            return incident
        _hide(locked, _("Made private."), actor, now)
        # What went up in it says in its title what it was about.
        words = _("Made private with %(key)s.") % {"key": incident.key}
        for part in parts:
            _hide(part, words, actor, now)
        return advance(incident=incident, actor_cause=actor, now=now)


def _merged_into(incident_id: int) -> list[int]:
    """Those that are not private, also what was merged into them before. A query for each step of that."""
    found: list[int] = []
    step = [incident_id]
    while step:
        rows = Incident.objects.filter(merged_into__in=step, private=False).exclude(pk__in=found)
        step = list(rows.order_by("pk").values_list("pk", flat=True))
        found += step
    return found


def _hide(locked: Locked, words: str, actor: Actor, now: datetime) -> None:
    incident = locked.incident
    seen = who_saw(incident)
    incident.private = True
    _add(incident, Membership.objects.get(pk=actor.membership_id), actor, now)
    if incident.internal_notice_id is not None:
        notice = locked.notices[incident.internal_notice_id]
        withdraw_notice(notice=notice, title=_("Withdrawn"), actor=on_behalf(actor), now=now)
        incident.internal_notice = None
    incident.save()
    refresh_cards(incident=incident, actor=actor, now=now)
    record(
        incident=incident,
        kind=EntryKind.PRIVATE,
        text="\n".join([words, *seen.in_words()]),
        data={"opened": list(seen.opened), "mailed": list(seen.mailed), "public": seen.on_public_page},
        actor=actor,
        now=now,
    )


def add_to_circle(
    *, incident: Incident, memberships: Sequence[Membership], reason: str = "", actor: Actor, now: datetime
) -> list[CircleMember]:
    """Lets people in by name, for good, and mails them that they are. Who is in already stays as they are.

    Raises ValidationError for nobody or somebody who has left; Membership.DoesNotExist for another tenant's.
    Needs incidents.respond, or to be in the circle and incidents.publish.
    """
    must_one_of(actor, LEADS_OR_SPEAKS)
    if not memberships:
        raise ValidationError({"people": _("Choose who may read it.")})
    with acting(actor, now=now, reason=reason):
        incident = lock_incident(incident_id=incident.pk).incident
        added = []
        for one in memberships:
            person = Membership.objects.select_related("user").get(pk=one.pk)
            if not person.is_current:
                raise ValidationError({"people": _("%(name)s has left.") % {"name": person}})
            if made := _add(incident, person, actor, now, reason=reason):
                added.append(made)
        if added:
            _tell_added(incident, added, actor, now)
            advance(incident=incident, actor_cause=actor, now=now)
    return added


def break_glass(*, incident: Incident, reason: str, actor: Actor, now: datetime) -> Incident:
    """An owner lets himself in. The reason stands on the record, and the circle is told by mail.

    A second call changes nothing. Raises ValidationError without a reason or for an actor who is no person.
    Needs incidents.break_glass.
    """
    actor.must("incidents.break_glass")
    reason = " ".join(reason.split())
    if not reason or len(reason) > 300:
        raise ValidationError({"reason": _("Say why, in at most 300 characters. The circle reads it.")})
    if actor.membership_id is None:
        raise ValidationError(_("Only a person can do this."))
    with acting(actor, now=now, reason=reason):
        incident = lock_incident(incident_id=incident.pk).incident
        owner = Membership.objects.select_related("user").get(pk=actor.membership_id)
        inside = Incident.objects.visible_to(owner).filter(pk=incident.pk).exists()
        if inside or not incident.private:
            return incident
        circle = [one.membership for one in circle_of(incident)]
        _add(incident, owner, actor, now, reason=reason, forced=True)
        record(
            incident=incident,
            kind=EntryKind.PRIVATE,
            text=_("%(name)s, an owner, let themselves in: %(reason)s") % {"name": owner, "reason": reason},
            data={"break_glass": owner.uid, "reason": reason},
            actor=actor,
            now=now,
        )
        queue_mails(
            incident=incident,
            kind=MailKind.NUDGE,
            memberships=circle,
            data={"why": "break_glass", "by": str(owner)},
            now=now,
        )
        return advance(incident=incident, actor_cause=actor, now=now)


# --- reading ------------------------------------------------------------------------------------------------
def circle_of(incident: Incident) -> list[InCircle]:
    """Who may read it when it is private, by name, each with why. Four queries, and one for the declarer.

    The same people as `Incident.objects.visible_to`: a test holds the two equal.
    """
    found: dict[int, InCircle] = {}

    def belongs(person: Membership | None, why: str) -> None:
        if person is not None and person.is_current:
            one = found.setdefault(person.pk, InCircle(person))
            if why not in one.why:
                one.why.append(why)

    if incident.declared_by_id is not None:
        belongs(incident.declared_by, _("declared it"))
    held = RoleAssignment.objects.filter(incident=incident).select_related("role", "membership__user")
    for given in held.order_by("id"):
        belongs(given.membership, given.role.name)
    calls = list(
        Call.objects.filter(incident=incident).select_related("membership__user", "answered_by__user")
    )
    for call in calls:
        belongs(call.membership, _("called in"))
        belongs(call.answered_by, _("answered"))
    pages = Page.objects.filter(escalation_id__in=[call.escalation_id for call in calls])
    for page in pages.select_related("membership__user").order_by("id"):
        belongs(page.membership, _("paged"))
    for one in (
        CircleMember.objects.filter(incident=incident).select_related("membership__user").order_by("id")
    ):
        belongs(one.membership, _why_added(one))
    return sorted(found.values(), key=lambda one: str(one.membership).casefold())


def _why_added(one: CircleMember) -> str:
    if one.break_glass:
        return _("let themselves in: %(reason)s") % {"reason": one.reason}
    if one.added_by_label == str(one.membership):
        return _("made it private")
    return _("added by %(name)s") % {"name": one.added_by_label}


def who_saw(incident: Incident) -> Seen:
    """Of an incident that is not private (yet). Three queries."""
    opened = Presence.objects.filter(incident=incident).select_related("membership__user")
    sent = InternalMail.objects.filter(incident=incident, sent_at__isnull=False)
    sent = sent.select_related("membership__user", "stakeholder").order_by("id")
    return Seen(
        opened=tuple(str(one.membership) for one in opened.order_by("first_seen_at")),
        mailed=tuple(dict.fromkeys(str(mail.membership or mail.stakeholder) for mail in sent)),
        on_internal_page=incident.internal_notice_id is not None,
        on_public_page=incident.notice_id is not None,
    )


# --- parts --------------------------------------------------------------------------------------------------
def _add(
    incident: Incident,
    person: Membership,
    actor: Actor,
    now: datetime,
    *,
    reason: str = "",
    forced: bool = False,
) -> CircleMember | None:
    """None where the person was added before."""
    if CircleMember.objects.filter(incident=incident, membership=person).exists():
        return None
    made: CircleMember = CircleMember.objects.create(
        incident=incident,
        membership=person,
        break_glass=forced,
        reason=reason[:300],
        added_at=now,
        added_by_label=actor.label[:200],
    )
    return made


def _tell_added(incident: Incident, added: list[CircleMember], actor: Actor, now: datetime) -> None:
    people = [one.membership for one in added]
    record(
        incident=incident,
        kind=EntryKind.PRIVATE,
        text=_("May read it: %(names)s") % {"names": joined([str(person) for person in people])},
        data={"added": [person.uid for person in people]},
        actor=actor,
        now=now,
    )
    if incident.private:
        data = {"why": "added", "by": actor.label[:200]}
        queue_mails(incident=incident, kind=MailKind.NUDGE, memberships=people, data=data, now=now)
