"""Words from outside made fit for a header or a line: no line breaks, no control characters, bounded."""

import unicodedata


def one_line(text: str, limit: int = 200) -> str:
    """`text` as one line. A title may hold anything an alert was fed: CR and LF would forge a header."""
    visible = "".join(" " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} else c for c in text)
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def lines(text: str, limit: int = 4000) -> str:
    """`text` with its line breaks, without other control characters, of at most `limit` characters."""
    kept = [one_line(line, 500) for line in text[: limit * 2].splitlines()]
    return "\n".join(kept).strip()[:limit]
