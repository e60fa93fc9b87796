"""JSON paths (RFC 9535) that strangers write: only what is quick whatever stands in it.

Names, list positions and `[*]`, one after the other: no filter (it may run a regular expression), no `..`,
no slice, no two selectors in one bracket (they multiply). Each step finds at most MOST_FOUND.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment
from jsonpath.segments import JSONPathChildSegment
from jsonpath.selectors import IndexSelector, NameSelector, WildcardSelector

LONGEST = 200
MOST_FOUND = 2_501
_ENVIRONMENT = JSONPathEnvironment(strict=True)
_ALLOWED = (NameSelector, IndexSelector, WildcardSelector)


class NotAPath(ValueError):
    """The text says what is wrong, in English, for whoever wrote the path."""


@lru_cache(maxsize=1_000)
def compiled(path: str) -> JSONPath:
    """The path of `$…` or `@…`; the same for both. Raises NotAPath."""
    if not path.startswith(("$", "@")):
        raise NotAPath("It has to begin with $ (the body) or @ (one of each).")
    if len(path) > LONGEST:
        raise NotAPath(f"It is longer than {LONGEST} characters.")
    try:
        found = _ENVIRONMENT.compile(f"${path[1:]}")
    except Exception:
        # Not only JSONPathError: its own text may fail to be made. It is the writer's mistake all the same.
        raise NotAPath("It is no JSON path, like $.alert.title or $.alerts[0].name.") from None
    if not isinstance(found, JSONPath) or not all(_is_plain(segment) for segment in found.segments):
        raise NotAPath("Only names, positions and [*] may stand in it: $.alerts[*].labels['name'].")
    return found


def _is_plain(segment: Any) -> bool:
    selectors = segment.selectors
    plain = isinstance(segment, JSONPathChildSegment) and len(selectors) == 1
    return plain and isinstance(selectors[0], _ALLOWED)


def all_of(path: str, value: Any) -> list[Any]:
    """What it finds in `value`, at most MOST_FOUND, in order. Raises NotAPath.

    Walked here: the library would make an object for each step, and go through all of a list of 200,000.
    """
    level = [value]
    for segment in compiled(path).segments:
        level = list(islice(_below(segment.selectors[0], level), MOST_FOUND))
    return level


def _below(selector: Any, level: list[Any]) -> Iterator[Any]:
    for one in level:
        if isinstance(selector, NameSelector):
            if isinstance(one, dict) and selector.name in one:
                yield one[selector.name]
        elif isinstance(selector, WildcardSelector):
            yield from one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        elif isinstance(one, list) and -len(one) <= selector.index < len(one):
            yield one[selector.index]
