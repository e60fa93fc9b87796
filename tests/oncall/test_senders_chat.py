"""Push, Slack and Teams: shapes, and words from outside that stay words."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from oncall.senders import push, slack, teams, webhook
from oncall.senders.message import NO_CARD, Outcome
from tests.oncall.local_server import Hook, answer
from tests.oncall.messages import LINK, NOW, message

EVIL = (
    "<!channel> @here @Everyone <https://evil.test|Sign in> [Sign in](https://evil.test) "
    "<at>all</at>\r\nBcc: x"
)
WHAT = "SEV1? INC-42 Checkout: payments fail for all customers since 03:01."
TAKEN = {"by": "Bram", "at": NOW.isoformat()}
PAGES = [
    {"key": "INC-50", "title": None, "severity": "SEV3", "link": LINK},
    {"key": "INC-51", "title": "Disk nearly full", "severity": "SEV3", "link": LINK},
]
ALL_KINDS: list[dict[str, Any]] = [
    {},
    {"also": ("INC-43",), "delayed": True, "folded": 2},
    {"why": {"variant": "escalated", "others": ["Eva"]}, "text": "please"},
    {"kind": "given_back", "why": TAKEN},
    {"kind": "nobody", "why": {"called": ["Eva"]}},
    {"kind": "taken", "why": TAKEN},
    {"kind": "over", "why": TAKEN | {"words": "It was the disk."}},
    {"kind": "reminder", "why": TAKEN},
    {"kind": "test"},
    {"kind": "digest", "why": {"pages": PAGES}},
    {"kind": "verify", "verify": "4812"},
    {"kind": "notice", "why": {"words": "It answered STOP."}},
]


def test_a_push_has_a_title_for_the_lock_screen_and_two_buttons_that_open() -> None:
    assert push.payload(message(), "anna-7f3k") == {
        "topic": "anna-7f3k",
        "title": WHAT[:60],
        "message": WHAT,
        "priority": 5,
        "click": LINK,
        "actions": [
            {"action": "view", "label": "I've got it", "url": LINK, "clear": False},
            {"action": "view", "label": "Pass it on", "url": LINK, "clear": False},
        ],
    }


@pytest.mark.parametrize(
    ("changes", "priority"),
    [
        ({"severity_rank": 2}, 5),
        ({"severity_rank": 3}, 3),
        ({"urgency": "low"}, 3),
        ({"kind": "taken", "why": TAKEN}, 3),
        ({"kind": "given_back", "why": TAKEN}, 5),
        ({"kind": "test", "severity_rank": 9}, 5),
    ],
)
def test_only_what_asks_somebody_to_get_up_for_something_big_rings(
    changes: dict[str, Any], priority: int
) -> None:
    assert push.payload(message(**changes), "t")["priority"] == priority


def test_a_push_goes_to_the_persons_own_server_or_to_the_operators(hook: Hook, settings: Settings) -> None:
    server = hook.url.removesuffix("/hook")
    assert push.send(message(), f"{server}/base/anna-topic").ok
    settings.NTFY_URL, settings.WEBHOOK_ALLOW = server, []
    assert push.send(message(), "anna-topic").ok
    first, second = hook.requests
    assert (first[0], second[0]) == ("/base/", "/")
    assert json.loads(second[2])["topic"] == "anna-topic"


def test_a_persons_address_on_a_private_network_is_refused_whatever_the_operators_server(
    hook: Hook,
    settings: Settings,
) -> None:
    settings.NTFY_URL, settings.WEBHOOK_ALLOW = hook.url, []
    refused = push.send(message(), hook.url.replace("/hook", "/topic"))
    assert refused == Outcome(False, "only ports 80 and 443 are called")
    assert hook.requests == []


def test_slack_gets_plain_words_and_one_link() -> None:
    assert slack.payload(message()) == {
        "text": WHAT,
        "blocks": [
            {"type": "section", "text": {"type": "plain_text", "text": WHAT, "emoji": False}},
            {"type": "section", "text": {"type": "mrkdwn", "text": f"<{LINK}|Open INC-42>"}},
        ],
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_teams_gets_a_card_without_markdown() -> None:
    (attachment,) = teams.payload(message())["attachments"]  # type: ignore[misc]
    card = attachment["content"]
    assert card["body"] == [{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": WHAT}]}]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open INC-42", "url": LINK}]


def test_what_a_stranger_wrote_calls_nobody_and_links_nowhere() -> None:
    said = json.dumps(slack.payload(message(title=EVIL)), ensure_ascii=False)
    for shape in ("<!", "@here", "@Everyone", "<https://evil", "\\r", "\\n"):
        assert shape not in said
    said = json.dumps(teams.payload(message(title=EVIL)), ensure_ascii=False)
    for shape in ("<at>", "](", "\\r", "\\n"):
        assert shape not in said
    assert '"title": "SEV1? INC-42 Checkout: <!channel> @here' in json.dumps(
        push.payload(message(title=EVIL), "t")
    )


@given(st.text())
def test_whatever_the_title_slack_sees_one_link_only(title: str) -> None:
    said = slack.payload(message(title=title))
    assert json.dumps(said).count("<") == 1
    assert len(str(said["text"])) < 3000


@pytest.mark.parametrize("changes", ALL_KINDS)
def test_there_are_words_for_every_kind_and_of_a_private_card_none_of_its_own(
    changes: dict[str, Any],
) -> None:
    open_card = message(**changes, title="CANARY", service="CANARY", detail="CANARY")
    private = message(**{"text": "CANARY"} | changes, private=True, title="CANARY", service="CANARY")
    for payload in (slack.payload, teams.payload, webhook.payload):
        assert json.dumps(payload(open_card))
        assert "CANARY" not in json.dumps(payload(private))
    assert len(str(push.payload(open_card, "t")["title"])) <= 60
    assert "CANARY" not in json.dumps(push.payload(private, "t"))


@pytest.mark.parametrize("sender", [slack, teams])
@pytest.mark.parametrize(
    ("status", "gone"), [(200, False), (404, False), (410, True), (400, False), (500, False)]
)
def test_an_address_that_is_no_more_is_gone(hook: Hook, sender: Any, status: int, gone: bool) -> None:
    hook.replies = [answer(status, b"no_service")]
    outcome = sender.send(message(), hook.url)
    assert (outcome.ok, outcome.gone, outcome.detail) == (status == 200, gone, f"HTTP {status}")


def test_a_webhook_that_is_gone(hook: Hook) -> None:
    hook.replies = [answer(410)]
    assert webhook.send(message(), hook.url, "whsec_" + "a" * 32).gone


def test_a_webhook_about_no_card_has_no_card_and_the_code_that_proves_it() -> None:
    told = webhook.payload(replace(message("verify", verify="481203"), card=NO_CARD))
    assert told["code"] == "481203"
    assert "key" not in told
