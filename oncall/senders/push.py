"""Pages by push, through an ntfy server: the person's own (`https://host/topic`) or the operator's.

As JSON, so that no words of ours ever stand in a header. Both buttons open the page: a GET never acts.
"""

from dataclasses import replace
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from oncall.senders.message import Message, Outcome
from oncall.senders.posting import post_json
from oncall.senders.words import summary

URGENT, DEFAULT = 5, 3
TITLE = 60
BIG_RANK = 2


def send(message: Message, address: str) -> Outcome:
    """One attempt. A topic alone goes to NTFY_URL, which may be private: it is the operator's own setting."""
    if "/" in address:
        server, _slash, topic = address.rstrip("/").rpartition("/")
        return post_json(message, f"{server}/", payload(message, topic))
    own = settings.NTFY_URL
    answer = post_json(message, f"{own}/", payload(message, address), allow=(urlsplit(own).hostname or "",))
    # What is wrong with the operator's server is no fault of anybody's topic.
    return replace(answer, gone=False, missing=False)


def payload(message: Message, topic: str) -> dict[str, object]:
    """The first 60 characters stand alone on a lock screen; the rest follows in the message."""
    words = summary(message)
    urgent = message.is_urgent and (message.card.severity_rank <= BIG_RANK or message.kind == "test")
    sent: dict[str, object] = {
        "topic": topic,
        "title": words[:TITLE],
        "message": words,
        "priority": URGENT if urgent else DEFAULT,
    }
    if message.link:
        sent |= {"click": message.link, "actions": _actions(message)}
    return sent


def _actions(message: Message) -> list[dict[str, object]]:
    if message.kind not in {"page", "given_back", "test"}:
        return []
    with override(message.receiver.language):
        labels = [_("I've got it"), _("Pass it on")]
    return [{"action": "view", "label": label, "url": message.link, "clear": False} for label in labels]
