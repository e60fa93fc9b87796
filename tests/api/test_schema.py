"""The OpenAPI document and the page that shows it: whole, valid, and nothing fetched from elsewhere."""

import re

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from openapi_spec_validator import validate

from config.tenancy.api import schema

ROOT = Client(SERVER_NAME="localhost")


@pytest.fixture
def document() -> dict:
    schema._document.cache_clear()
    GENERATOR_STATS.reset()
    return schema.document()


def test_it_is_valid_openapi_3_1(document: dict) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_drf_spectacular_has_nothing_to_complain_of(
    document: dict, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not GENERATOR_STATS._warn_cache, dict(GENERATOR_STATS._warn_cache)
    assert not GENERATOR_STATS._error_cache, dict(GENERATOR_STATS._error_cache)
    assert len(document["paths"]) > 30  # else nothing was looked at


def test_every_operation_names_the_one_shape_of_errors(document: dict) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answer = operation["responses"]["default"]["content"]["application/json"]["schema"]
            assert answer == {"$ref": "#/components/schemas/Error"}, (method, path)


def test_no_primary_key_tenant_or_secret_is_ever_shown(document: dict) -> None:
    for name, one in document["components"]["schemas"].items():
        shown = set(one.get("properties", {}))
        assert not shown & {"id", "pk", "tenant", "tenant_id", "hash", "payload"}, name
        if name != "ApiKey":
            assert not {word for word in shown if re.search(r"secret|token|password", word)}, name


def test_it_is_built_outside_any_tenant_and_without_a_query(
    document: dict, django_assert_num_queries: object, db: None
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        answer = ROOT.get("/api/schema/")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "Muster API"
    yaml = ROOT.get("/api/schema/?format=yaml")
    assert yaml.content.startswith(b"openapi: 3.1.0")


def test_the_page_shows_every_operation_and_fetches_nothing(document: dict, db: None) -> None:
    answer = ROOT.get("/api/docs/")
    page = answer.content.decode()
    assert answer.status_code == 200
    for operations in document["paths"].values():
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page
    for name in document["components"]["schemas"]:
        assert f'id="schema-{name}"' in page
    fetched = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', page)
    assert fetched
    assert all(address.startswith(("/static/", "data:")) for address in fetched), fetched
    assert "<script" not in page
    # Every link within the page has its place.
    for anchor in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{anchor}"' in page, anchor
