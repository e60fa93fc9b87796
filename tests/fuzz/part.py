"""What one process posts of a run. Django is set up in here: nothing of it is loaded before."""

import time
from collections.abc import Iterator

from tests.fuzz.books import Books

# Hypothesis grows slow over one run of many thousands.
ROUND = 1_000


def part(count: int, number: int) -> Books:
    """One process's share, with tenants of its own; `number` is the first of its seeds."""
    _prepare()
    from hypothesis import seed

    from tests.fuzz.asking import asks
    from tests.fuzz.run import Run, generate

    run, began = Run(wait=lambda: time.sleep(0.1), others=True), time.monotonic()
    for this, many in _rounds(count):
        generate(run, many, asks(), decorate=seed(number * 1_000_003 + this))
        told = f"{run.books.posts:>7,} posts, {time.monotonic() - began:5.0f} s"
        print(f"  {number}: {told}, {len(run.books.findings)} findings", flush=True)
    return run.end()


def _rounds(count: int) -> Iterator[tuple[int, int]]:
    for this, begun in enumerate(range(0, count, ROUND)):
        yield this, min(ROUND, count - begun)


def _prepare() -> None:
    """Nobody answers the bell here: the queue is worked by the run itself."""
    import django
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    django.setup()
    from config import doorbell

    PBKDF2PasswordHasher.iterations = 1
    doorbell.publish = lambda name, queue: None
