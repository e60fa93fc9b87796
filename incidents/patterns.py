"""Globs and regular expressions, by RE2. Pure.

They are other people's: they go to RE2, in bounded memory, never to `re`. Time grows with the length of the
text and of the pattern, whatever both are.
"""

from functools import lru_cache
from typing import Any

import re2

LONGEST_TEXT = 4000
# Bytes that one pattern may fill: enough for what people write, and some milliseconds over LONGEST_TEXT.
MEMORY = 1 << 16


def problem_of(op: str, value: str) -> str:
    """Why no pattern can be made of it, in RE2's own words; empty where one can."""
    pattern = _pattern(op, value) if op in ("glob", "regex") else None
    return pattern if isinstance(pattern, str) else ""


def fits(op: str, value: str, found: str) -> bool:
    """Whether the value does, by its first LONGEST_TEXT characters. What is no pattern fits nothing."""
    pattern = _pattern(op, value)
    if isinstance(pattern, str):
        return False
    text = found[:LONGEST_TEXT]
    # As bytes: what is half a character (it cannot be stored, but pasted) must not raise.
    raw = (text.casefold() if op == "glob" else text).encode("utf-8", "replace")
    return pattern.search(raw) is not None


@lru_cache(maxsize=1024)
def _pattern(op: str, value: str) -> Any:
    """What RE2 made of it; a string is why it could not."""
    options = re2.Options()
    options.log_errors, options.never_capture, options.max_mem = False, True, MEMORY
    options.dot_nl = op == "glob"
    if op == "glob":
        value = rf"\A{''.join(_GLOB.get(one) or re2.escape(one) for one in value.casefold())}\z"
    elif op != "regex":
        return "?"
    try:
        return re2.compile(value.encode("utf-8", "replace"), options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        return (said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) or "?"


_GLOB = {"*": ".*", "?": "."}
