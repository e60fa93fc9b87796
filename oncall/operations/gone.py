"""An address that says it will never work (a hard bounce, STOP, 404, 410) is switched off, and it is said.

The person hears it by another of their methods; where none is left by e-mail, and the owners with them.
"""

from datetime import datetime

import structlog
from django.utils.translation import gettext as _

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from oncall.models import ContactMethod, Method, Notification, PersonalMessage, SharedChannel
from oncall.operations.crew import owners
from oncall.operations.notes import tell_one
from oncall.operations.reach import is_sendable
from oncall.operations.replying import close_codes

log = structlog.get_logger(__name__)


def switch_off_gone(sent: Notification | PersonalMessage, *, detail: str, now: datetime) -> None:
    """After the world's answer to `sent`. Does nothing where it is off by now, or was no contact's."""
    with acting(ENGINE, now=now, reason=detail):
        channel = getattr(sent, "channel", None)
        if channel is not None:
            _switch_off_channel(channel.pk, detail, now)
        elif sent.contact is not None:
            _switch_off_contact(sent.contact.pk, detail, now)


def switch_off_stopped(*, contact: ContactMethod, now: datetime) -> None:
    """Its owner answered STOP, so that the carrier lets nothing through: they hear by another method.

    Who answered is known by the number alone, so it is the engine's deed. A second call does nothing.
    """
    with acting(ENGINE, now=now, reason="STOP"):
        _switch_off_contact(contact.pk, "STOP", now)


def _switch_off_contact(pk: int, detail: str, now: datetime) -> None:
    contact = _still_on(ContactMethod.objects.select_related("membership__user"), pk)
    if not isinstance(contact, ContactMethod):
        return
    _save_off(contact, detail, now)
    close_codes(contact)
    log.warning("contact_switched_off", contact=pk, kind=contact.kind, detail=detail)
    if contact.verified_at is not None:  # else its owner is looking at it: no code comes through
        _tell_its_owner(contact, detail, now)


def _switch_off_channel(pk: int, detail: str, now: datetime) -> None:
    channel = _still_on(SharedChannel.objects.all(), pk)
    if channel is None:
        return
    _save_off(channel, detail, now)
    log.warning("channel_switched_off", channel=pk, detail=detail)
    name = str(channel)
    for owner in owners():
        tell_one(
            owner,
            lambda: (
                _("The channel %(name)s is switched off: its address answers %(detail)s.")
                % {"name": name, "detail": detail}
            ),
            now=now,
        )


def _still_on(rows: object, pk: int) -> ContactMethod | SharedChannel | None:
    found: ContactMethod | SharedChannel | None = (
        rows.select_for_update(no_key=True, of=("self",))  # type: ignore[attr-defined]
        .filter(pk=pk, disabled_at=None)
        .first()
    )
    return found


def _save_off(row: ContactMethod | SharedChannel, detail: str, now: datetime) -> None:
    row.disabled_at, row.disabled_reason = now, detail[:200] or "gone"
    row.save(update_fields=["disabled_at", "disabled_reason"])


def _tell_its_owner(contact: ContactMethod, detail: str, now: datetime) -> None:
    person = contact.membership
    others = [
        other
        for other in ContactMethod.objects.filter(membership=person).exclude(pk=contact.pk).order_by("id")
        if is_sendable(other) and other.address != contact.address
    ]
    if others:
        tell_one(person, lambda: _switched_off(contact, detail), contact=others[0], now=now)
        return
    if not is_own_address(contact, person):
        tell_one(person, lambda: _switched_off(contact, detail), now=now)
    for owner in owners():
        if owner.pk != person.pk:
            tell_one(owner, lambda: _nobody_reaches(person), now=now)


def is_own_address(contact: ContactMethod, person: Membership) -> bool:
    """Whether it is the address they sign in with. Reads the user."""
    return contact.kind == Method.EMAIL and contact.address.casefold() == person.user.email.casefold()


def _switched_off(contact: ContactMethod, detail: str) -> str:
    words = {"kind": contact.get_kind_display(), "hint": contact.hint, "detail": detail}
    return (
        _("Your pager does not use %(kind)s %(hint)s any more: it answers %(detail)s. Add another one.")
        % words
    )


def _nobody_reaches(person: Membership) -> str:
    return _("%(name)s cannot be woken: the last contact method is switched off.") % {"name": person}
