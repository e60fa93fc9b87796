"""Schemathesis at every address of machines: what it answers is what the schema says, and never a 5xx."""

import io
from collections.abc import Iterable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import MovedClock
from tests.fuzz.addresses import ADDRESSES
from tests.fuzz.openapi import document
from tests.fuzz.run import Run
from tests.fuzz.sending import Sender

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OF_EACH = 12


@pytest.fixture
def run(db: None, moved_clock: MovedClock) -> Run:
    return Run(wait=lambda: moved_clock.move(seconds=2))


class Keyed:
    """The application, with a key that is known in place of `@key@`; OpenAPI has no Authorization to name."""

    def __init__(self, sender: Sender, key: str) -> None:
        self.sender, self.key = sender, key

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        body = body.replace(b"@key@", self.key.encode())
        for name in [name for name, value in environ.items() if isinstance(value, str)]:
            environ[name] = environ[name].replace("@key@", self.key)
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        environ |= {"HTTP_HOST": "localhost", "SERVER_NAME": "localhost"}
        if given := environ.pop("HTTP_X_AUTHORIZATION", ""):
            environ["HTTP_AUTHORIZATION"] = given
        return self.sender.call(environ, start_response)


def test_every_address_stands_in_the_schema() -> None:
    paths = {path for address in ADDRESSES.values() for path in address.paths}
    assert document()["paths"].keys() == paths


def test_the_schema_holds_at_every_address(run: Run, moved_clock: MovedClock) -> None:
    schema = schemathesis.openapi.from_dict(document(), config=SchemathesisConfig())
    schema.app = Keyed(run.sender, run.world.keys["beats"])
    tried = 0
    for found in schema.get_all_operations():
        _try_out(found.ok().as_strategy())
        tried += 1
        moved_clock.move(seconds=5)
    assert tried > 30
    # Whatever was taken can be followed, too; how many that were schemathesis keeps to itself.
    run.expect_any()
    books = run.end()
    assert books.findings == []
    assert books.kept > 50


def _try_out(cases: Any) -> None:
    @settings(
        max_examples=OF_EACH,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def holds(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    holds()
