"""Proving that an address is somebody's: six digits, sent by that very method and typed in again.

The code is derived from the contact and the moment it was asked for, and stored nowhere.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy import throttle
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.throttle import Limit
from oncall.models import ContactMethod, PersonalKind
from oncall.operations.notes import put, tell_one
from oncall.senders.available import available_methods

GOOD_FOR = timedelta(minutes=15)
TRIES = 5
NOT_BEFORE = timedelta(minutes=1)
A_DAY = 6
# Of all contacts of a person together: adding and removing numbers must not become a way to text strangers.
A_DAY_OF_ALL = 20


def code_of(contact: ContactMethod, *, now: datetime) -> str:
    """The six digits that prove this address now; empty where none was asked for, or it is too old."""
    sent = contact.code_sent_at
    if sent is None or now >= sent + GOOD_FOR:
        return ""
    named = f"muster.verify.{contact.tenant_id}.{contact.pk}.{sent.isoformat()}"
    digest = hmac.new(settings.SECRET_KEY.encode(), named.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"


def send_code(*, contact: ContactMethod, actor: Actor, now: datetime) -> ContactMethod:
    """Sends a code by this very contact; an older one is good no more. Own, or needs oncall.setup.

    At most once a minute and six a day: Conflict says how long to wait. Conflict too where this installation
    cannot send by that method. Does nothing where the address is proved already.
    """
    must_own(contact.membership_id, actor)
    with acting(actor, now=now):
        contact = lock_contact(contact)
        if contact.verified_at is not None:
            return contact
        if contact.kind not in available_methods():
            raise Conflict(_("This installation cannot send by this method."))
        _not_too_often(contact, now)
        contact.code_sent_at, contact.code_tries = now, 0
        contact.save(update_fields=["code_sent_at", "code_tries"])
        put(contact.membership, PersonalKind.VERIFY, contact=contact, why={}, now=now)
        return contact


def verify(*, contact: ContactMethod, code: str, actor: Actor, now: datetime) -> ContactMethod:
    """The address is proved by its code. Own, or needs oncall.setup. A second time changes nothing.

    Raises ValidationError for a wrong code, and for one that is older than 15 minutes or was tried five
    times; a wrong one counts even so.
    """
    must_own(contact.membership_id, actor)
    with acting(actor, now=now):
        contact = lock_contact(contact)
        was = contact.verified_at
        wrong = _judge(contact, code, now)
        if contact.verified_at != was:
            tell_of_others(
                contact,
                actor,
                now,
                lambda words: _("%(who)s proved %(kind)s %(hint)s: your pages go there now.") % words,
            )
    if wrong:
        raise ValidationError({"code": wrong})
    return contact


def _judge(contact: ContactMethod, code: str, now: datetime) -> str:
    """Why it is refused, in words; empty where the address is proved. Counts the try first."""
    if contact.verified_at is not None:
        return ""
    right = code_of(contact, now=now)
    if not right:
        return _("This code is too old. Ask for a new one.")
    if contact.code_tries >= TRIES:
        return _("Too many wrong codes. Ask for a new one.")
    given = "".join(code.split())
    if not hmac.compare_digest(right.encode(), given.encode("utf-8", "replace")):
        contact.code_tries += 1
        contact.save(update_fields=["code_tries"])
        return _("That is not the code that was sent.")
    contact.verified_at, contact.code_sent_at, contact.code_tries = now, None, 0
    contact.disabled_at, contact.disabled_reason = None, ""
    contact.save(
        update_fields=["verified_at", "code_sent_at", "code_tries", "disabled_at", "disabled_reason"]
    )
    return ""


def tell_of_others(
    contact: ContactMethod, actor: Actor, now: datetime, said: Callable[[dict[str, str]], str]
) -> None:
    """By mail to their own address, where somebody else was at it: pages must not be led away unnoticed."""
    if actor.membership_id == contact.membership_id:
        return
    tell_one(
        contact.membership,
        lambda: said({"who": actor.label, "kind": contact.get_kind_display(), "hint": contact.hint}),
        now=now,
    )


def must_own(membership_id: int, actor: Actor) -> None:
    """One's own pager is one's own; that of others needs oncall.setup."""
    if actor.membership_id != membership_id:
        actor.must("oncall.setup")
    else:
        actor.must("oncall.view")


def lock_contact(contact: ContactMethod) -> ContactMethod:
    """Read afresh and locked. Raises ContactMethod.DoesNotExist, also for another tenant's."""
    found: ContactMethod = (
        ContactMethod.objects.select_related("membership__user")
        .select_for_update(no_key=True, of=("self",))
        .get(pk=contact.pk)
    )
    return found


def _not_too_often(contact: ContactMethod, now: datetime) -> None:
    sent = contact.code_sent_at
    if sent is not None and now < sent + NOT_BEFORE:
        raise Conflict(_("A code is on its way. Ask for another one in a minute."))
    day = timedelta(days=1)
    limits = [
        Limit(f"code:{contact.tenant_id}:{contact.pk}", A_DAY, day),
        Limit(f"codes:{contact.tenant_id}:{contact.membership_id}", A_DAY_OF_ALL, day),
    ]
    if throttle.wait_for(limits, now=now) is not None:
        raise Conflict(_("Enough codes for today. Try again tomorrow."))
