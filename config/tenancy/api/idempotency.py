"""Idempotency-Key: a POST that is sent twice is one deed, however often the line drops."""

import hashlib

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from config.tenancy.requests import actor_of

HEADER = "Idempotency-Key"
LONGEST = 255


def idempotency_key(request: Request) -> str:
    """64 characters that stand for the header and for who sent it; an empty text without the header.

    Of the sender too: two programs that both count from 1 must not swallow each other's deeds.
    """
    given = request.headers.get(HEADER, "")
    if not given:
        return ""
    if len(given) > LONGEST or not given.isprintable():
        raise ValidationError(
            {HEADER: [_("At most %(letters)d printable characters.") % {"letters": LONGEST}]}
        )
    actor = actor_of(request._request)
    return hashlib.sha256(f"{actor.kind}:{actor.id}:{given}".encode()).hexdigest()
