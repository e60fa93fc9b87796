"""The first draft of a postmortem, in Markdown, from what the record holds. Pure; in the active language.

What people wrote is put in as plain text: a star or a bracket of theirs formats nothing.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import NamedTuple

from django.utils.translation import gettext as _

# What formats in the middle of a line, and what does at its beginning. No more than that: people edit this.
INLINE = re.compile(r"([\\`*\[\]]|(?<!\w)_|_(?!\w)|~(?=~)|<(?=[\w/!?])|&(?=#?\w+;))")
LEADING = re.compile(r"^([#>+=-]|\d+(?=[.)]))")


class Line(NamedTuple):
    """Something that happened or was said: when (or nothing), and what."""

    at: datetime | None
    text: str


class Said(NamedTuple):
    """Words that went out: when, to whom, and the words."""

    at: datetime
    whom: str
    body: str


class ToDo(NamedTuple):
    text: str
    owner: str
    due: str
    done: bool


@dataclass(frozen=True)
class Record:
    """What is known. `outcome` and `measures` are (what, how much) in words."""

    key: str
    summary: str
    severity: str
    zone: tzinfo
    started: datetime
    outcome: Sequence[tuple[str, str]] = ()
    moments: Sequence[Line] = ()
    seen: Sequence[Line] = ()
    theories: Sequence[Line] = ()
    tests: Sequence[Line] = ()
    decisions: Sequence[Line] = ()
    told: Sequence[Said] = ()
    measures: Sequence[tuple[str, str]] = ()
    to_do: Sequence[ToDo] = field(default=())
    cause: str = ""


def draft(record: Record) -> str:
    """Headings without anything below them are left out, except those that only people can fill."""
    parts = [
        f"# {record.key}: {plain(record.summary)}",
        "\n".join(_head(record)),
        f"## {_('What happened')}",
        _hint(_("In a few sentences, for somebody who was not there.")),
        *_section(_("Impact"), _pairs(record.outcome)),
        *_section(_("Timeline"), _lines(record.moments, record)),
        f"## {_('Cause')}",
        plain(record.cause) or _hint(_("What was broken, and why it could break.")),
        *_section(_("What we saw"), _lines(record.seen, record)),
        *_section(_("Theories"), _lines(record.theories, record)),
        *_section(_("Tests"), _lines(record.tests, record)),
        *_section(_("Decisions"), _lines(record.decisions, record)),
        *_section(_("What we told people"), _told(record)),
        *_section(_("How fast we were"), _pairs(record.measures)),
        f"## {_('What went well, and what did not')}",
        _hint(_("What helped, what was in the way, where we were lucky. No blame.")),
        f"## {_('What we change')}",
        "\n".join(_to_do(record.to_do)) or _hint(_("Each with somebody and a day.")),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    """One line of text in which nothing is Markdown."""
    line = INLINE.sub(r"\\\1", " ".join(text.split()))
    return LEADING.sub(lambda found: _harmless(found[1]), line)


def _harmless(begin: str) -> str:
    """ "1." would begin a list, and "1\\." does not."""
    return f"{begin}\\" if begin.isdigit() else f"\\{begin}"


def _head(record: Record) -> Iterator[str]:
    began = record.started.astimezone(record.zone)
    severity = f", {plain(record.severity)}" if record.severity else ""
    yield f"*{began:%Y-%m-%d %H:%M} {began.tzname()}{severity}*"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    body = "\n".join(lines)
    if body:
        yield f"## {title}"
        yield body


def _pairs(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"- {plain(what)}: **{plain(how)}**" for what, how in pairs)


def _lines(lines: Sequence[Line], record: Record) -> Iterator[str]:
    first = record.started.astimezone(record.zone).date()
    for line in lines:
        if line.at is None:
            yield f"- {plain(line.text)}"
            continue
        local = line.at.astimezone(record.zone)
        day = "" if local.date() == first else f"{local:%Y-%m-%d} "
        yield f"- {day}{local:%H:%M} {plain(line.text)}"


def _told(record: Record) -> Iterator[str]:
    for said in record.told:
        yield f"{said.at.astimezone(record.zone):%H:%M}, {plain(said.whom)}:\n"
        yield "\n".join(f"> {plain(line)}".rstrip() for line in said.body.splitlines()) + "\n"


def _to_do(items: Iterable[ToDo]) -> Iterator[str]:
    for item in items:
        who = ", ".join(plain(word) for word in (item.owner, item.due) if word)
        yield f"- [{'x' if item.done else ' '}] {plain(item.text)}" + (f" ({who})" if who else "")


def _hint(words: str) -> str:
    return f"*{words}*"
