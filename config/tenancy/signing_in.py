"""The limits of signing in, and the cookie of a device that has done so before."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from config.tenancy.peers import network_of
from config.tenancy.throttle import Limit

DEVICE_COOKIE = "muster_device"
DEVICE_SALT = "muster.device"
DEVICE_LASTS = timedelta(days=365)

PER_ACCOUNT = 10
PER_NETWORK = 60
ALTOGETHER = 2000


def limits_of(request: HttpRequest, email: str) -> list[Limit]:
    """What one try to sign in counts against.

    A device that signed in to this account before has a count of its own: whoever tries a stranger's
    passwords all night must not be able to lock the person on call out of their own phone.
    """
    # Over a unix socket without TRUSTED_PROXIES the network is not known, and cannot be counted by.
    network = network_of(request)
    limits = [Limit(f"signin:net:{network}", PER_NETWORK)] if network else []
    if device := _known_device(request, email):
        return [*limits, Limit(f"signin:device:{device}", PER_ACCOUNT)]
    return [*limits, Limit(account_bucket(email), PER_ACCOUNT), Limit("signin:all", ALTOGETHER)]


def account_bucket(email: str) -> str:
    return f"signin:account:{_digest(email)}"


def remember_device(response: HttpResponse, email: str) -> None:
    """It opens nothing: it only gives this browser a count of its own."""
    value = signing.dumps([secrets.token_hex(8), _digest(email)], salt=DEVICE_SALT)
    response.set_cookie(
        DEVICE_COOKIE,
        value,
        max_age=DEVICE_LASTS,
        path="/login/",
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known_device(request: HttpRequest, email: str) -> str | None:
    try:
        device, account = signing.loads(
            request.COOKIES.get(DEVICE_COOKIE, ""), salt=DEVICE_SALT, max_age=DEVICE_LASTS
        )
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(device) if account == _digest(email) else None


def _digest(email: str) -> str:
    return hashlib.sha256(f"{settings.SECRET_KEY}{email.strip().lower()}".encode()).hexdigest()[:32]
