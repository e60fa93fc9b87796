"""See config.watchdog."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.watchdog import Watchdog


class Command(BaseCommand):
    help = "Runs whatever is late, by the database alone: needs no Redis and no worker. Keep one running."
    # The database may be away when it starts, and it has to wait for it rather than end.
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="look once, do what is late, and end")
        parser.add_argument("--max-seconds", type=float, help="end by itself after so long")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            Watchdog(side_by_side=False).look()
            return
        dog = Watchdog()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: dog.stopped.set())
        dog.run(max_seconds=options["max_seconds"])
