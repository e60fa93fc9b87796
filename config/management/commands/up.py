"""Everything on one machine, in one terminal."""

import gc
import io
import logging
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, SystemCheckError
from django.db import connection, connections
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import clock, env
from config.embedded import preflight
from config.embedded.children import STOP_ORDER, muster_children
from config.embedded.errors import CannotStart
from config.embedded.progress import Progress, console, silent
from config.embedded.servers import Servers, start_servers
from config.embedded.supervisor import Child, StopSignals, Supervisor
from config.env import ConfigurationError
from config.tenancy.actors import Actor
from config.tenancy.models import User
from config.tenancy.operations.people import ensure_platform_user

FIRST_USER = "admin@muster.test"
OLDEST_POSTGRES = 15
WEB_START_SECONDS = 60.0


class Command(BaseCommand):
    help = (
        "Starts everything on this machine: PostgreSQL, Redis, web, two workers, beat and watchdog. "
        "DATABASE_URL and REDIS_URL replace the servers that come with it. Ctrl-C stops all."
    )
    requires_system_checks = ()  # run below, as one of the steps
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")
        parser.add_argument("--data-dir", help="where everything is kept (MUSTER_DATA_DIR, else var/ here)")
        parser.add_argument("--demo", action="store_true", help="load a demonstration tenant with history")
        parser.add_argument("--quiet", action="store_true", help="say only where to go, and what goes wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        progress = silent if options["quiet"] else console()
        run = Run(options["host"], options["port"], demo=options["demo"], progress=progress)
        try:
            run.from_start_to_stop()
        except ConfigurationError as error:
            sys.exit(f"muster: {error}")
        except SystemCheckError as error:
            sys.exit(f"muster: the settings do not fit together.\n{error}")
        except KeyboardInterrupt:
            _complain("stopped before it was up.")
            sys.exit(130)


class Run:
    """One run of `up`, from the first look at the settings to the end of the last process."""

    def __init__(self, host: str, port: int, *, demo: bool, progress: Progress) -> None:
        self.host = host
        self.port = port
        self.demo = demo
        self._progress = progress
        self.data_dir = env.data_dir()
        self.supervisor = Supervisor(_complain)
        self.to_be_shown: list[str] = []

    def from_start_to_stop(self) -> None:
        signals = StopSignals(self.supervisor)
        with self._step("Settings"):
            preflight.must_be_free(self.host, self.port)
            _check()
        own_database, own_redis = not env.text("DATABASE_URL"), not env.text("REDIS_URL")
        with start_servers(
            self.data_dir, postgres=own_database, redis=own_redis, on_progress=self._step
        ) as servers:
            self._set_environment(servers)
            self._prepare_database()
            try:
                self._start_children(servers)
                self._show_where_to_go()
                self._load_demonstration()
                signals.running()
                self.supervisor.watch()
            finally:
                signals.stopping()
                self.supervisor.stop(STOP_ORDER)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        if self.supervisor.stop_was_asked:
            raise KeyboardInterrupt
        with self._progress(name):
            yield

    def _set_environment(self, servers: Servers) -> None:
        """What the children read, and nothing that the person has set."""
        base_url = env.text("BASE_URL") or preflight.base_url(self.host, self.port)
        found = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url, "BASE_URL": base_url}
        for name, value in found.items():
            if value is not None and not env.text(name):
                os.environ.pop(f"{name}_FILE", None)  # it is empty, and both together are refused
                os.environ[name] = value
        os.environ["MUSTER_DATA_DIR"] = str(self.data_dir)
        settings.BASE_URL = base_url  # links made in this process were set up before --port was read
        _log_into(self.data_dir / "log" / "up.log")

    def _prepare_database(self) -> None:
        _must_answer()
        with self._step("Migrations"), _no_garbage_collection():
            call_command("migrate", interactive=False, verbosity=0)
        with self._step("Checks of the database"):
            _check(databases=["default"], tags=["database"])
        self._ensure_somebody_can_sign_in()
        _close_connections()

    def _load_demonstration(self) -> None:
        """Beside the running machine, so that it can be looked at already: it appears when it is complete."""
        if not self.demo:
            return
        said = io.StringIO()
        with self._step("Demonstration"):
            call_command("load_demo", stdout=said)
        print("\n".join(said.getvalue().splitlines()), flush=True)
        _close_connections()

    def _ensure_somebody_can_sign_in(self) -> None:
        if User.objects.filter(is_platform_staff=True, is_active=True).exists():
            return  # never a second way in
        actor = Actor.engine("manage.py up")
        user, password = ensure_platform_user(email=FIRST_USER, now=clock.now(), actor=actor, staff=True)
        if password is not None:
            self.to_be_shown.append(f"Sign in as {user.email} with the password {password} (shown only now).")

    def _start_children(self, servers: Servers) -> None:
        for server in servers.started:
            self.supervisor.add(
                Child(server.name, server.spawn, server.log, server.stop_signal, server.grace, server.process)
            )
        with self._step("Web, workers, beat, watchdog"):
            children = muster_children(self.data_dir, self.host, self.port)
            for child in children:
                self.supervisor.add(child)
            web = children[0]
            if not preflight.wait_until_it_answers(self.host, self.port, web.is_dead, WEB_START_SECONDS):
                raise CannotStart(f"The web server did not start; its reasons are in {web.log}.")

    def _show_where_to_go(self) -> None:
        lines = [f"Muster is up: {settings.BASE_URL}/", *self.to_be_shown]
        lines.append(f"Ctrl-C stops it. Data and logs are in {self.data_dir}.")
        print("\n" + "\n".join(lines), flush=True)


def _close_connections() -> None:
    """Gives the pool back: its threads would live on beside the children."""
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]


def _complain(sentence: str) -> None:
    with suppress(OSError):  # the terminal may be gone, and the stop must go on all the same
        print(f"muster: {sentence}", file=sys.stderr, flush=True)


def _check(**options: Any) -> None:
    """Warnings are for developers, who run `check` themselves; errors are raised (SystemCheckError)."""
    call_command("check", stdout=io.StringIO(), stderr=io.StringIO(), **options)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Migrating builds the models anew for each operation; looking for garbage took a quarter of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _log_into(path: Path) -> None:
    """What libraries log in this process goes to a file: the console is for the person."""
    handler = logging.FileHandler(path)
    root = logging.getLogger()
    handler.setFormatter(root.handlers[0].formatter if root.handlers else None)
    root.handlers = [handler]


def _must_answer() -> None:
    """A DATABASE_URL or REDIS_URL that leads nowhere is one sentence, not a traceback out of a migration."""
    try:
        with psycopg.connect(env.text("DATABASE_URL"), connect_timeout=5) as database:
            version = database.info.server_version // 10000
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise CannotStart(f"The database does not answer ({reason}); look at DATABASE_URL.") from None
    if version < OLDEST_POSTGRES:
        raise CannotStart(
            f"DATABASE_URL leads to PostgreSQL {version}; Muster needs {OLDEST_POSTGRES} or newer."
        )
    try:
        once = Retry(NoBackoff(), 0)
        with redis.Redis.from_url(env.text("REDIS_URL"), socket_timeout=5, retry=once) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise CannotStart(f"Redis does not answer ({error}); look at REDIS_URL.") from None
