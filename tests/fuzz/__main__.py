"""`python -m tests.fuzz 100000 [processes]`: on servers of its own. Fails on any finding.

The processes share the database and the queue: what one posts, the other may work.
"""

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.benchmarks.rig import rig, table
from tests.fuzz.addresses import ADDRESSES, FAULTS
from tests.fuzz.books import Books
from tests.fuzz.part import part

SHOWN = 60
OUTCOMES = ("processed", "coalesced", "dropped", "quarantined")


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    with rig():
        os.environ["LOG_LEVEL"] = "CRITICAL"
        load, began = os.getloadavg()[0], time.monotonic()
        spawned = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=spawned) as pool:
            shares = [pool.submit(part, count // processes, number) for number in range(processes)]
            books = sum((share.result() for share in shares), Books())
        return report(books, time.monotonic() - began, load)


def report(books: Books, seconds: float, load: float) -> int:
    codes = sorted(FAULTS)
    lines = []
    for name in sorted({name for name, _status in books.by}):
        by = {status: many for (other, status), many in books.by.items() if other == name}
        taken = sum(many for status, many in by.items() if status < 300)
        broken = sum(many for status, many in by.items() if status >= 500)
        refused = [f"{by.get(code, 0):,}" for code in codes]
        kept_as = " ".join(ADDRESSES[name].events) if name in ADDRESSES else ""
        lines.append([name, f"{sum(by.values()):,}", f"{taken:,}", *refused, str(broken), kept_as])
    head = ["address", "posts", "2xx", *map(str, codes), "5xx", "kept as"]
    table(f"{books.posts:,} posts by address", head, lines)
    formats = sorted({format for format, _outcome in books.outcomes})
    rows = [[name, *(f"{books.outcomes[name, outcome]:,}" for outcome in OUTCOMES)] for name in formats]
    table("What became of what was kept", ["format", *OUTCOMES], rows)
    print(f"\n  {books.kept:,} kept and followed, {books.incidents:,} incidents; {seconds:.0f} s", end="")
    print(f"; load average {load:.1f} before, {os.getloadavg()[0]:.1f} after")
    print(f"  {len(books.findings)} findings")
    for finding in books.findings[:SHOWN]:
        print(f"  - {finding[:900]}")
    return 1 if books.findings else 0


if __name__ == "__main__":
    sys.exit(main())
