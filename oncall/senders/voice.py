"""Pages by telephone: places the call, and the TwiML of it (oncall.senders.speech has the words).

Answered is whoever presses a key, never a voicemail: the provider is asked whether it was a machine.
"""

import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from oncall.senders import twilio
from oncall.senders.message import Message, Outcome
from oncall.senders.speech import LANGUAGES, nothing_pressed, spoken

# Most voicemails take over after 20 to 30 seconds: before that it rings, and afterwards it costs a call.
RINGS_SECONDS = 25
# What a title may hold and XML may not, even escaped.
NOT_XML = re.compile("[^\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
HAS_IT, PASSES_ON = "4", "6"


def send(message: Message, address: str, status_url: str, speech_url: str) -> Outcome:
    """One call. With an empty `speech_url` the words go along, and there are no keys to press."""
    words = {"Url": speech_url, "Method": "POST"} if speech_url else {"Twiml": told_twice(message)}
    form = {"To": address, "Timeout": str(RINGS_SECONDS), "MachineDetection": "Enable"}
    return twilio.post("Calls", form | words | _reports(status_url), now=message.now)


def _reports(status_url: str) -> dict[str, Any]:
    if not status_url:
        return {}
    return {
        "StatusCallback": status_url,
        "StatusCallbackMethod": "POST",
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
    }


def announcement(message: Message, action_url: str) -> str:
    """TwiML: the words twice, while a key is waited for. The key is posted to `action_url` as Digits."""
    words = _say(spoken(message), message.receiver.language)
    gather = f'<Gather input="dtmf" numDigits="1" timeout="8" method="POST" action={quoteattr(action_url)}>'
    end = _say(nothing_pressed(message.receiver.language), message.receiver.language)
    return _response(f'{gather}{words}<Pause length="1"/>{words}</Gather>{end}')


def told_twice(message: Message) -> str:
    words = _say(spoken(message), message.receiver.language)
    return _response(f'{words}<Pause length="1"/>{words}')


def said(words: str, language: str = "en") -> str:
    """TwiML that says one thing and hangs up: the answer to a key."""
    return _response(f"{_say(words, language)}<Hangup/>")


def hung_up() -> str:
    """TwiML for a machine: nothing is left on a voicemail, which others may hear."""
    return _response("<Hangup/>")


def _say(words: str, language: str) -> str:
    said = escape(NOT_XML.sub(" ", words))
    return f"<Say language={quoteattr(LANGUAGES.get(language, 'en-GB'))}>{said}</Say>"


def _response(inner: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>'
