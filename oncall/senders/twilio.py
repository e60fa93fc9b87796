"""A small client of the Twilio API, for text messages and calls, and for any service that speaks it.

The address is the operator's own setting, so it may be private. One deadline over the whole conversation.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from config.tenancy.outbound import OutboundError, Reply, fetch
from oncall.senders.message import Outcome

# The receiver answered STOP; not a number; not a number that takes text messages.
GONE = {21610, 21211, 21614}


def is_set_up() -> bool:
    return bool(settings.TWILIO_ACCOUNT_SID)


def post(resource: str, form: dict[str, Any], *, now: datetime) -> Outcome:
    """Makes a Message or a Call. `form` may hold lists. Never raises for what the other side does."""
    if not is_set_up():
        return Outcome(False, "not sent: TWILIO_ACCOUNT_SID is not set")
    url = f"{settings.TWILIO_URL}/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/{resource}.json"
    body = urlencode({"From": settings.TWILIO_FROM} | form, doseq=True).encode()
    headers = {"content-type": "application/x-www-form-urlencoded", "authorization": _basic()}
    try:
        reply = fetch("POST", url, body, headers, now=now, allow=(urlsplit(url).hostname or "",))
    except OutboundError as error:
        return Outcome(False, str(error)[:200])
    return _outcome(reply, receipt="StatusCallback" in form)


def is_genuine(url: str, params: Mapping[str, str], signature: str) -> bool:
    """Whether X-Twilio-Signature is that of this account over the absolute `url` and the form it posted.

    False where no account is set. A provider may have signed the address with its port, or without it.
    """
    if not settings.TWILIO_AUTH_TOKEN:
        return False
    given = signature.encode("utf-8", "replace")
    right = [hmac.compare_digest(signature_of(form, params).encode(), given) for form in _with_port(url)]
    return any(right)


def signature_of(url: str, params: Mapping[str, str]) -> str:
    """HMAC-SHA1 over the address and the sorted names and values, in base64, as Twilio's documents say."""
    signed = url + "".join(name + params[name] for name in sorted(params))
    key = settings.TWILIO_AUTH_TOKEN.encode()
    return base64.b64encode(hmac.new(key, signed.encode("utf-8", "replace"), hashlib.sha1).digest()).decode()


def _with_port(url: str) -> list[str]:
    parts = urlsplit(url)
    if parts.port is not None or not parts.hostname:
        return [url]
    port = 443 if parts.scheme == "https" else 80
    return [url, parts._replace(netloc=f"{parts.netloc}:{port}").geturl()]


def _basic() -> str:
    pair = f"{settings.TWILIO_ACCOUNT_SID}:{settings.TWILIO_AUTH_TOKEN}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def _outcome(reply: Reply, *, receipt: bool) -> Outcome:
    """Of an error only its number is told: the words of it name the telephone number."""
    said = _json(reply.body)
    if 200 <= reply.status < 300:
        detail = f"accepted: {said.get('status', 'queued')}"[:200]
        return Outcome(True, detail, receipt=receipt, provider_id=str(said.get("sid") or "")[:64])
    code = said.get("code")
    detail = f"HTTP {reply.status}, error {code}" if isinstance(code, int) else f"HTTP {reply.status}"
    return Outcome(False, detail, reply.retry_after, gone=code in GONE)


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
