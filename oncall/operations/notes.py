"""What one person is to be told by one of their methods, outside any ladder. The outbox is personal.py."""

from collections.abc import Callable
from datetime import datetime

from django.utils import translation

from config import doorbell
from config.tenancy.models import Membership
from oncall.models import ContactMethod, Method, PersonalKind, PersonalMessage


def tell_one(
    person: Membership, words: Callable[[], str], *, now: datetime, contact: ContactMethod | None = None
) -> PersonalMessage:
    """A notice by `contact`, or by e-mail to their own address. Reads the user; inside a transaction.

    `words` is called within the person's language, and holds no secret: it is stored.
    """
    with translation.override(person.user.language):
        why = {"words": words()}
    return put(person, PersonalKind.NOTICE, contact=contact, why=why, now=now)


def put(
    person: Membership, kind: str, *, now: datetime, contact: ContactMethod | None = None, why: dict[str, str]
) -> PersonalMessage:
    message: PersonalMessage = PersonalMessage.objects.create(
        tenant_id=person.tenant_id,
        membership=person,
        contact=contact,
        method=contact.kind if contact is not None else Method.EMAIL.value,
        kind=kind,
        why=why,
        created_at=now,
        retry_at=now,
    )
    doorbell.ring("oncall.messages")
    return message
