"""What monitors call their severities, in PagerDuty's four words."""

from typing import Any

from incidents.adapters.limits import text_of

WORDS = {
    "critical": ("critical", "crit", "fatal", "emergency", "disaster", "page", "p1", "sev1"),
    "error": ("error", "err", "high", "major", "p2", "sev2"),
    "warning": ("warning", "warn", "minor", "medium", "average", "moderate", "p3", "sev3"),
    "info": ("info", "information", "informational", "notice", "low", "none", "debug", "p4", "p5"),
}
_MEANING = {word: severity for severity, words in WORDS.items() for word in words}


def severity_of(value: Any) -> str:
    """One of critical, error, warning, info. What is not known counts as error: SEV2 by default."""
    return _MEANING.get(text_of(value, 40).lower(), "error")


def worst_of(words: list[str]) -> str:
    """The worst of what `severity_of` returned; error where there is none."""
    return min(words, key=list(WORDS).index, default="error")
