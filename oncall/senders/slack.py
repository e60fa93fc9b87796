"""Pages to a Slack incoming webhook. Words from outside are data: no mention, link or markup."""

import re

from oncall.senders.message import Message, Outcome
from oncall.senders.posting import post_json
from oncall.senders.words import summary, to_open

# "@here" in plain words calls nobody in Slack itself, but in what reads along (bridges, old clients).
CALLING = re.compile(r"@(?=here\b|channel\b|everyone\b)", re.I)


def send(message: Message, address: str) -> Outcome:
    return post_json(message, address, payload(message))


def payload(message: Message) -> dict[str, object]:
    words = escaped(summary(message))
    blocks: list[dict[str, object]] = [
        {"type": "section", "text": {"type": "plain_text", "text": words, "emoji": False}}
    ]
    if message.link:
        link = f"<{escaped(message.link)}|{escaped(to_open(message))}>"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": link}})
    # Nothing is unfurled: Slack would open the link.
    return {"text": words, "blocks": blocks, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


def escaped(words: str) -> str:
    """`<!channel>` and `<https://evil|Sign in>` as plain characters."""
    plain = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return CALLING.sub("@\u200b", plain)
