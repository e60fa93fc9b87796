"""Calls to addresses that users gave: what is refused, what is bounded, what is signed."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from config.tenancy import outbound
from config.tenancy.addresses import is_listed, is_public
from config.tenancy.outbound import OutboundError, fetch, post_signed
from oncall.models import Attempt, Notification
from tests.oncall.conftest import Pager
from tests.oncall.local_server import Handler, Hook, answer

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
REFUSED = """
127.0.0.1 127.9.9.9 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
100.127.255.255 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1
240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1
64:ff9b:1::1 2002:7f00:1:: 2002:808:808:: 2001::1 2001:0:7f00:1:: 2001:db8::1 3fff::1 fc00::1 fd00::1 fe80::1
fe80::1%eth0 fec0::1 ff02::1 ff0e::1 100::1 5f00::1 nonsense 1.2.3 1.2.3.4.5
"""
PUBLIC = (
    "8.8.8.8 1.1.1.1 100.63.255.255 172.32.0.1 2a00:1450::1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808"
)


@pytest.mark.parametrize("address", REFUSED.split())
def test_what_is_not_the_public_internet_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_the_public_internet_is_not(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_changes_nothing(address: Any) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))


def test_an_operator_allows_names_and_networks_of_their_own() -> None:
    assert is_listed("hooks.lan", ["10.0.0.1"], ["hooks.lan"])
    assert is_listed("x", ["10.0.0.1"], ["10.0.0.0/8"])
    assert not is_listed("x", ["10.0.0.1", "192.168.0.1"], ["10.0.0.0/8"])
    assert not is_listed("x", ["10.0.0.1"], [])


def names(address: str) -> Callable[..., list[Any]]:
    return lambda host, port, **kwargs: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


@pytest.mark.parametrize(
    ("url", "resolves_to"),
    [
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://metadata.test/", "169.254.169.254"),
        ("http://[::1]/", "::1"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://public.test:8080/", "8.8.8.8"),
        ("http://public.test:22/", "8.8.8.8"),
    ],
)
def test_no_connection_is_made_to_what_is_refused(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, url: str, resolves_to: str
) -> None:
    settings.WEBHOOK_ALLOW = []
    monkeypatch.setattr(socket, "getaddrinfo", names(resolves_to))
    connected: list[object] = []
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", lambda *args, **kwargs: connected.append(args))
    with pytest.raises(OutboundError):
        fetch("POST", url, now=NOW)
    assert connected == []


@pytest.mark.parametrize(
    "url", ["ftp://x/", "file:///etc/passwd", "http://u:p@x/", "http://", "http://x:99999/"]
)
def test_only_plain_web_addresses_are_called(url: str) -> None:
    with pytest.raises(OutboundError):
        fetch("POST", url, now=NOW)


def test_a_name_is_asked_once_and_the_connection_goes_to_that_answer(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """A resolver that says something public first, and loopback when asked again."""
    settings.WEBHOOK_ALLOW = []
    answers = iter(["8.8.8.8", "127.0.0.1"])
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, **kwargs: names(next(answers))(host, port, **kwargs)
    )
    connected: list[tuple[str, int]] = []

    def connect(self: object, host: str, port: int, **kwargs: object) -> None:
        connected.append((host, port))
        raise httpcore.ConnectError

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(OutboundError):
        fetch("POST", "http://flips.test/", now=NOW)
    assert connected == [("8.8.8.8", 80)]


def test_a_redirect_is_an_answer_and_is_not_followed(hook: Hook) -> None:
    hook.replies = [answer(302, location="http://169.254.169.254/")]
    assert fetch("POST", hook.url, b"x", now=NOW).status == 302
    assert len(hook.requests) == 1


def test_an_answer_is_cut_at_64_kilobytes(hook: Hook) -> None:
    hook.replies = [answer(200, b"x" * 200_000)]
    assert len(fetch("POST", hook.url, b"x", now=NOW).body) == 64 * 1024


@pytest.mark.parametrize(
    ("header", "waits"),
    [
        ("120", timedelta(seconds=120)),
        ("999999999999", timedelta(hours=1)),
        ("Mon, 23 Nov 2026 10:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 23 Nov 2026 09:00:00 GMT", None),
        ("0", None),
        ("soon", None),
        ("-5", None),
    ],
)
def test_a_wish_to_be_asked_later_is_read(hook: Hook, header: str, waits: timedelta | None) -> None:
    hook.replies = [answer(429, retry_after=header)]
    assert fetch("POST", hook.url, b"x", now=NOW).retry_after == waits


def test_an_answer_that_trickles_ends_at_the_deadline(hook: Hook) -> None:
    """Without one deadline over all this would never end: every read gets a byte in time."""
    over = threading.Event()

    def trickle(handler: Handler) -> None:
        while not over.wait(0.05):
            try:
                handler.wfile.write(b"H")
            except OSError:
                return

    hook.replies = [trickle]
    with pytest.raises(OutboundError, match=r"no answer within 0\.3 s"):
        fetch("POST", hook.url, b"x", now=NOW, deadline=0.3)
    over.set()


def test_a_resolver_that_hangs_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: over.wait(30))
    with pytest.raises(OutboundError, match="no answer"):
        fetch("POST", "http://slow.test/", now=NOW, deadline=0.2)
    over.set()


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """What a receiver does, by the text of the Standard Webhooks."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(secret.split("_", 1)[1]), signed, hashlib.sha256).digest()
    return headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def test_a_post_is_signed_over_id_time_and_body(hook: Hook) -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 24).decode()
    post_signed(hook.url, b'{"a":1}', secret=secret, message_id="ABC", now=NOW)
    ((path, headers, body),) = hook.requests
    assert (path, body, headers["webhook-id"]) == ("/hook", b'{"a":1}', "ABC")
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert verified(secret, headers, body)
    assert not verified(secret, headers, body + b" ")
    other = "whsec_" + base64.b64encode(b"o" * 24).decode()
    assert not verified(other, headers, body)


def test_a_page_by_webhook_tells_what_a_program_needs_and_is_signed(pager: Pager, hook: Hook) -> None:
    contact = pager.contact("bram", kind="webhook", address=hook.url)
    pager.start(pager.policy(["bram"]))
    ((_path, headers, body),) = hook.requests
    assert verified(contact.secret, headers, body)
    row = Notification.objects.get()
    assert json.loads(body) == {
        "type": "page",
        "id": row.uid,
        "attempt": 1,
        "resent": False,
        "key": "INC-42",
        "title": "payments fail for all customers",
        "severity": "SEV1?",
        "severity_rank": 1,
        "service": "Checkout",
        "private": False,
        "since": "2026-11-23T09:59:00Z",
        "sent_at": "2026-11-23T10:00:00Z",
        "url": row.page.url,
    }
    assert Attempt.objects.get().detail == "HTTP 204"


def test_a_private_page_by_webhook_has_no_title_and_no_service(pager: Pager, hook: Hook) -> None:
    pager.contact("bram", kind="webhook", address=hook.url)
    pager.start(pager.policy(["bram"]), private=True)
    ((_path, _headers, body),) = hook.requests
    assert b"payments" not in body
    assert b"Checkout" not in body


def test_a_receiver_that_fails_is_asked_again_with_the_same_id(pager: Pager, hook: Hook) -> None:
    hook.replies = [answer(500), answer(503, retry_after="60")]
    pager.contact("bram", kind="webhook", address=hook.url)
    pager.start(pager.policy(["bram"], delay=60))
    pager.later(seconds=3)
    row = Notification.objects.get(method="webhook")
    assert row.retry_at is not None
    assert row.retry_at >= pager.now + timedelta(seconds=60)
    pager.later(seconds=60)
    assert len({headers["webhook-id"] for _path, headers, _body in hook.requests}) == 1
    details = Attempt.objects.filter(notification=row).values_list("detail", flat=True)
    assert list(details) == ["HTTP 500", "HTTP 503", "HTTP 204"]


def test_a_refused_address_is_a_failed_attempt_and_says_no_more_than_that(
    pager: Pager, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOW = []
    pager.contact("bram", kind="webhook", address="http://127.0.0.1/hook")
    pager.start(pager.policy(["bram"], delay=60))
    assert Attempt.objects.get(notification__method="webhook").detail == "that address is not public"
    assert {80, 443} == outbound.PORTS
