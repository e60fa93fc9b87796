"""From a POST to the beginning of the first send, a mail over real SMTP, when idle (4)."""

import sys
from collections.abc import Callable
from typing import Any

from tests.benchmarks.post_to_incident import measure, report
from tests.benchmarks.rig import rig


def main() -> int:
    with rig() as bench:

        def first_mail_to(address: str) -> Callable[[], Any]:
            return lambda: address in bench.inbox.begun

        floor, ours = measure(
            bench,
            lambda tenant: first_mail_to(f"{tenant['tenant']}@floor.test"),
            lambda tenant: first_mail_to(tenant["owner"]["email"]),
        )
    return report(
        "POST to first send begun, idle. Goal: p50 <= 40 ms, p99 <= 250 ms", floor, ours, (0.040, 0.250)
    )


if __name__ == "__main__":
    sys.exit(main())
