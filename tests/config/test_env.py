"""The environment: typed, from a variable or a file; each mistake said in a sentence without a secret."""

import subprocess
import sys
from pathlib import Path

import pytest

from config import env
from config.env import PROJECT, ConfigurationError


def test_a_value_comes_from_the_variable_or_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert env.text("MUSTER_TRY", "default") == "default"
    monkeypatch.setenv("MUSTER_TRY", " value ")
    assert env.text("MUSTER_TRY") == "value"
    monkeypatch.delenv("MUSTER_TRY")
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    monkeypatch.setenv("MUSTER_TRY_FILE", str(file))
    assert env.text("MUSTER_TRY") == "from the file"


def test_both_at_once_is_a_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MUSTER_TRY", "hunter2")
    monkeypatch.setenv("MUSTER_TRY_FILE", str(tmp_path))
    with pytest.raises(ConfigurationError, match="MUSTER_TRY and MUSTER_TRY_FILE are both set") as error:
        env.text("MUSTER_TRY")
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("content", [None, ""])
def test_a_file_that_is_missing_or_empty_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("MUSTER_TRY_FILE", str(file))
    with pytest.raises(ConfigurationError, match=r"MUSTER_TRY_FILE names .*secret, but"):
        env.text("MUSTER_TRY", "default")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("yes", True), ("ON", True), ("0", False), ("false", False), ("", True)],
)
def test_flags(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("MUSTER_TRY", value)
    assert env.flag("MUSTER_TRY", default=True) is expected


def test_a_flag_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_TRY", "perhaps")
    with pytest.raises(ConfigurationError, match=r"MUSTER_TRY is 'perhaps'\. Write 1 or 0"):
        env.flag("MUSTER_TRY")


@pytest.mark.parametrize("value", ["-1", "1.5", "two", "٣", "0x1"])
def test_a_number_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert env.number("MUSTER_TRY", 3) == 3
    monkeypatch.setenv("MUSTER_TRY", value)
    with pytest.raises(ConfigurationError, match=r"MUSTER_TRY is .* Write a whole number"):
        env.number("MUSTER_TRY")


def test_words_are_split_at_commas_and_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_TRY", " a, b c ,,")
    assert env.words("MUSTER_TRY") == ["a", "b", "c"]


def test_a_url_of_another_kind_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "http://user:hunter2@host")
    with pytest.raises(ConfigurationError, match="must begin with redis://") as error:
        env.url("REDIS_URL", "", ("redis",))
    assert "hunter2" not in str(error.value)


def test_a_database_address_is_read_with_its_options() -> None:
    entry = env.database("postgresql://mu%40ster:p%2Fw@db.acme.test:6432/muster?sslmode=require")
    assert (entry["USER"], entry["PASSWORD"], entry["HOST"], entry["PORT"]) == (
        "mu@ster",
        "p/w",
        "db.acme.test",
        "6432",
    )
    assert entry["OPTIONS"] == {"sslmode": "require"}
    assert env.database("postgresql://m:x@/muster?host=/run/pg")["HOST"] == "/run/pg"


@pytest.mark.parametrize("address", ["postgresql://u:hunter2@host", "postgresql://u:hunter2@host:x/muster"])
def test_a_broken_database_address_is_said_without_its_password(address: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL") as error:
        env.database(address)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("address", "port", "tls", "ssl"),
    [
        ("smtp://mail.acme.test", 25, False, False),
        ("smtp+tls://u:p%40w@mail.acme.test", 587, True, False),
        ("smtps://mail.acme.test", 465, False, True),
        ("smtps://mail.acme.test:2465", 2465, False, True),
    ],
)
def test_mail_addresses(address: str, port: int, tls: bool, ssl: bool) -> None:
    words = env.mail(address)
    assert (words["EMAIL_PORT"], words["EMAIL_USE_TLS"], words["EMAIL_USE_SSL"]) == (port, tls, ssl)
    assert words["EMAIL_TIMEOUT"] == 10


def test_a_broken_mail_address_is_said_without_its_password() -> None:
    with pytest.raises(ConfigurationError, match="Write smtp://") as error:
        env.mail("http://user:hunter2@host")
    assert "hunter2" not in str(error.value)


def test_the_command_line_ends_with_one_sentence_and_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", "MUSTER_DATA_DIR": str(tmp_path), "DEBUG": "perhaps"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "muster: DEBUG is 'perhaps'. Write 1 or 0."
