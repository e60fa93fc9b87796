"""One shape for every error, and bodies that would hurt."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from rest_framework import exceptions

from config.tenancy.api.errors import Conflict, answer_error, flatten
from tests.api.conftest import Caller
from tests.people import World

Build = Callable[..., Caller]
ADDRESS = "incidents/"


@pytest.fixture
def key(with_key: Build) -> Caller:
    return with_key("write")


def shape_of(answer: Any) -> tuple[int, str]:
    said = answer.json()
    assert list(said) == ["error"]
    assert list(said["error"]) == ["code", "message", "fields"]
    assert said["error"]["message"]
    return answer.status_code, said["error"]["code"]


def test_each_kind_of_error_has_the_shape(key: Caller, world: World) -> None:
    anybody = Client(SERVER_NAME="localhost")
    assert shape_of(anybody.get("/api/v1/incidents/")) == (401, "not_signed_in")
    assert shape_of(key.get("incidents/INC-9/")) == (404, "not_found")
    assert shape_of(key.get("nothing/at/all")) == (404, "not_found")
    assert shape_of(key.call("PUT", "members/", {})) == (405, "method_not_allowed")
    assert shape_of(key.post(ADDRESS, {})) == (400, "invalid")
    assert shape_of(key.post(ADDRESS, b"{")) == (400, "malformed")
    assert shape_of(key.get("members/?limit=x&nothing=1")) == (400, "invalid")
    answer = key.client.post("/api/v1/incidents/", {"summary": "x"}, headers=key.headers)
    assert shape_of(answer) == (415, "unsupported_media_type")


def test_an_unknown_address_says_what_a_missing_row_says(key: Caller) -> None:
    assert key.get("nothing/").content == key.get("incidents/INC-9/").content
    assert key.get("services/AAAAAAAAAAAA/").content == key.get("nothing").content


def test_addresses_end_with_or_without_a_slash(key: Caller) -> None:
    for method, body in (("GET", None), ("POST", {})):
        with_slash, without = key.call(method, "incidents/", body), key.call(method, "incidents", body)
        assert (with_slash.status_code, with_slash.content) == (without.status_code, without.content)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b'{"summary": NaN}',
        b'{"summary": "\\u0000"}',
        b'{"summary": "\\ud800"}',
        b'{"\\u0000": 1}',
        b"[" * 100_000,
        b"[" * 65 + b"]" * 65,
        b'{"summary": "' + b"x" * 600_000 + b'"}',
        b'{"summary": ' + b"9" * 5_000 + b"}",
    ],
)
def test_a_body_that_cannot_be_read_is_refused(key: Caller, body: bytes) -> None:
    assert shape_of(key.post(ADDRESS, body)) in {(400, "malformed"), (400, "invalid")}


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null", b"true"])
def test_a_body_that_is_no_object_is_refused(key: Caller, body: bytes) -> None:
    assert shape_of(key.post(ADDRESS, body)) == (400, "invalid")


def test_a_name_that_is_not_known_is_an_error(key: Caller) -> None:
    answer = key.post(ADDRESS, {"summary": "x", "sumary": "y", "tenant": 1})
    assert shape_of(answer) == (400, "invalid")
    assert list(answer.json()["error"]["fields"]) == ["sumary", "tenant"]


def test_a_conflict_is_409_with_what_is_missing() -> None:
    answer = answer_error(Conflict("Not yet.", fields={"manager": ["Nobody."]}), {})
    assert answer is not None
    assert answer.status_code == 409
    assert answer.data == {
        "error": {"code": "conflict", "message": "Not yet.", "fields": {"manager": ["Nobody."]}}
    }


def test_errors_of_operations_are_errors_of_fields() -> None:
    answer = answer_error(ValidationError({"until": ["It lies in the past."]}), {})
    assert answer is not None
    assert answer.data["error"]["fields"] == {"until": ["It lies in the past."]}
    answer = answer_error(ValidationError("No."), {})
    assert answer is not None
    assert (answer.data["error"]["message"], answer.data["error"]["fields"]) == ("No.", {})


def test_what_nobody_foresaw_is_not_swallowed() -> None:
    assert answer_error(RuntimeError("a bug"), {}) is None


def test_nested_details_become_paths() -> None:
    detail = exceptions.ValidationError(
        {"people": {0: ["a"]}, "x": [{"y": ["b"]}, {}], "non_field_errors": ["c"]}
    )
    assert dict(flatten(detail.detail)) == {"people.0": ["a"], "x.0.y": ["b"], "": ["c"]}


@pytest.mark.parametrize(
    "address", ["who-is-on-call/?schedule=%00", "overrides/?schedule=%00", "members/?role=%00"]
)
def test_a_query_that_postgresql_could_not_look_for_is_a_400(key: Caller, address: str) -> None:
    assert shape_of(key.get(address)) == (400, "invalid")


@pytest.mark.parametrize("address", ["schedules/%00/", "components/A%00/", "incidents/%00/"])
def test_a_name_that_postgresql_could_not_look_for_is_missing(key: Caller, address: str) -> None:
    assert shape_of(key.get(address)) == (404, "not_found")
