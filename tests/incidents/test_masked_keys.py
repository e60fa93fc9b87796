"""The key in a post is masked before anybody knows whether it is one: by whoever, and in little work."""

import re
from typing import Any

import pytest

from config.tenancy.doors import new_key
from incidents.adapters import envelope

KEY = "abcdefghijklmnopqrstuvwxyz234567"
ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
PARTLY = f"ab\\u0063{KEY[3:-1]}\\u0037"


@pytest.mark.parametrize("written", [KEY, ESCAPED, ESCAPED.replace("6a", "6A"), PARTLY])
def test_it_is_masked_however_it_is_written(written: str) -> None:
    body = f'{{"a": "\\u0061\u00e9", "k": "{written}", "t": "\\u0062{written}x{written}"}}'.encode()
    mask = b"*" * len(written)
    assert envelope.without(KEY, body) == body.replace(written.encode(), mask)
    assert len(envelope.without(KEY, body)) == len(body)


def test_keys_as_they_are_made_have_that_shape() -> None:
    key = new_key()
    assert envelope.without(key, key.encode()) == b"*" * 32


@pytest.mark.parametrize("sent", ["", "a", "a" * 31, "a" * 33, "a" * 200, "A" * 32, "a" * 31 + "1", "é" * 32])
def test_what_has_not_the_shape_of_a_key_costs_nothing(monkeypatch: pytest.MonkeyPatch, sent: str) -> None:
    monkeypatch.setattr(envelope, "_ESCAPE", None)
    body = b"\\u0061" * 80_000
    assert envelope.without(sent, body) is body


@pytest.mark.parametrize("body", [b"\\u0061" * 87_000, b"a" * 524_000, (b"a" * 31 + b"\\u0062") * 14_000])
def test_no_pattern_is_made_of_what_was_sent(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    """The body is gone through three times whatever the key is, each place in it once."""
    passes: list[str] = []

    class Counted:
        def __init__(self, pattern: Any) -> None:
            self.pattern = pattern

        def __getattr__(self, name: str) -> Any:
            passes.append(name)
            return getattr(self.pattern, name)

    monkeypatch.setattr(envelope, "_ESCAPE", Counted(envelope._ESCAPE))
    monkeypatch.setattr(re, "sub", None)
    monkeypatch.setattr(re, "compile", None)
    for key in ("a" * 32, "a" * 31 + "c", "c" + "a" * 31):
        passes.clear()
        masked = envelope.without(key, body)
        assert len(masked) == len(body)
        assert passes == ["finditer", "sub"]
