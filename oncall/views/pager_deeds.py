"""What can be done on the page of one's pager: each a form of at most three fields, posted to its name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.dateparse import parse_time
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.models import Membership
from oncall.models import ContactMethod, NotificationRule
from oncall.operations import contacts, profiles, testing, verifying


class Missing(Exception):
    """The form names a row that is not mine, or not there: the same answer."""


@dataclass(frozen=True)
class Asked:
    form: QueryDict
    me: Membership
    actor: Actor
    now: datetime

    def word(self, name: str) -> str:
        return self.form.get(name, "").replace("\0", "").strip()

    def contact(self) -> ContactMethod:
        found = ContactMethod.objects.filter(membership=self.me, uid=self.word("contact")).first()
        if found is None:
            raise Missing
        return found

    def rule(self) -> NotificationRule:
        """By what it says, not by a number: urgency, contact, minutes."""
        found = NotificationRule.objects.filter(
            membership=self.me,
            urgency=self.word("urgency"),
            contact=self.contact(),
            delay_minutes=self.minutes("minutes"),
        ).first()
        if found is None:
            raise Missing
        return found

    def minutes(self, name: str) -> int:
        said = self.word(name) or "0"
        if not said.isdecimal() or int(said[:6]) > 9000:
            raise ValidationError(_("Minutes are a whole number from 0 to 9000."))
        return int(said)

    def hour(self, name: str) -> time | None:
        try:
            return parse_time(self.word(name)) if self.word(name) else None
        except ValueError as error:
            raise ValidationError(_("Write a time as 22:00.")) from error


@dataclass(frozen=True)
class Deed:
    """`do` returns what is said when it is done; `part` is the part of the page that it belongs to."""

    do: Callable[[Asked], str]
    part: str


def _add_contact(asked: Asked) -> str:
    kind, address = asked.word("kind"), asked.word("address")
    contact = contacts.add_contact(
        membership=asked.me, kind=kind, address=address, actor=asked.actor, now=asked.now
    )
    if contact.verified_at is not None:
        return _("Added.")
    return _("A code is on its way to %(hint)s. Type it in below.") % {"hint": contact.hint}


def _send_code(asked: Asked) -> str:
    contact = verifying.send_code(contact=asked.contact(), actor=asked.actor, now=asked.now)
    return _("A code is on its way to %(hint)s. Type it in below.") % {"hint": contact.hint}


def _verify(asked: Asked) -> str:
    code = asked.word("code")[:20]
    contact = verifying.verify(contact=asked.contact(), code=code, actor=asked.actor, now=asked.now)
    return _("%(hint)s is confirmed.") % {"hint": contact.hint}


def _switch_off(asked: Asked) -> str:
    contacts.switch_off(contact=asked.contact(), actor=asked.actor, now=asked.now)
    return _("Switched off.")


def _switch_on(asked: Asked) -> str:
    contact = contacts.switch_on(contact=asked.contact(), actor=asked.actor, now=asked.now)
    if contact.verified_at is None:
        return _("A code is on its way to %(hint)s. Type it in below.") % {"hint": contact.hint}
    return _("Switched on.")


def _remove_contact(asked: Asked) -> str:
    contacts.remove_contact(contact=asked.contact(), actor=asked.actor, now=asked.now)
    return _("Removed.")


def _add_rule(asked: Asked) -> str:
    profiles.add_rule(
        membership=asked.me,
        urgency=asked.word("urgency"),
        contact=asked.contact(),
        delay_minutes=asked.minutes("minutes"),
        actor=asked.actor,
        now=asked.now,
    )
    return _("Added.")


def _move_rule(asked: Asked) -> str:
    to = asked.minutes("to")
    profiles.move_rule(rule=asked.rule(), delay_minutes=to, actor=asked.actor, now=asked.now)
    return _("Moved.")


def _remove_rule(asked: Asked) -> str:
    profiles.remove_rule(rule=asked.rule(), actor=asked.actor, now=asked.now)
    return _("Removed.")


def _quiet(asked: Asked) -> str:
    profile = profiles.set_quiet_hours(
        membership=asked.me,
        days="".join(sorted(set(asked.form.getlist("days")) & set("1234567"))),
        start=asked.hour("start"),
        end=asked.hour("end"),
        actor=asked.actor,
        now=asked.now,
    )
    return _("Saved.") if profile.quiet_start else _("No quiet hours.")


def _limits(asked: Asked) -> str:
    without = asked.word("without_limits") == "1"
    profiles.set_limits(membership=asked.me, without_limits=without, actor=asked.actor, now=asked.now)
    return _("Saved.")


def _test(asked: Asked) -> str:
    testing.start_test(membership=asked.me, actor=asked.actor, now=asked.now)
    return _("A test is on its way. Answer it where it arrives.")


DEEDS = {
    "test": Deed(_test, "test"),
    "add_contact": Deed(_add_contact, "contacts"),
    "send_code": Deed(_send_code, "contacts"),
    "verify": Deed(_verify, "contacts"),
    "switch_off": Deed(_switch_off, "contacts"),
    "switch_on": Deed(_switch_on, "contacts"),
    "remove_contact": Deed(_remove_contact, "contacts"),
    "add_rule": Deed(_add_rule, "rules"),
    "move_rule": Deed(_move_rule, "rules"),
    "remove_rule": Deed(_remove_rule, "rules"),
    "quiet": Deed(_quiet, "quiet"),
    "limits": Deed(_limits, "quiet"),
}
