"""Sources that ask for a signature: Grafana's HMAC over the raw body, with and without a time."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.models import AlertSource
from tests.conftest import START, MovedClock
from tests.incidents.test_ingest import post, stored

SECRET = "s3cret \N{SNOWMAN}"
BODY = b'{"title": "T",\n "x": 1}'
HEADER = "X-Grafana-Alerting-Signature"
NOW = str(int(START.timestamp()))


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def ask(source: tuple[AlertSource, str], **settings: str) -> str:
    """The key of a source that asks for a signature."""
    row, key = source
    with tenant_scope(row.tenant_id), acting(ENGINE, now=START):
        row.signature_secret = SECRET
        for name, value in settings.items():
            setattr(row, name, value)
        row.save()
    return key


@pytest.fixture
def key(source: tuple[AlertSource, str]) -> str:
    return ask(source)


@pytest.mark.parametrize("format", ["grafana", "json", "alertmanager"])
def test_a_signed_body_is_stored_and_another_is_not(client: Client, key: str, format: str) -> None:
    path = f"/ingest/{key}/{format}"
    assert post(client, path, BODY, **{HEADER: signed(BODY)}).status_code == 202
    assert post(client, path, BODY, **{HEADER: signed(BODY).upper()}).status_code == 202
    for headers in (
        {},
        {HEADER: ""},
        {HEADER: "nonsense"},
        {HEADER: "\u00e9" * 64},
        {HEADER: signed(BODY, "other")},
        {HEADER: signed(BODY + b" ")},
        {HEADER: signed(BODY)[:-1]},
        {"X-Other": signed(BODY)},
    ):
        answer = post(client, path, BODY, **headers)
        assert (answer.status_code, sorted(answer.json())) == (401, ["errors", "message", "status"])
        assert HEADER in answer.json()["message"]
    assert [bytes(event.body) for event in stored()] == [BODY, BODY]


def test_the_key_in_a_header_is_no_way_around(client: Client, key: str) -> None:
    bearer = {"authorization": f"Bearer {key}"}
    assert post(client, "/ingest/grafana", BODY, **bearer).status_code == 401
    assert post(client, "/ingest/grafana", BODY, **bearer, **{HEADER: signed(BODY)}).status_code == 202


def test_another_header_may_be_chosen(client: Client, source: tuple[AlertSource, str]) -> None:
    key = ask(source, signature_header="Sentry-Hook-Signature")
    assert post(client, f"/ingest/{key}/json", BODY, **{HEADER: signed(BODY)}).status_code == 401
    answer = post(client, f"/ingest/{key}/json", BODY, **{"Sentry-Hook-Signature": signed(BODY)})
    assert answer.status_code == 202


class TestWithATime:
    @pytest.fixture
    def key(self, source: tuple[AlertSource, str]) -> str:
        return ask(source, timestamp_header="X-Stamp")

    def send(self, client: Client, key: str, stamp: str, body: bytes = b"") -> int:
        made = {HEADER: signed(stamp.encode() + b":" + (body or BODY)), "X-Stamp": stamp}
        return int(post(client, f"/ingest/{key}/grafana", BODY, **made).status_code)

    def test_the_time_is_signed_along(self, client: Client, key: str) -> None:
        assert self.send(client, key, NOW) == 202
        assert self.send(client, key, NOW, BODY + b" ") == 401
        made = {HEADER: signed(BODY), "X-Stamp": NOW}
        assert post(client, f"/ingest/{key}/grafana", BODY, **made).status_code == 401
        made = {HEADER: signed(BODY)}
        assert post(client, f"/ingest/{key}/grafana", BODY, **made).status_code == 401

    @pytest.mark.parametrize(("minutes", "status"), [(5, 202), (-5, 202), (5.1, 401), (-5.1, 401)])
    def test_it_holds_for_five_minutes(self, client: Client, key: str, minutes: float, status: int) -> None:
        moment = START + timedelta(minutes=minutes)
        assert self.send(client, key, str(int(moment.timestamp()))) == status

    @pytest.mark.parametrize("stamp", ["", "now", "1e9", "-1", "9" * 40, "\u0663", f"{NOW}.5"])
    def test_what_is_no_time_is_refused(self, client: Client, key: str, stamp: str) -> None:
        assert self.send(client, key, stamp) == 401


def test_pagerdutys_addresses_ask_for_none(client: Client, key: str) -> None:
    event = {"routing_key": key, "event_action": "trigger", "payload": {"summary": "T"}}
    assert post(client, "/v2/enqueue", event).status_code == 202


def test_an_unknown_key_is_a_missing_page_signed_or_not(client: Client, key: str) -> None:
    assert post(client, "/ingest/nosuchkey/json", BODY, **{HEADER: signed(BODY)}).status_code == 404


def test_a_secret_that_cannot_be_read_is_ours_to_mend(client: Client, key: str, settings: Any) -> None:
    from cryptography.fernet import Fernet

    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    answer = post(client, f"/ingest/{key}/json", BODY, **{HEADER: signed(BODY)})
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


def test_it_costs_one_more_statement(client: Client, key: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        post(client, f"/ingest/{key}/json", BODY, **{HEADER: signed(BODY)})
    own = [query["sql"] for query in captured if "set_config('app.tenant_id', ''" not in query["sql"]]
    assert len(own) == 2


def test_what_is_refused_is_noted_on_its_source_once_a_minute(
    client: Client, source: tuple[AlertSource, str], key: str, moved_clock: MovedClock
) -> None:
    def noted() -> Any:
        with tenant_scope(source[0].tenant_id):
            return AlertSource.objects.get(pk=source[0].pk).refused_at

    post(client, f"/ingest/{key}/json", BODY, **{HEADER: signed(BODY)})
    assert noted() is None
    for seconds, at in ((0, 0), (59, 0), (2, 61)):
        moved_clock.move(seconds=seconds)
        assert post(client, f"/ingest/{key}/json", BODY, **{HEADER: "wrong"}).status_code == 401
        assert noted() == START + timedelta(seconds=at)
    assert len(stored()) == 1


def test_the_refusal_does_not_wait_for_its_note(
    client: Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any, **named: Any) -> Any:
        raise OperationalError

    monkeypatch.setattr(AlertSource.objects, "filter", full)
    assert post(client, f"/ingest/{key}/json", BODY, **{HEADER: "wrong"}).status_code == 401


def test_what_is_refused_is_logged_without_a_secret(
    client: Client, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    post(client, f"/ingest/{key}/json", BODY, **{HEADER: "wrong"})
    said = "".join(str(one.msg) for one in caplog.records if one.name.startswith("incidents."))
    assert "ingest_not_signed" in said
    assert SECRET not in said
    assert key not in said
