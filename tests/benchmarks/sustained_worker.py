"""One of the two workers of sustained.py: says "ready", waits for a word, works until nothing is left.

`work` is the engine's own; the floors are what a bare program does to a bare table: `six` statements in a
transaction for each alert, `batch` a hundred rows in one. Prints when it began and ended, and how many.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from uuid import uuid4

import psycopg

FLOOR_SECONDS = 3.0
BATCH = 100
PATIENCE = 1.5
UPSERT = (
    "INSERT INTO floor_post (id, body, at) VALUES (%s, 'x', now()) ON CONFLICT (id) DO UPDATE SET at = now()"
)
MANY = "INSERT INTO floor_post (id, body, at) SELECT unnest(%s::text[]), 'x', now()"


def work() -> tuple[int, float]:
    """Until there has been nothing for a while: what the other one has in hand may be given back."""
    from config import clock
    from incidents.operations.ingest import DUE_WORK

    done, last = 0, time.time()
    while time.time() - last < PATIENCE:
        if some := clock.run_due(DUE_WORK, clock.now()):
            done, last = done + some, time.time()
        else:
            time.sleep(0.02)
    return done, last


def six() -> tuple[int, float]:
    return _for_a_while(lambda database: [database.execute(UPSERT, [uuid4().hex]) for _ in range(6)], 1)


def batch() -> tuple[int, float]:
    return _for_a_while(lambda database: database.execute(MANY, [[uuid4().hex for _ in range(BATCH)]]), BATCH)


def _for_a_while(deed: Callable[[psycopg.Connection], object], worth: int) -> tuple[int, float]:
    done, end = 0, time.monotonic() + FLOOR_SECONDS
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        while time.monotonic() < end:
            deed(database)
            database.commit()
            done += worth
    return done, time.time()


if __name__ == "__main__":
    import django

    django.setup()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.time()
    done, ended = {"work": work, "six": six, "batch": batch}[sys.argv[1]]()
    print(json.dumps({"began": began, "ended": ended, "done": done}))
