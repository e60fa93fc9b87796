"""Pages to a Teams workflow webhook, as an adaptive card.

The words stand in a RichTextBlock: a TextBlock would read markdown in them, and so a link of a stranger's.
"""

from oncall.senders.message import Message, Outcome
from oncall.senders.posting import post_json
from oncall.senders.words import summary, to_open


def send(message: Message, address: str) -> Outcome:
    return post_json(message, address, payload(message))


def payload(message: Message) -> dict[str, object]:
    words = escaped(summary(message))
    card: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words}]}],
    }
    if message.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": to_open(message), "url": message.link}]
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def escaped(words: str) -> str:
    """`<at>` stays characters whatever reads along, and `[words](address)` is no link."""
    return words.replace("<", "‹").replace(">", "›").replace("](", "] (")
