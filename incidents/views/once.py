"""A button pressed twice, or a POST that a bad connection repeats, is one deed."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, transaction

from config.tenancy.models import Membership
from incidents.models import Once

FIELD = "once"
LENGTH = 40


def new_token() -> str:
    return secrets.token_urlsafe(18)


@contextmanager
def once(token: str, *, membership: Membership, now: datetime) -> Iterator[bool]:
    """One transaction. Yields True the first time, False where a form with this token has worked before.

    A second sending at the same moment waits for the first. An exception inside takes the token back, so the
    same form can be sent again. An empty token (a client of its own) is always the first time.
    """
    with transaction.atomic():
        yield _first_time(token[:LENGTH], membership, now)


def _first_time(token: str, membership: Membership, now: datetime) -> bool:
    if not token:
        return True
    try:
        with transaction.atomic():
            Once.objects.create(token=token, membership=membership, done_at=now)
    except IntegrityError:
        return False
    return True
