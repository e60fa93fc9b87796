"""Reading a stranger's calendar in a process of its own, which may take so much time and no more."""

import json
import os
import subprocess
import sys
from datetime import datetime
from typing import Any

from config.env import PROJECT

SECONDS = 10
# No secret of ours is where a stranger's calendar is taken apart.
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8"}


class Unreadable(Exception):
    """`code`: not_a_calendar, too_many, too_much_work."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_apart(body: bytes, *, start: datetime, end: datetime, zone: str) -> list[dict[str, Any]]:
    """The entries, as oncall.adapters.ical.read says. Raises Unreadable. Blocks for at most ten seconds."""
    asked = {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "zone": zone,
        "body": body.decode("latin-1"),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "oncall.adapters.ical"],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=SECONDS,
            cwd=PROJECT,
            env=ENVIRONMENT,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise Unreadable("too_much_work") from error
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise Unreadable(answer["error"])
    entries: list[dict[str, Any]] = answer["entries"]
    return entries
