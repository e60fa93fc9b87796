"""How the slow steps of a start are shown."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TextIO

Progress = Callable[[str], AbstractContextManager[None]]
"""Wraps one step: `with progress("PostgreSQL"): …`."""


@contextmanager
def silent(step: str) -> Iterator[None]:
    yield


def console(stream: TextIO | None = None) -> Progress:
    """A line a step, with a tick and the seconds it took; a cross when it failed."""
    out = stream or sys.stdout
    tick, cross = ("✓", "✗") if _can_write(out, "✓✗") else ("ok", "failed")

    @contextmanager
    def progress(step: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        except BaseException:
            print(f"  {cross} {step}", file=out, flush=True)
            raise
        print(f"  {tick} {step:<34} {time.monotonic() - began:5.1f} s", file=out, flush=True)

    return progress


def _can_write(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
