"""Signed posts: Grafana's HMAC, and whoever does the same (Sentry). Pure.

The header is the hexadecimal HMAC-SHA256 of the body as it came, or, where a header of the time is set up,
of `<unix seconds>:` and the body; then it counts for WINDOW around the moment, so that nobody plays it again.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=5)
MOST_DIGITS = 12


class NotSigned(Exception):
    """The text says what is missing or wrong, in English, for whoever set the sender up."""


def signature_of(secret: str, body: bytes, stamp: str = "") -> str:
    signed = stamp.encode() + b":" + body if stamp else body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def check(
    *, secret: str, body: bytes, header: str, given: str, time_header: str, stamp: str, now: datetime
) -> None:
    """Raises NotSigned. `header` and `time_header` are the names, `given` and `stamp` what stands in them."""
    if not given:
        raise NotSigned(f"This source wants a signature in the header {header}.")
    if time_header:
        _check_time(time_header, stamp, now)
    wanted = signature_of(secret, body, stamp if time_header else "")
    if not hmac.compare_digest(wanted.encode(), given.removeprefix("sha256=").lower().encode()):
        raise NotSigned(f"The signature in {header} does not fit the body and the secret of this source.")


def _check_time(name: str, stamp: str, now: datetime) -> None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= MOST_DIGITS):
        raise NotSigned(f"This source wants the time in seconds in the header {name}.")
    if abs(now.timestamp() - int(stamp)) > WINDOW.total_seconds():
        raise NotSigned(f"The time in {name} is more than 5 minutes from this server's.")
