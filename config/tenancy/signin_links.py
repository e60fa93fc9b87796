"""The links in mails that let a person choose a password: one text, signed, for one use and a short time."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.crypto import salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from config.tenancy.models import User

RESET_LASTS = timedelta(hours=1)
INVITATION_LASTS = timedelta(days=7)
LASTS = {"r": RESET_LASTS, "i": INVITATION_LASTS}


@dataclass(frozen=True)
class SignInLink:
    """What a valid token says."""

    user: User
    is_invitation: bool


def make_token(user: User, *, now: datetime, invitation: bool = False) -> str:
    """One segment of a path, so that the logs mask it whole (config.logs). Holds no secret but its
    signature.
    """
    kind = "i" if invitation else "r"
    stamp = int_to_base36(int(now.timestamp()))
    return f"{kind}{int_to_base36(user.pk or 0)}-{stamp}-{_signature(kind, user, stamp)}"


def read_token(token: str, *, now: datetime) -> SignInLink | None:
    """None for anything forged, used, too old, or of a person who may not sign in.

    Used: the signature covers the password and the last sign-in, so either ends it.
    """
    head, _, rest = token.partition("-")
    stamp, _, signature = rest.partition("-")
    try:
        kind, pk, made_at = head[:1], base36_to_int(head[1:]), base36_to_int(stamp)
    except ValueError:
        return None
    user = User.objects.filter(pk=pk, is_active=True).first() if kind in LASTS and pk < 2**63 else None
    if user is None or not hmac.compare_digest(signature.encode(), _signature(kind, user, stamp).encode()):
        return None
    if now - datetime.fromtimestamp(made_at, UTC) > LASTS[kind]:
        return None
    return SignInLink(user, is_invitation=kind == "i")


def _signature(kind: str, user: User, stamp: str) -> str:
    value = f"{kind}|{user.pk}|{stamp}|{user.password}|{user.last_login}|{user.email}"
    return salted_hmac("muster.signin_link", value, algorithm="sha256").hexdigest()[:40]
