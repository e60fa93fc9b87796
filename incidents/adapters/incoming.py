"""What every adapter makes of the bytes a monitor posted."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

LONGEST_KEY = 255
# What the keys of our own alerts begin with (limits.OVER_LIMIT, operations.beating.KEY).
RESERVED = ("over-limit:", "heartbeat:")


class Action(StrEnum):
    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    NOTE = "note"


class Unreadable(Exception):
    """The bytes cannot be understood. The text says why, in English, for the quarantine list."""


@dataclass(frozen=True)
class IncomingAlert:
    """One alert of one post. Every text is clean: no NUL, no lone surrogate; a title is one line.

    A test is kept and shown, and pages nobody. A note is words for the record of an open alert.
    `problem` is set where the alert could be told apart but not read: it pages under a title of our own.
    An empty `title` means that the source gave none. `started_at` is the source's claim, aware, unchecked.
    """

    action: Action
    dedup_key: str
    title: str = ""
    severity: str = "error"
    summary: str = ""
    fingerprint: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    payload: dict[str, Any] = field(default_factory=dict)
    runbook_url: str = ""
    dashboard_url: str = ""
    started_at: datetime | None = None
    problem: str = ""
    is_test: bool = False
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Options:
    """What a source says about how it wants to be read. `mapping` empty: the ready one of `tool`, if any."""

    tool: str = "json"
    by_group: bool = False
    mapping: dict[str, Any] = field(default_factory=dict)


def short_key(key: str) -> str:
    """`key` itself, or its hash where it does not fit: a key is never cut, two long ones may begin alike."""
    return key if len(key) <= LONGEST_KEY else digest(key)


def strangers_key(key: str) -> str:
    """`key` itself, or its hash where it begins as those of our own alerts do: no sender speaks of them."""
    return digest(key) if key.startswith(RESERVED) else key


def digest(content: str | bytes) -> str:
    """64 hexadecimal characters."""
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return hashlib.sha256(raw).hexdigest()
