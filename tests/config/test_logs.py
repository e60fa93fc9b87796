"""Logs: one JSON object a line, and no secret whatever way it comes."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.test import Client

from config.logs import logging_config, mask

CANARY = "CANARYcanary7"


@pytest.fixture
def lines() -> Iterator[Any]:
    """What is written from now on, as parsed lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        root.removeHandler(handler)


def _formatter() -> logging.Formatter:
    words = logging_config("INFO")["formatters"]["json"]
    return structlog.stdlib.ProcessorFormatter(
        processors=words["processors"], foreign_pre_chain=words["foreign_pre_chain"]
    )


@pytest.mark.parametrize(
    "text",
    [
        f"POST /ingest/{CANARY}/alertmanager",
        f"GET /p/{CANARY}",
        f"GET /ical/{CANARY}.ics",
        f"GET /reset/{CANARY}-x/",
        f"POST /hooks/twilio/voice/{CANARY}",
        f"POST /hooks/twilio/status/{CANARY}:{CANARY}",
        f"Authorization: Bearer {CANARY}",
        f"authorization: bearer {CANARY}",
        f"Basic {CANARY}==",
        f"GenieKey {CANARY}",
        f'{{"routing_key": "{CANARY}"}}',
        f"routing_key={CANARY}",
        f"postgresql://muster:{CANARY}@db/muster",
        f"unix://:{CANARY}@/run/redis.sock",
        f"key mk_{CANARY.lower()} was refused",
        f"?token={CANARY}&x=1",
        f"password={CANARY}",
    ],
)
def test_every_known_shape_of_a_secret_is_masked(text: str) -> None:
    assert CANARY.lower() not in mask(text).lower()


def test_what_is_no_secret_stays() -> None:
    for text in ("GET /t/acme/admin/i/42", "INC-42 opened", "passwords are changed", "https://acme.test/p"):
        assert mask(text) == text


@pytest.mark.parametrize("name", ["password", "api_key", "routing_key", "ENCRYPTION_KEYS", "token", "cookie"])
def test_values_of_secret_names_never_appear(lines: Any, name: str) -> None:
    structlog.get_logger("a").warning("tried", **{name: CANARY, "nested": {name: CANARY, "deep": [CANARY]}})
    structlog.get_logger("a").warning("tried", words=[f"Bearer {CANARY}", {"x": f"/p/{CANARY}"}])
    [first, second] = lines()
    assert first[name] == "…"
    assert first["nested"][name] == "…"
    assert CANARY not in json.dumps(second)


def test_the_standard_librarys_loggers_are_masked_too(lines: Any) -> None:
    logging.getLogger("some.library").warning("connecting to %s", f"redis://:{CANARY}@host")
    [line] = lines()
    assert CANARY not in json.dumps(line)
    assert line["logger"] == "some.library"


def test_a_traceback_is_masked(lines: Any) -> None:
    try:
        raise ValueError(f"bad url postgresql://muster:{CANARY}@db/muster")
    except ValueError:
        structlog.get_logger("a").exception("failed")
    [line] = lines()
    assert CANARY not in json.dumps(line)
    assert "ValueError" in line["exception"]


def test_a_line_cannot_be_forged(lines: Any, client: Client) -> None:
    logging.getLogger("django.request").warning('Not Found: /x\r\n{"event": "forged"}\x1b[31m')
    [line] = lines()
    assert line["event"].startswith("Not Found")


def test_a_request_for_a_secret_address_leaves_no_trace(lines: Any, client: Client, db: None) -> None:
    for path in (f"/reset/{CANARY}/", f"/ingest/{CANARY}/nothing", f"/p/{CANARY}/x", f"/?token={CANARY}"):
        client.get(path)
    client.get("/api/v1/x/", HTTP_AUTHORIZATION=f"Bearer {CANARY}")
    assert CANARY not in json.dumps(lines())
