"""What the two scripts share: a whole machine, the key of its alert source, and a line for each deed."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.machine import Machine, running_machine, until


@dataclass
class Judged:
    """`alerts()` are those of the tenant, over our own API, the newest first."""

    machine: Machine
    tenant: dict[str, Any]
    folder: Path

    @property
    def key(self) -> str:
        """It stands in the address that Alertmanager is told: …/ingest/<key>/alertmanager."""
        return str(self.tenant["alertmanager_url"].split("/")[-2])

    def alerts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.machine.get_api(self.tenant, "alerts/")["results"]
        return found

    def wait_for(self, status: str, title: str) -> None:
        def there() -> bool:
            return any(one["status"] == status and one["title"] == title for one in self.alerts())

        until(there, what=f"{title!r} to be {status}")
        say(f"we have: {title!r} is {status}")


@contextmanager
def judged() -> Iterator[Judged]:
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        data.mkdir()
        with running_machine(data) as machine:
            yield Judged(machine, machine.create_tenant("judged"), Path(scratch))


def run(*words: str, **kwargs: Any) -> str:
    """What it printed. Its own words and 1 for us where it fails."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=180, **kwargs)
    if done.returncode:
        sys.exit(f"{words[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def say(line: str) -> None:
    print(line, flush=True)


def main(script: Callable[[Judged], None]) -> None:
    with judged() as machine:
        script(machine)
    say("All as it should be.")
