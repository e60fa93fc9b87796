"""Calls to addresses that users gave: checked, bounded, and signed.

The name is resolved once, each of its addresses must be public (config.tenancy.addresses), and the
connection goes to the address that was checked, with the name kept for TLS and Host. Ports 80 and 443. No
redirects, no proxy from the environment, 64 KB of answer at most, and one deadline over everything. An
operator may allow hosts and networks of their own with MUSTER_WEBHOOK_ALLOW, on any port.
"""

import base64
import hashlib
import hmac
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
from django.conf import settings

from config.tenancy.addresses import is_listed, is_public

DEADLINE_SECONDS = 10.0
MAX_REPLY_BYTES = 64 * 1024
PORTS = {80, 443}
LONGEST_RETRY_AFTER = timedelta(hours=1)


class OutboundError(Exception):
    """The call was refused or failed. The text is fit for the person who gave the address."""


@dataclass(frozen=True)
class Reply:
    """`body` is cut (at 64 KB, unless `fetch` was told), and never shown. `retry_after`: at most an hour."""

    status: int
    body: bytes
    retry_after: timedelta | None


def post_signed(
    url: str, body: bytes, *, secret: str, message_id: str, now: datetime, deadline: float = DEADLINE_SECONDS
) -> Reply:
    """POSTs JSON with the Standard Webhooks headers. `message_id` stays the same when it is sent again.

    Raises OutboundError. Blocks for at most `deadline` seconds.
    """
    headers = signature_headers(body, secret=secret, message_id=message_id, now=now)
    return fetch(
        "POST", url, body, {"content-type": "application/json"} | headers, now=now, deadline=deadline
    )


def signature_headers(body: bytes, *, secret: str, message_id: str, now: datetime) -> dict[str, str]:
    """webhook-id, webhook-timestamp, webhook-signature: HMAC-SHA256 over id, time and body."""
    stamp = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def fetch(
    method: str,
    url: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    now: datetime,
    deadline: float = DEADLINE_SECONDS,
    allow: Iterable[str] = (),
    most: int = MAX_REPLY_BYTES,
) -> Reply:
    """One request to an address a user gave. Raises OutboundError for whatever goes wrong.

    At most `most` bytes of the answer are read; what is longer is cut.
    `allow` is for an address that one of the operator's own settings names: hosts and networks that may be
    reached although they are not public, on any port.
    """
    _check_shape(url)
    backend = _CheckedBackend(time.monotonic() + deadline, [*settings.WEBHOOK_ALLOW, *allow], most)
    sent = {"user-agent": "Muster", "accept": "*/*", "connection": "close"} | dict(headers or {})
    try:
        status, answer, read = _exchange(backend, method, url, sent, body)
        return Reply(status, read, _retry_after(answer.get(b"retry-after"), now))
    except OutboundError:
        raise
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise OutboundError(f"no answer within {deadline:g} s") from error
    except (httpcore.NetworkError, OSError) as error:
        raise OutboundError("no connection") from error
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, ValueError) as error:
        raise OutboundError("not an HTTP answer") from error


def _exchange(
    backend: "_CheckedBackend", method: str, url: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[bytes, bytes], bytes]:
    """The conversation itself: status, headers with names in lower case, and what is wanted of the answer."""
    with (
        httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend) as pool,
        pool.stream(method, url, headers=list(headers.items()), content=body) as response,
    ):
        answer = {name.lower(): value for name, value in response.headers}
        return response.status, answer, _read(response, backend.most)


def _check_shape(url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise OutboundError("not an address") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise OutboundError("not an http(s) address without a user name")


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _read(response: httpcore.Response, most: int) -> bytes:
    read = b""
    for chunk in response.iter_stream():
        read += chunk
        if len(read) >= most:
            break
    return read[:most]


def _retry_after(value: bytes | None, now: datetime) -> timedelta | None:
    """Seconds or an HTTP date. Nonsense and the past are no wish at all."""
    if value is None:
        return None
    text = value.decode("latin-1").strip()
    try:
        if text.isascii() and text.isdigit():
            wish = timedelta(seconds=int(text[:9]))
        else:
            moment = parsedate_to_datetime(text)
            wish = moment.replace(tzinfo=moment.tzinfo or UTC) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(wish, LONGEST_RETRY_AFTER) if wish > timedelta(0) else None


class _CheckedBackend(httpcore.NetworkBackend):
    """Opens connections to checked addresses only, whatever the HTTP layer asks for, within the deadline.

    `most` bytes of an answer are read.
    """

    def __init__(self, ends_at: float, allowed: Iterable[str], most: int) -> None:
        self.ends_at = ends_at
        self.most = most
        self.allowed = list(allowed)
        self.network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        addresses = _resolve(host, port, _left(self.ends_at))
        if not is_listed(host, addresses, self.allowed):
            if port not in PORTS:
                raise OutboundError("only ports 80 and 443 are called")
            if not all(is_public(address) for address in addresses):
                raise OutboundError("that address is not public")
        return _DeadlineStream(self._connect(addresses, port), self.ends_at)

    def _connect(self, addresses: list[str], port: int) -> httpcore.NetworkStream:
        """The first of the checked addresses that answers: a machine may have no IPv6."""
        failed: Exception | None = None
        for address in addresses:
            try:
                return self.network.connect_tcp(address, port, timeout=_left(self.ends_at))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise OutboundError("no connection") from failed


class _DeadlineStream(httpcore.NetworkStream):
    """Each read and write gets what is left of the whole: an answer that trickles does not last for ever."""

    def __init__(self, stream: httpcore.NetworkStream, ends_at: float) -> None:
        self.stream = stream
        self.ends_at = ends_at

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, timeout=_left(self.ends_at))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, timeout=_left(self.ends_at))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self.stream.start_tls(ssl_context, server_hostname, timeout=_left(self.ends_at))
        return _DeadlineStream(secured, self.ends_at)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(ends_at: float) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """All addresses of `host`, asked once. In a thread of its own: the resolver knows no deadline."""
    found: list[Any] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            found.append(None)

    asking = threading.Thread(target=ask, name="resolve", daemon=True)
    asking.start()
    asking.join(seconds)
    if not found:
        raise TimeoutError
    if not found[0]:
        raise OutboundError("no such host")
    return [entry[4][0] for entry in found[0]]
