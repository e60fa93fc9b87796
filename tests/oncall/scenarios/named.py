"""The names of the scenarios, and which test plays which. `python -m tests.oncall.scenarios` prints both."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

# What every pager must pass (the field's own lists, and what went wrong for users of others).
NAMES = (
    "simple page",
    "multistep page",
    "multiuser page",
    "repeat",
    "gap in step numbers",
    "step deleted mid-run",
    "person switched off mid-run",
    "person left mid-run",
    "rotation deleted mid-run",
    "policy reassigned mid-run: only the active one pages",
    "rule added after the cycle began",
    "empty user data",
    "status updates: reminder, still on it, expiry",
    "many alerts, then close",
    "contact disabled while a test is queued",
    "rotation by hours, with wrap",
    "rotation by days, with wrap",
    "rotation by weeks, with wrap",
    "rotation by months, with wrap",
    "ladder across the night of 25 hours",
    "ladder across the night of 23 hours",
    "gap: skip",
    "gap: wait",
    "gap: hold until someone",
    "gap: all empty, the fallback",
    "gap: all empty, the owners",
    "override: add",
    "override: remove",
    "override: replace",
    "override: conflict",
    "temporary schedule",
    "swap",
    "maintenance blocks create",
    "maintenance blocks escalate",
    "maintenance ends: what still fires pages",
    "SMS reply: code",
    "SMS reply: last page",
    "SMS reply: ignored",
    "SMS reply: limit",
    "SMS reply: trailing space",
    "voice: acknowledge",
    "voice: pass on",
    "voice: repeat",
    "carrier: 429 with Retry-After",
    "carrier: 500",
    "carrier: slow",
    "carrier: down for half an hour",
    "carrier: accepted but never delivered",
    "throttle: says so, never the first page",
    "throttle: bundles, drops nothing",
    "in-flight across a migration",
    "quiet hours digest",
    "apply to open alerts",
    "several must acknowledge",
    "round robin",
    "branch by severity",
    "branch by window",
    "take the pager",
    "late SMS pass-on does not double-escalate",
    "engine stopped for two hours, most resolved meanwhile",
    "sixty alerts while a provider is down",
)

PLAYED: dict[str, list[str]] = {}


def scenario(name: str) -> Callable[[Any], Any]:
    """Says which of the NAMES a test plays. Raises ValueError for a name that is none."""
    if name not in NAMES:
        raise ValueError(f"no such scenario: {name}")

    def named(test: Any) -> Any:
        PLAYED.setdefault(name, []).append(f"{Path(test.__code__.co_filename).name}::{test.__name__}")
        return test

    return named


def all_played() -> dict[str, list[str]]:
    """Reads every module of this package; in the order of NAMES, with those nobody plays."""
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        import_module(f"{__package__}.{file.stem}")
    return {name: PLAYED.get(name, []) for name in NAMES}
