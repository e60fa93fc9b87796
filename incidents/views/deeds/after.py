"""Deeds of afterwards: postmortem, action items, playbook."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from incidents.models import ActionItem, PlaybookStep
from incidents.operations.actions import add_action, change_action, settle_action
from incidents.operations.playbook import tick, untick
from incidents.operations.postmortems import waive_postmortem
from incidents.views.deeds.given import Given


def do_action(given: Given) -> str:
    owner, due_on = _owner(given), _day(given)
    text = given.said("text")
    add_action(
        incident=given.incident, text=text, owner=owner, due_on=due_on, actor=given.actor, now=given.now
    )
    return _("Added.")


def do_change_action(given: Given) -> str:
    item, owner, due_on = _item(given), _owner(given), _day(given)
    text = given.said("text")
    change_action(item=item, text=text, owner=owner, due_on=due_on, actor=given.actor, now=given.now)
    return _("Changed.")


def do_settle_action(given: Given) -> str:
    settle_action(item=_item(given), state=given.said("state"), actor=given.actor, now=given.now)
    return _("Noted.")


def do_waive_postmortem(given: Given) -> str:
    reason = given.said("reason")
    waive_postmortem(incident=given.incident, reason=reason, actor=given.actor, now=given.now)
    return _("No postmortem is needed.")


def do_tick(given: Given) -> str:
    tick(incident=given.incident, step=_step(given), actor=given.actor, now=given.now)
    return _("Done.")


def do_untick(given: Given) -> str:
    untick(incident=given.incident, step=_step(given), actor=given.actor, now=given.now)
    return _("Not done.")


def _item(given: Given) -> Any:
    given.actor.must("incidents.respond")
    return given.one(ActionItem.objects.filter(incident=given.incident), "item")


def _step(given: Given) -> Any:
    given.actor.must("incidents.write")
    return given.one(PlaybookStep.objects.all(), "step")


def _owner(given: Given) -> Membership | None:
    if not given.said("owner"):
        return None
    found: Membership = given.one(Membership.objects.filter(ended_at=None).select_related("user"), "owner")
    return found


def _day(given: Given) -> date | None:
    said = given.said("due_on")
    if not said:
        return None
    try:
        found = parse_date(said)
    except ValueError:
        found = None
    if found is None:
        raise ValidationError({"due_on": _("Write a day as 2026-11-30.")})
    return found
