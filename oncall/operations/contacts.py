"""A person's contact methods: added, proved, switched off and on, removed. One's own, or by oncall.setup."""

import re
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.scoping import bound_tenant_id
from oncall.models import BY_PHONE, ContactMethod, Method, NotificationRule, Urgency
from oncall.operations.gone import is_own_address
from oncall.operations.replying import close_codes
from oncall.operations.verifying import lock_contact, must_own, send_code, tell_of_others
from oncall.senders.available import available_methods

MOST = 20


def add_contact(
    *, membership: Membership, kind: str, address: str, actor: Actor, now: datetime, rules: bool = True
) -> ContactMethod:
    """A new way to reach `membership`, and its code on the way. The sign-in address is proved already.

    With `rules`, a rule for each urgency at once, where the person has none for it. Own, or needs
    oncall.setup. Raises ValidationError for an address that cannot be, Conflict for one that is there
    already, for a method this installation cannot send, and beyond twenty.
    """
    must_own(membership.pk, actor)
    own(membership)
    with acting(actor, now=now):
        contact = ContactMethod(membership=membership, kind=kind, address=tidy(kind, address))
        contact.full_clean(exclude=["membership"])
        _must_fit(contact)
        proved = is_own_address(contact, membership)
        contact.verified_at = now if proved else None
        contact.save()
        tell_of_others(
            contact, actor, now, lambda words: _("%(who)s added %(kind)s %(hint)s to your pager.") % words
        )
        if rules:
            _first_rules(contact)
        if not proved:
            contact = send_code(contact=contact, actor=actor, now=now)
        return contact


def remove_contact(*, contact: ContactMethod, actor: Actor, now: datetime) -> None:
    """With its rules. What waits to be sent by it goes by e-mail to the person's own address instead."""
    must_own(contact.membership_id, actor)
    with acting(actor, now=now):
        found = lock_contact(contact)
        close_codes(found)
        for rule in NotificationRule.objects.filter(contact=found):
            rule.delete()  # one by one: each leaves its trace
        found.delete()


def switch_off(*, contact: ContactMethod, actor: Actor, now: datetime) -> ContactMethod:
    """Kept with its rules, and not used. A second call changes nothing."""
    must_own(contact.membership_id, actor)
    with acting(actor, now=now):
        found = lock_contact(contact)
        if found.disabled_at is None:
            found.disabled_at, found.disabled_reason = now, ""
            found.save(update_fields=["disabled_at", "disabled_reason"])
            close_codes(found)
        return found


def switch_on(*, contact: ContactMethod, actor: Actor, now: datetime) -> ContactMethod:
    """Used again. One that was switched off since nothing reached it must be proved anew: a code is sent."""
    must_own(contact.membership_id, actor)
    with acting(actor, now=now):
        found = lock_contact(contact)
        if found.disabled_at is None:
            return found
        bounced = bool(found.disabled_reason)
        found.disabled_at, found.disabled_reason = None, ""
        if bounced and not is_own_address(found, found.membership):
            found.verified_at = None
        found.save(update_fields=["disabled_at", "disabled_reason", "verified_at"])
        return found if found.verified_at else send_code(contact=found, actor=actor, now=now)


def tidy(kind: str, address: str) -> str:
    """As people write it: `+31 (0)6 1234-5678`, `0031…`, ` anna@… `."""
    plain = address.strip()
    if kind not in BY_PHONE:
        return plain
    digits = re.sub(r"[\s().\-/]", "", plain.replace("(0)", ""))
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def own(membership: Membership) -> None:
    """Another tenant's person is answered as a missing one."""
    if membership.tenant_id != bound_tenant_id():
        raise Membership.DoesNotExist


def _must_fit(contact: ContactMethod) -> None:
    if contact.kind not in available_methods():
        raise Conflict(_("This installation cannot send by this method."))
    there = list(ContactMethod.objects.filter(membership=contact.membership))
    if len(there) >= MOST:
        raise Conflict(_("Twenty are enough. Remove one first."))
    # Encrypted at rest: compared here, not in the database.
    if any((one.kind, one.address.casefold()) == (contact.kind, contact.address.casefold()) for one in there):
        raise ValidationError({"address": _("It is there already.")})


def _first_rules(contact: ContactMethod) -> None:
    has = set(
        NotificationRule.objects.filter(membership=contact.membership).values_list("urgency", flat=True)
    )
    for urgency in Urgency:
        wanted = urgency == Urgency.HIGH or contact.kind == Method.EMAIL
        if urgency not in has and wanted:
            NotificationRule.objects.create(membership=contact.membership, urgency=urgency, contact=contact)
