"""A pytest plugin: PostgreSQL and Redis for the tests, in a temporary data directory, before settings load.

Named by `-p tests.servers` in pyproject.toml. It runs once, in the process a person started; the workers of
xdist and any Python that a test starts inherit the addresses by their environment.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from config.embedded import secrets
from config.embedded.addresses import database_url, redis_url
from config.embedded.errors import CannotStart
from config.embedded.lock import DataDirLock
from config.embedded.servers import Servers, start_servers

MARK = "MUSTER_TEST_SERVERS"
PREFIX = "muster-test-"
AN_HOUR = 3600


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """pytest-django reads the settings in a plain hook of this name; a wrapper runs before all of those."""
    if MARK not in os.environ:
        _provide_servers(early_config)
    return (yield)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """`-n auto` of pyproject.toml: a worker per processor for the whole suite, none where tests are named."""
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    return 0 if named else min(os.cpu_count() or 1, 4)


def _provide_servers(config: pytest.Config) -> None:
    _sweep()
    data_dir = Path(tempfile.mkdtemp(prefix=PREFIX))
    config.add_cleanup(lambda: shutil.rmtree(data_dir, ignore_errors=True))
    urls = os.environ.get("MUSTER_TEST_DATABASE_URL"), os.environ.get("MUSTER_TEST_REDIS_URL")
    if not all(urls):
        # Cleanups run in reverse, so the servers stop before their folder goes.
        config.add_cleanup(_start(data_dir).stop)
        urls = database_url(data_dir), redis_url(data_dir)
    kept = secrets.load(data_dir)
    os.environ.update(
        {
            MARK: str(os.getpid()),
            "MUSTER_DATA_DIR": str(data_dir),
            "DATABASE_URL": urls[0] or "",
            "REDIS_URL": urls[1] or "",
            "SECRET_KEY": kept.secret_key,
            "ENCRYPTION_KEYS": kept.encryption_key,
        }
    )


def _sweep() -> None:
    """Remove what killed runs left; one that still goes holds its lock, or is too young to have it."""
    for data_dir in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = DataDirLock(data_dir)
        with contextlib.suppress(OSError, CannotStart):
            if time.time() - data_dir.stat().st_mtime > AN_HOUR:
                lock.acquire()
                shutil.rmtree(data_dir, ignore_errors=True)
                lock.release()


def _start(data_dir: Path) -> Servers:
    try:
        return start_servers(data_dir, fast=True)
    except CannotStart as error:
        raise pytest.UsageError(str(error)) from None
