"""Where the embedded servers are found, and the secrets behind the addresses."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from config.embedded import addresses, secrets
from config.embedded.early import apply_options
from config.embedded.errors import CannotStart


def test_secrets_are_made_once_and_for_this_user_alone(tmp_path: Path) -> None:
    data_dir = tmp_path / "new"
    first = secrets.load(data_dir)
    assert secrets.load(data_dir) == first
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((data_dir / "secrets.json").stat().st_mode) == 0o600
    assert [path.name for path in data_dir.iterdir()] == ["secrets.json"]


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    kept = secrets.load(tmp_path)
    assert kept.database_password not in repr(kept)


def test_secrets_opened_by_a_copy_are_closed_again(tmp_path: Path) -> None:
    secrets.load(tmp_path)
    (tmp_path / "secrets.json").chmod(0o644)
    secrets.load(tmp_path)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_damaged_secrets_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(CannotStart, match="is damaged; put it back from a backup"):
        secrets.load(tmp_path)


def test_a_data_directory_that_is_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="cannot be used"):
        secrets.load(tmp_path / "file")


def test_many_first_readers_agree(tmp_path: Path) -> None:
    seen: list[secrets.Secrets] = []
    gate = threading.Barrier(8)

    def read() -> None:
        gate.wait()
        seen.append(secrets.load(tmp_path / "new"))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_the_encryption_key_is_a_fernet_key(tmp_path: Path) -> None:
    from cryptography.fernet import Fernet

    key = Fernet(secrets.load(tmp_path).encryption_key)
    assert key.decrypt(key.encrypt(b"word")) == b"word"


def test_addresses_depend_on_the_data_directory_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = addresses.database_url(tmp_path), addresses.redis_url(tmp_path)
    monkeypatch.setenv("TMPDIR", "/somewhere/else")
    assert (addresses.database_url(tmp_path), addresses.redis_url(tmp_path)) == first


def test_a_deep_data_directory_has_short_sockets(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    for path in (addresses.postgres_socket_dir(deep) / ".s.PGSQL.5432", addresses.redis_socket(deep)):
        assert len(bytes(path)) < 100
    copied = tmp_path / ("d" * 60) / ("f" * 60)
    copied.mkdir()
    (copied / "secrets.json").write_text((deep / "secrets.json").read_text())
    assert addresses.run_dir(copied) != addresses.run_dir(deep)


def test_a_link_and_its_target_are_one_place(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert addresses.database_url(tmp_path / "link") == addresses.database_url(tmp_path / "real")


@pytest.mark.parametrize(
    ("redis", "celery"),
    [
        ("unix://:pw@/run/redis.sock?db=1", "redis+socket://:pw@/run/redis.sock?virtual_host=1"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("unix://me:pw@/run/redis.sock?db=3", "redis+socket://me:pw@/run/redis.sock?virtual_host=3"),
        ("unix:///run/a%20b.sock?password=p%2Fw", "redis+socket://:p%2Fw@/run/a%20b.sock?virtual_host=0"),
        ("redis://:pw@host:6379/1", "redis://:pw@host:6379/1"),
        ("rediss://host", "rediss://host"),
    ],
)
def test_celery_gets_the_same_server_in_its_own_words(redis: str, celery: str) -> None:
    assert addresses.celery_broker_url(redis) == celery


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["manage.py", "up", "--data-dir", "/a"], "/a"),
        (["manage.py", "up", "--data-dir=/b", "--quiet"], "/b"),
        (["manage.py", "--data-dir=/a", "up", "--data-dir", "/c"], "/c"),
        (["manage.py", "up"], "/before"),
        (["manage.py", "up", "--data-dir"], "/before"),
        (["manage.py", "shell", "--", "--data-dir=/a"], "/before"),
    ],
)
def test_the_data_directory_is_known_before_settings(
    argv: list[str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_DATA_DIR", "/before")
    before = dict(os.environ)
    apply_options(argv)
    assert os.environ == before | {"MUSTER_DATA_DIR": expected}


def test_the_secrets_file_holds_nothing_else(tmp_path: Path) -> None:
    secrets.load(tmp_path)
    names = set(json.loads((tmp_path / "secrets.json").read_text()))
    assert names == set(secrets.Secrets.__dataclass_fields__)
