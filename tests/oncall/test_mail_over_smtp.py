"""Pages over real SMTP, on loopback."""

import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message as Received
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from oncall.models import Attempt, Notification
from oncall.operations import paging
from oncall.senders import smtp
from tests.oncall.conftest import Pager, person


class Post:
    """What the server took, and what it answers."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], Received]] = []
        self.replies: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.replies:
            return self.replies.pop(0)
        assert isinstance(envelope.content, bytes)
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 kept"


@pytest.fixture
def post(settings: Settings) -> Iterator[Post]:
    handler = Post()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield handler
    controller.stop()


def test_a_page_goes_out_with_the_words_and_headers_of_a_page(pager: Pager, post: Post) -> None:
    pager.contact("bram", address="bram@pager.test")
    pager.start(pager.policy([pager.schedule("bram", "marc")], ["marc"]))
    ((to, sent),) = post.taken
    assert to == ["bram@pager.test"]
    assert sent["Subject"] == "[SEV1?] INC-42 Checkout: payments fail for all customers"
    assert sent["X-Priority"] == "1"
    assert sent.get_content_type() == "text/plain"
    link = Notification.objects.get().page.url
    assert sent.get_content().splitlines() == [
        "SEV1? INC-42 Checkout: payments fail for all customers since 10:59.",
        "",
        "HTTP 500 on /pay",
        "Runbook: https://wiki.acme.test/pay",
        "",
        "I've got it, or pass it on:",
        link,
        "",
        "For Bram: you are on call for Checkout until 30 Nov 2026 09:00. Next: Marc at 11:05.",
    ]


def test_all_mails_of_an_incident_are_one_thread_and_a_second_try_is_the_same_mail(
    pager: Pager, post: Post
) -> None:
    post.replies = ["451 later"]
    escalation = pager.start(pager.policy(["bram"], delay=60))
    assert Attempt.objects.get().detail == "451"
    pager.later(seconds=5)
    paging.stop(
        escalation_id=escalation.pk,
        reason="over",
        actor=person(pager.people["bram"]),
        now=pager.now,
        tell=True,
    )
    pager.engine.run()
    page, over = (sent for _to, sent in post.taken)
    assert page["References"] == over["References"] == page["In-Reply-To"]
    assert page["Message-ID"] != over["Message-ID"]
    first = Notification.objects.get(kind="page")
    assert page["Message-ID"] == f"<{first.uid.lower()}@127.0.0.1>"
    assert (over["Subject"].startswith("[Over] INC-42"), over["X-Priority"]) == (True, "3")


def test_a_title_that_forges_headers_becomes_one_harmless_line(pager: Pager, post: Post) -> None:
    pager.start(pager.policy(["bram"]), title="down\r\nBcc: all@acme.test\r\n\r\n<script>\x00\u2028\ud800x")
    ((to, sent),) = post.taken
    assert to == ["bram@acme.test"]
    assert sent["Bcc"] is None
    assert sent["Subject"].strip() == "[SEV1?] INC-42 Checkout: down Bcc: all@acme.test <script>� ?x"


def test_a_private_card_gives_away_key_severity_and_link_only(pager: Pager, post: Post) -> None:
    pager.start(pager.policy([pager.schedule("bram")]), private=True, severity_word="SEV1")
    ((_to, sent),) = post.taken
    assert sent["Subject"] == "[SEV1] INC-42 (private)"
    whole = sent.as_string()
    for secret in ("payments", "Checkout", "HTTP 500", "wiki.acme.test"):
        assert secret not in whole
    assert Notification.objects.get().page.url in sent.get_content()


def test_a_mail_is_in_the_language_and_zone_of_whoever_gets_it(pager: Pager, post: Post) -> None:
    user = pager.people["bram"].user
    with acting(ENGINE, now=pager.now):
        user.time_zone = "America/New_York"
        user.save()
    pager.start(pager.policy(["bram"]))
    ((_to, sent),) = post.taken
    assert "since 04:59." in sent.get_content()


def test_no_server_is_a_failed_attempt_and_the_page_waits(
    pager: Pager, settings: Settings, post: Post
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = closed.getsockname()[1]
        escalation = pager.start(pager.policy(["bram"], delay=60))
    assert pager.states(escalation) == ["failed"]
    assert Attempt.objects.get().detail == "ConnectionRefusedError"


def test_a_server_that_trickles_is_cut_off(
    pager: Pager, settings: Settings, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the deadline this would never end: every read gets a byte in time."""
    monkeypatch.setattr(smtp, "DEADLINE_SECONDS", 0.3)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_PORT = server.getsockname()[1]

        def trickle() -> None:
            talking, _address = server.accept()
            with talking:
                while not over.wait(0.05):
                    try:
                        talking.sendall(b"2")
                    except OSError:
                        return

        threading.Thread(target=trickle, daemon=True).start()
        escalation = pager.start(pager.policy(["bram"], delay=60))
        over.set()
    assert pager.states(escalation) == ["failed"]
