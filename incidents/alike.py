"""Whether two lines of text may be about the same thing: shared words, however they end. Pure."""

import re

WORD = re.compile(r"\w{3,}", re.UNICODE)
# Two words are one where they begin alike: "payment", "payments", "paying" begin with "pay".
STEM = 5
# Said of anything that is broken.
COMMON = frozenset(
    re.findall(
        r"\w+",
        """the and for all not are but with from our one some broken fails fail failing down error errors
        customer customers user users say says problem slow site service
        het een van voor met niet alle zijn doet klant klanten zegt zeggen traag kapot werkt storing""",
    )
)


def stems(text: str) -> frozenset[str]:
    """The beginnings of the words that say something."""
    words = (word.casefold() for word in WORD.findall(text))
    return frozenset(word[:STEM] for word in words if word not in COMMON)


def likeness(one: str, other: str) -> int:
    """How many words they share."""
    return len(stems(one) & stems(other))
