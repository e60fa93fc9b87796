"""Deeds of who may read it."""

from django.utils.translation import gettext as _

from config.tenancy.models import Membership
from incidents.operations.circle import add_to_circle, make_private
from incidents.views.deeds.given import Given


def do_make_private(given: Given) -> str:
    make_private(incident=given.incident, actor=given.actor, now=given.now)
    return _("Private from now on.")


def do_add_to_circle(given: Given) -> str:
    people = given.some(Membership.objects.filter(ended_at=None).select_related("user"), "person")
    add_to_circle(incident=given.incident, memberships=people, actor=given.actor, now=given.now)
    return _("They may read it now, and have a mail that says so.")
