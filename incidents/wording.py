"""Filling in the templates of messages, and what must not stand in words for customers. Pure.

Templates are logic-less: `{key}` and its like are replaced once, whatever else stands there stays as it is,
and what was filled in is not read again. A line whose braces all came out empty is left out; so is a part
of a title between dashes.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

BRACES = re.compile(r"\{([a-z_]+)\}")
DASH = " - "

# What a template may name, and what it becomes. The values are made by incidents.words.
PLACES: dict[str, str | Promise] = {
    "key": gettext_lazy("INC-42"),
    "severity": gettext_lazy("SEV1, or SEV1? while it is a guess"),
    "summary": gettext_lazy("what is broken, in one line"),
    "services": gettext_lazy("our services, joined with commas and “and”"),
    "components": gettext_lazy("what customers call it, joined the same way"),
    "minutes": gettext_lazy("how long the impact lasted: 48"),
    "duration": gettext_lazy("the same in words: 48 minutes"),
    "cases": gettext_lazy("how many support cases"),
    "impact": gettext_lazy("whom it hits and what they see"),
    "customers": gettext_lazy("how many customers"),
    "factors": gettext_lazy("social media, security, data loss"),
    "noticed": gettext_lazy("a sentence: whether customers noticed"),
    "previous": gettext_lazy("the words before these"),
}
# What customers never read.
INTERNAL_ONLY = ("key", "severity", "summary", "services")


def fill(template: str, values: Mapping[str, str]) -> str:
    lines = (_filled(line, values) for line in template.replace("\r\n", "\n").split("\n"))
    return "\n".join(line for line in lines if line is not None).strip()


def fill_title(template: str, values: Mapping[str, str]) -> str:
    parts = (_filled(part, values) for part in " ".join(template.split()).split(DASH))
    return DASH.join(part for part in parts if part is not None)


def unknown_in(template: str) -> list[str]:
    """The braces that mean nothing here, in order, each once: they will stay as they are."""
    return list(dict.fromkeys(f"{{{name}}}" for name in BRACES.findall(template) if name not in PLACES))


def internal_in(template: str) -> list[str]:
    """The braces that name what is ours alone: not for customers."""
    return list(dict.fromkeys(f"{{{name}}}" for name in BRACES.findall(template) if name in INTERNAL_ONLY))


def same(one: str, other: str) -> bool:
    """Whether two texts say the same, however they are broken into lines."""
    return one.split() == other.split()


def _filled(text: str, values: Mapping[str, str]) -> str | None:
    """None where all that was to be filled in is empty."""
    known = [values[name] for name in BRACES.findall(text) if name in values]
    if known and not any(known):
        return None
    return BRACES.sub(lambda brace: values.get(brace[1], brace[0]), text)


# --- what must not stand there ------------------------------------------------------------------------------
KEY = re.compile(r"\bINC-[0-9]+\b", re.IGNORECASE)
# db-7.prod.acme.internal, 10.0.0.7. A web address is meant to be read.
HOST = re.compile(r"(?<![\w./@:-])(?!www\.)[a-z0-9-]+(?:\.[a-z0-9-]+){2,}(?![\w.-]*\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Forbidden:
    """A word for inside the house. `kind`: key, severity, service, host or person."""

    kind: str
    word: str


@dataclass(frozen=True)
class Slip:
    """One such word found in words for customers. It warns, and never forbids."""

    kind: str
    word: str

    @property
    def words(self) -> str:
        return str(SAID[self.kind]) % {"word": self.word}


SAID = {
    "key": gettext_lazy("“%(word)s” is our own key; it says nothing to customers."),
    "severity": gettext_lazy("“%(word)s” is our own word for how bad it is."),
    "service": gettext_lazy("“%(word)s” is our own name for it. Use the name on the status page."),
    "host": gettext_lazy("“%(word)s” looks like the name of a host."),
    "person": gettext_lazy("“%(word)s” is somebody's name."),
}


def warnings_of(text: str, forbidden: Iterable[Forbidden], allowed: Iterable[str] = ()) -> tuple[Slip, ...]:
    """What customers should not read in `text`, each once. `allowed` are the public names: never a slip.

    Names of people count as they are written ("Mark", not "mark"); all else in any case.
    """
    for name in sorted(allowed, key=len, reverse=True):
        text = _whole(name, re.IGNORECASE).sub(" ", text)
    found = [Slip("key", match[0]) for match in KEY.finditer(text)]
    for one in forbidden:
        how = re.NOFLAG if one.kind == "person" else re.IGNORECASE
        if len(one.word) > 1 and _whole(one.word, how).search(text):
            found.append(Slip(one.kind, one.word))
    found += [Slip("host", match[0]) for match in HOST.finditer(text)]
    return tuple({slip.word.lower(): slip for slip in reversed(found)}.values())[::-1]


def _whole(word: str, how: re.RegexFlag) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", how)
