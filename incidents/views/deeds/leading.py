"""Deeds of the manager: severity, places, roles, calling people in, answering "later"."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.tenancy.models import Membership, Team
from incidents.models import Channel, ChannelKind, IncidentRole, RoleAssignment, RoleCode, Severity
from incidents.operations.advancing import put_off
from incidents.operations.assessing import set_severity
from incidents.operations.calls import call_in
from incidents.operations.channels import open_usual_room, set_channel
from incidents.operations.roles import accept_role, give_role, hand_over, hand_over_role, take_role
from incidents.views.deeds.given import Given


def do_severity(given: Given) -> str:
    severity = given.one(Severity.objects.all(), "severity")
    set_severity(
        incident=given.incident,
        severity=severity,
        provisional=given.said("provisional") == "1",
        reason=given.said("reason"),
        actor=given.actor,
        now=given.now,
    )
    return _("Severity: %(word)s.") % {"word": severity.word}


def do_usual_room(given: Given) -> str:
    open_usual_room(incident=given.incident, actor=given.actor, now=given.now)
    return _("The usual room is open.")


def do_places(given: Given) -> str:
    """Sets the places that are filled in and differ; an empty field is left as it was."""
    there = dict(Channel.objects.filter(incident=given.incident).values_list("kind", "place"))
    wanted = {kind: given.said(kind) for kind in ChannelKind.values}
    if not any(wanted.values()):
        raise ValidationError(_("Write at least one place: an address, or the name of a room."))
    for kind, place in wanted.items():
        if place and place != there.get(kind):
            set_channel(incident=given.incident, kind=kind, place=place, actor=given.actor, now=given.now)
    return _("Everybody knows where to talk.")


def do_take_role(given: Given) -> str:
    role = given.one(IncidentRole.objects.all(), "role")
    take_role(incident=given.incident, role=role, actor=given.actor, now=given.now)
    return _("You are %(role)s.") % {"role": role}


def do_give_role(given: Given) -> str:
    role = given.one(IncidentRole.objects.all(), "role")
    person = given.one(Membership.objects.select_related("user"), "person")
    if role.code == RoleCode.MANAGER:
        say = given.said("say")
        hand_over(incident=given.incident, to=person, say=say, actor=given.actor, now=given.now)
    elif before := _only_holder(given, role, person):
        say = given.said("say")
        hand_over_role(
            incident=given.incident,
            role=role,
            before=before,
            to=person,
            say=say,
            actor=given.actor,
            now=given.now,
        )
    else:
        give_role(incident=given.incident, role=role, membership=person, actor=given.actor, now=given.now)
    return _("%(person)s is %(role)s.") % {"person": person, "role": role}


def _only_holder(given: Given, role: IncidentRole, person: Membership) -> Membership | None:
    """Lead and communications are had by one at a time: to give them to another is to hand them over."""
    if role.code not in (RoleCode.TECH_LEAD, RoleCode.COMMS):
        return None
    held = list(
        RoleAssignment.objects.filter(incident=given.incident, role=role, ended_at=None).select_related(
            "membership"
        )
    )
    return held[0].membership if len(held) == 1 and held[0].membership_id != person.pk else None


def do_accept_role(given: Given) -> str:
    role = given.one(IncidentRole.objects.all(), "role")
    accept_role(incident=given.incident, role=role, actor=given.actor, now=given.now)
    return _("On it.")


def do_call_in(given: Given) -> str:
    people = given.some(Membership.objects.filter(ended_at=None).select_related("user"), "person")
    roles = given.some(IncidentRole.objects.all(), "role")
    teams = given.some(Team.objects.all(), "team")
    if not people and not roles and not teams:
        raise ValidationError(_("Tick whom to page."))
    calls = call_in(
        incident=given.incident,
        people=people,
        roles=roles,
        teams=teams,
        message=given.said("message")[:300],
        actor=given.actor,
        now=given.now,
    )
    return ngettext("%(n)d call goes out.", "%(n)d calls go out.", len(calls)) % {"n": len(calls)}


def do_later(given: Given) -> str:
    put_off(
        incident=given.incident,
        question=given.said("question"),
        until=given.until(),
        reason=given.said("reason"),
        actor=given.actor,
        now=given.now,
    )
    return _("Noted.")
