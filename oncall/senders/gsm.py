"""The alphabet of text messages (GSM 03.38): one character outside it, and 160 become 70. Pure.

Words are brought into it: ë becomes e, … becomes .., emoji go, and a letter of another script becomes "?".
"""

import re
import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Sent as two: an escape comes first.
EXTENSION = frozenset("^{}\\[~]|€")
ONE_SEGMENT = 160

SPACES = re.compile(" {2,}")

_GROUPS = {
    "-": "‐‑‒–—―−•·",
    '"': "“”„‟«»″",
    "'": "‘’‚‛‹›`´′",
    "..": "…",
    "->": "→",
    "<-": "←",
    ">=": "≥",
    "<=": "≤",
    "!=": "≠",
    "x": "×",
    "/": "÷⁄",
    "oe": "œ",
    "OE": "Œ",
    "l": "ł",
    "L": "Ł",
    "d": "đð",
    "D": "ĐÐ",
    "th": "þ",
    "Th": "Þ",
    "i": "ı",
    "u": "µ",
}
_TABLE = {char: plain for plain, chars in _GROUPS.items() for char in chars}
# Symbols (emoji among them), invisible marks, joiners, private and unassigned: they leave nothing behind.
_DROPPED = {"So", "Sk", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Mc"}


def gsm(text: str) -> str:
    """`text` within the alphabet. A run of letters it has nothing for becomes one "?", of spaces a space."""
    found: list[str] = []
    for char in unicodedata.normalize("NFC", text):
        plain = _plain(char)
        if not (plain == "?" and char != "?" and found and found[-1] == "?"):
            found.append(plain)
    return SPACES.sub(" ", "".join(found))


def _plain(char: str) -> str:
    if char in BASIC or char in EXTENSION:
        return char
    if char in _TABLE:
        return _TABLE[char]
    if unicodedata.category(char) in _DROPPED:
        return ""
    pieces = unicodedata.normalize("NFKD", char)
    return "".join(_plain(piece) for piece in pieces) if pieces != char else "?"


def septets(text: str) -> int:
    """How long `text` is on the air; it must be within the alphabet."""
    return sum(2 if char in EXTENSION else 1 for char in text)


def clipped(text: str, limit: int, least: int = 0) -> str:
    """`text` in at most `limit` septets, cut with "..", of which at least `least` characters are kept."""
    if septets(text) <= limit:
        return text
    kept = text
    while len(kept) > least and septets(kept) + 2 > limit:
        kept = kept[:-1]
    if septets(kept) + 2 >= septets(text):
        return text
    trimmed = kept.rstrip()
    return (trimmed if len(trimmed) >= least else kept) + ".."
