"""The fake of the world outside, with the pager behind it: each method by the door of a page."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from oncall import receipts
from oncall.models import Attempt, Notification
from oncall.operations import drafts
from oncall.senders.message import Outcome
from tests.conftest import MovedClock
from tests.oncall.conftest import Pager
from tests.oncall.messages import message
from tests.oncall.wire import Sent, Wire, installed, refuse, slow

NUMBER = "+31612345678"
PLACES = {
    "email": "bram@pager.test",
    "sms": NUMBER,
    "voice": NUMBER,
    "push": "https://ntfy.sh/bram",
    "slack": "https://hooks.slack.com/services/T/B/x",
    "teams": "https://prod.logic.azure.test/workflows/x",
    "webhook": "https://hooks.bram.test/page",
}


@pytest.mark.parametrize("method", PLACES)
def test_a_page_goes_out_by_each_method_and_leads_to_its_link(pager: Pager, wire: Wire, method: str) -> None:
    pager.contact("bram", kind=method, address=PLACES[method])
    pager.start(pager.policy(["bram"], delay=60))
    row = Notification.objects.get()
    call = wire.expect(method, PLACES[method])
    if method == "voice":
        assert call.data["Url"].endswith(f"/hooks/twilio/voice/{row.page.token}")
    else:
        assert "INC-42" in call.sent.words
        assert row.page.url in call.sent.words
    if method in {"sms", "voice"}:
        name = call.data["StatusCallback"].rsplit("/", 1)[1]
        assert receipts.read(name) == (row.tenant_id, row.pk)
    assert Attempt.objects.get().outcome == "sent"


def test_what_is_not_looked_at_fails_the_test_with_its_words(
    pager: Pager, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    there = installed(moved_clock, monkeypatch, settings)
    pager.contact("bram", kind="sms", address=NUMBER)
    pager.start(pager.policy(["bram"], delay=60))
    with pytest.raises(AssertionError, match=re.escape(f"sms to {NUMBER}: SEV1? INC-42 Checkout")):
        there.silence()
    with pytest.raises(AssertionError, match="nothing by email to bram"):
        there.expect("email", "bram@acme.test")
    with pytest.raises(AssertionError, match="Eva"):
        there.expect("sms", NUMBER, "Eva")
    ((method, to, words),) = there.take()
    assert (method, to) == ("sms", NUMBER)
    assert words.startswith("SEV1? INC-42 Checkout: payments fail for all customers since 10:59. http")
    there.silence()


def test_a_provider_that_is_busy_wrong_or_slow_costs_no_page(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    wire.answers("sms", refuse(429, retry_after=45), refuse(500), slow())
    pager.start(pager.policy(["bram"], delay=60))
    began = pager.now
    for _ in range(60):
        pager.later(seconds=5)
    wire.expect("sms", NUMBER, "SEV1? INC-42")
    details = Attempt.objects.filter(notification__method="sms").values_list("detail", flat=True)
    assert list(details) == ["HTTP 429", "HTTP 500", "no answer within 10 s", "accepted: queued"]
    second = Attempt.objects.filter(notification__method="sms")[1]
    assert second.started_at >= began + timedelta(seconds=45)
    wire.expect("email", "bram@acme.test", "INC-42")  # from the second failed try on, also there


def test_half_an_hour_of_nobody_there_costs_no_page(pager: Pager, wire: Wire) -> None:
    pager.contact("bram", kind="sms", address=NUMBER)
    wire.down("sms", minutes=30)
    pager.start(pager.policy(["bram"], delay=90))
    for _ in range(33):
        pager.later(minutes=1)
    wire.expect("sms", NUMBER, "SEV1? INC-42")
    wire.expect("email", "bram@acme.test")
    assert len(wire.refused) > 10


def test_a_mail_server_that_refuses(pager: Pager, wire: Wire) -> None:
    wire.answers("email", refuse(451, text="busy"), slow())
    pager.start(pager.policy(["bram"], delay=60))
    for _ in range(12):
        pager.later(seconds=5)
    wire.expect("email", "bram@acme.test", "[SEV1?] INC-42")
    details = list(Attempt.objects.values_list("detail", flat=True))
    assert details == ["451", "TimeoutError", "accepted"]


def test_a_report_goes_where_it_was_told_to_go_and_is_signed(wire: Wire, client: Client) -> None:
    drafts.deliver(message(), drafts.Way("sms", NUMBER, status_url="http://127.0.0.1:8000/nowhere/x"))
    call = wire.expect("sms", NUMBER)
    assert wire.report(client, call, "delivered").status_code == 404


def test_a_code_that_proves_an_address_needs_no_report(wire: Wire) -> None:
    outcome = drafts.deliver(message("verify", verify="4812"), drafts.Way("sms", NUMBER))
    assert wire.take() == [Sent("sms", NUMBER, "4812 is your code to confirm this address.")]
    assert outcome.ok
    assert not outcome.receipt


def test_an_address_that_is_gone_is_not_called(wire: Wire) -> None:
    assert drafts.deliver(message(), drafts.Way("slack", "")) == Outcome(
        False, "nowhere to send it: the address is gone", gone=True
    )
