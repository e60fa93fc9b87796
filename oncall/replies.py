"""What people text back, what a provider reports, and what is answered. Pure.

A reply acts only on a page in flight to the very number it came from: that is checked by whoever calls.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from oncall.senders.gsm import ONE_SEGMENT, clipped, gsm, septets
from oncall.senders.phrases import joined

ACK, PASS_ON, STOP, UNKNOWN = "ack", "pass_on", "stop", "unknown"
# What is written behind the four digits; of "4812=I have it" (the hint, typed over) only what is before "=".
AFTER_CODE = dict.fromkeys(("", "y", "yes", "ok", "okay", "j", "ja"), ACK) | dict.fromkeys(
    ("n", "no", "nee", "not me", "pass on", "niet ik", "geef door"), PASS_ON
)
WITHOUT_CODE = frozenset({"ok", "okay", "yes", "ja", "1"})
# What carriers act on by themselves: nothing reaches that number any more.
STOPS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"})


@dataclass(frozen=True)
class Reply:
    """`code` None with the verb ack: the last page to this number is meant. `verb`: see above."""

    code: str | None
    verb: str


def read(text: str) -> Reply:
    """Never raises. Whatever is not plainly an answer is unknown: a wrong guess would silence a page."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".!,")
    if plain in STOPS:
        return Reply(None, STOP)
    if plain in WITHOUT_CODE:
        return Reply(None, ACK)
    found = re.fullmatch(r"([0-9]{4})(?![0-9])\s*([^=]*?)\s*(?:=.*)?", plain)
    if found and found[2] in AFTER_CODE:
        return Reply(found[1], AFTER_CODE[found[2]])
    return Reply(None, UNKNOWN)


# --- what is answered, each in one text message -------------------------------------------------------------


def you_have(key: str, not_called: Sequence[str], language: str) -> str:
    """`not_called`: who would have been next."""
    with translation.override(language):
        had = _("You have %(key)s.") % {"key": key}
        if not not_called:
            return _one(had)
        one, many = _("%(names)s was not called."), _("%(names)s were not called.")
        spared = (one if len(not_called) == 1 else many) % {"names": joined(list(not_called))}
        return _one(f"{had} {spared}")


def passed_on(key: str, to: Sequence[str], language: str) -> str:
    """`to`: who is called now; nobody where nobody is left."""
    with translation.override(language):
        words = {"key": key, "names": joined(list(to))}
        said = _("%(key)s passed on to %(names)s.") if to else _("%(key)s passed on: nobody else is left.")
        return _one(said % words)


def not_yours(code: str, address: str, language: str) -> str:
    """One answer for a wrong code, another's and one that is over: which it is, is nobody's business."""
    with translation.override(language):
        return _one(_("%(code)s is not yours or is over. Sign in:") % {"code": code}, address)


def not_understood(address: str, language: str) -> str:
    with translation.override(language):
        return _one(_("Not understood. Reply the four digits of the page, or sign in:"), address)


def nothing_open(address: str, language: str) -> str:
    """To "ok" without a code, where no page to this number waits for an answer."""
    with translation.override(language):
        return _one(_("No page to this number waits for an answer. Sign in:"), address)


def still_rings(key: str, code: str, address: str, language: str) -> str:
    """To "ok" without a code, where the last page is over and an older one is not."""
    with translation.override(language):
        said = _("The last page is over. %(key)s still waits: reply %(code)s, or sign in:")
        return _one(said % {"key": key, "code": code}, address)


def too_many(address: str, language: str) -> str:
    with translation.override(language):
        return _one(_("Too many wrong codes. Sign in:"), address)


def test_finished(language: str) -> str:
    with translation.override(language):
        return _one(_("Test finished: a page reaches you here."))


def _one(words: str, address: str = "") -> str:
    tail = f" {address}" if address else ""
    return clipped(gsm(words), ONE_SEGMENT - septets(tail)) + tail


# --- what a provider reports --------------------------------------------------------------------------------

# Higher is later: what is stored only grows, so that reports may come twice and in any order. Within a
# channel no two states share a rank. Evidence that it arrived stands above evidence that it did not.
SMS_RANKS = {
    "accepted": 10,
    "scheduled": 11,
    "queued": 12,
    "sending": 13,
    "sent": 14,
    "canceled": 20,
    "failed": 21,
    "undelivered": 22,
    "delivered": 30,
    "read": 31,
}
CALL_RANKS = {
    "queued": 10,
    "initiated": 11,
    "ringing": 12,
    "in-progress": 13,
    "canceled": 20,
    "failed": 21,
    "busy": 22,
    "no-answer": 23,
    "completed": 30,
}
BY_FAX, BY_MACHINE, BY_NOBODY_KNOWN = 24, 25, 26
FAILED_FROM, DELIVERED_FROM = 20, 30


@dataclass(frozen=True)
class Receipt:
    """How far a message or call has come. `delivered` and `failed` are both False while nothing is sure.

    `answered`: a person took the call (or nobody looked whether it was one), which acknowledges nothing.
    A voicemail has failed.
    """

    rank: int
    delivered: bool
    failed: bool
    answered: bool
    detail: str


def receipt_of(params: Mapping[str, str]) -> Receipt:
    """Of the form a status callback posts. Rank 0 for a state nobody knows."""
    if "CallStatus" in params:
        return _of_call(params)
    status = params.get("MessageStatus") or params.get("SmsStatus") or ""
    return _receipt(SMS_RANKS.get(status, 0), _detail(status, params.get("ErrorCode", "")), answered=False)


def _of_call(params: Mapping[str, str]) -> Receipt:
    status, by = params["CallStatus"], params.get("AnsweredBy", "")
    rank = CALL_RANKS.get(status, 0)
    if status == "completed" and by and by != "human":
        # What a machine heard nobody has heard; "unknown" proves nothing, and does not fail either.
        rank = BY_MACHINE if by.startswith("machine") else BY_FAX if by == "fax" else BY_NOBODY_KNOWN
    return _receipt(rank, _detail(status, by), answered=rank == DELIVERED_FROM)


def _receipt(rank: int, detail: str, *, answered: bool) -> Receipt:
    failed = FAILED_FROM <= rank < DELIVERED_FROM and rank != BY_NOBODY_KNOWN
    return Receipt(rank, rank >= DELIVERED_FROM, failed, answered, detail)


def _detail(status: str, more: str) -> str:
    return (f"{status}, {more}" if more else status)[:100]
