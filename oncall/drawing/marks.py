"""How people are told apart without their colour: initials, and a pattern each. Pure."""

from collections.abc import Iterable

PATTERNS = 8


def initials(name: str) -> str:
    """ "AN" of Anna, "BW" of Bram de Wit, "AM" of anna@acme.test."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    if len(words) == 1:
        return words[0][:2].upper()
    capitals = [word for word in words if word[0].isupper()] or words
    first, last = words[0], (capitals if len(capitals) > 1 else words)[-1]
    return (first[0] + last[0]).upper()


def patterns(people: Iterable[int]) -> dict[int, int]:
    """A number from 0 to 7 each, the same on every picture of the same people; the ninth begins again."""
    return {person: at % PATTERNS for at, person in enumerate(sorted(set(people)))}


def fitting(labels: Iterable[str], pixels: float) -> str:
    """The first of these, the longest first, that fits into so many pixels of 15 px bold; else nothing."""
    return next((label for label in labels if len(label) * 8.6 + 12 <= pixels), "")
