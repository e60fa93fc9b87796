"""The settings of text messages, calls and push: all of what belongs together, or a sentence and no start."""

import subprocess
import sys
from pathlib import Path

import pytest

from config import env
from config.env import PROJECT, ConfigurationError


def test_what_means_nothing_alone_is_refused_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("TRY_SID", "TRY_TOKEN", "TRY_FROM")
    assert env.all_or_none(*names) == ["", "", ""]
    monkeypatch.setenv("TRY_SID", "AC1")
    with pytest.raises(ConfigurationError, match=r"TRY_TOKEN, TRY_FROM are not set\. Set all of TRY_SID"):
        env.all_or_none(*names)
    monkeypatch.setenv("TRY_TOKEN", "hunter2")
    with pytest.raises(ConfigurationError, match="TRY_FROM is not set") as error:
        env.all_or_none(*names)
    assert "hunter2" not in str(error.value)
    monkeypatch.setenv("TRY_FROM", "+31612345678")
    assert env.all_or_none(*names) == ["AC1", "hunter2", "+31612345678"]
    assert env.phone_number("TRY_FROM", "+31612345678") == "+31612345678"
    with pytest.raises(ConfigurationError, match="Write the number with its country"):
        env.phone_number("TRY_FROM", "06 12345678")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"TWILIO_AUTH_TOKEN": "hunter2"},
            "muster: TWILIO_ACCOUNT_SID, TWILIO_FROM are not set. "
            "Set all of TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM, or none of them.",
        ),
        (
            {"NTFY_URL": "ntfy.acme.test"},
            "muster: NTFY_URL is 'ntfy.acme.test'. It must begin with http:// or",
        ),
    ],
)
def test_a_wrong_one_stops_the_start_with_one_sentence(
    tmp_path: Path, given: dict[str, str], sentence: str
) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", "MUSTER_DATA_DIR": str(tmp_path)} | given,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.strip().startswith(sentence)
    assert "hunter2" not in done.stderr
