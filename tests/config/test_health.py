"""What watches from outside: alive, ready, late, figures."""

from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from config import clock, health
from config.tenancy.models import Pulse
from config.tenancy.models.pulse import beat
from tests.conftest import START, MovedClock
from tests.people import World


@pytest.fixture
def one_work(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime | None]:
    """One kind of due work, whose oldest row's time the test sets."""
    rows: dict[str, datetime | None] = {"oldest": None}
    work = clock.DueWork(
        "test.work", lambda now: 0, oldest_due=lambda now: rows["oldest"], next_due=lambda now: None
    )
    monkeypatch.setattr(clock, "_registry", {work.name: work})
    return rows


@pytest.fixture
def alive(db: None, moved_clock: MovedClock) -> None:
    for name in health.PULSES:
        beat(name, START)


def test_healthz_reads_nothing(client: Client) -> None:
    # No database fixture: a query would fail this test.
    assert client.get("/healthz").content == b"ok\n"


def test_readyz_with_all_migrations_applied(db: None, client: Client) -> None:
    assert (client.get("/readyz").status_code, client.get("/readyz").content) == (200, b"ready\n")


def test_readyz_counts_the_migrations_that_are_missing(db: None, client: Client) -> None:
    with mock.patch.object(health, "_on_disk", return_value=frozenset({("oncall", "0099_more")})):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert b"1 migrations are not applied" in response.content


def test_readyz_without_a_database_says_so(client: Client) -> None:
    with mock.patch.object(health, "MigrationRecorder", side_effect=OperationalError("password=hunter2")):
        response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"The database cannot be reached.\n")


def test_the_engine_is_green_when_nothing_is_late(one_work: dict, alive: None, client: Client) -> None:
    one_work["oldest"] = START - timedelta(seconds=30)
    response = client.get("/health/engine")
    assert response.status_code == 200
    assert response.json() == {
        "status": "green",
        "why": [],
        "oldest_due": {"test.work": 30.0},
        "pulses": {"beat": 0.0, "watchdog": 0.0},
    }


def test_the_engine_is_red_above_thirty_seconds(one_work: dict, alive: None, client: Client) -> None:
    one_work["oldest"] = START - timedelta(seconds=31)
    response = client.get("/health/engine")
    assert response.status_code == 503
    assert response.json()["why"] == ["test.work is 31 s late."]


@pytest.mark.parametrize("silent", health.PULSES)
def test_the_engine_is_red_when_a_hand_is_silent(
    one_work: dict, alive: None, client: Client, moved_clock: MovedClock, silent: str
) -> None:
    moved_clock.move(seconds=31)
    for name in set(health.PULSES) - {silent}:
        beat(name, moved_clock.now())
    assert client.get("/health/engine").json()["why"] == [f"{silent} was last seen 31 s ago."]
    Pulse.objects.filter(name=silent).delete()
    assert client.get("/health/engine").json()["why"] == [f"{silent} was never seen."]


def test_a_clock_that_went_back_is_said(
    one_work: dict, alive: None, client: Client, moved_clock: MovedClock
) -> None:
    moved_clock.move(minutes=-10)
    response = client.get("/health/engine")
    assert response.status_code == 503
    assert "went back" in response.json()["why"][0]


def test_a_pulse_is_written_at_most_every_five_seconds(db: None) -> None:
    for seconds, expected in ((0, 0), (4, 0), (6, 6), (6, 6), (-60, -60)):
        beat("beat", START + timedelta(seconds=seconds))
        assert Pulse.objects.get().at == START + timedelta(seconds=expected)


def test_every_registered_work_answers(world: World, client: Client) -> None:
    assert set(client.get("/health/engine").json()["oldest_due"]) == {work.name for work in clock.works()}


def test_metrics_are_for_this_machine_and_name_no_tenant(one_work: dict, alive: None, world: World) -> None:
    one_work["oldest"] = START - timedelta(seconds=7)
    text = Client().get("/metrics").content.decode()
    assert 'muster_due_oldest_seconds{work="test.work"} 7.0' in text
    assert 'muster_pulse_age_seconds{name="beat"} 0.0' in text
    assert "muster_engine_red 0.0" in text
    assert "acme" not in text


@pytest.mark.parametrize(
    "asked",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer wrong"},
        {"REMOTE_ADDR": "203.0.113.9", "HTTP_AUTHORIZATION": "Bearer "},
        {"REMOTE_ADDR": ""},
    ],
)
def test_metrics_are_a_missing_page_to_others(db: None, settings: Settings, asked: dict[str, str]) -> None:
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", **asked).status_code == 404
    settings.METRICS_TOKEN = "right"
    assert Client().get("/metrics", **asked).status_code == 404


def test_metrics_open_to_the_token_from_anywhere(alive: None, settings: Settings) -> None:
    settings.METRICS_TOKEN = "right"
    response = Client().get("/metrics", REMOTE_ADDR="203.0.113.9", HTTP_AUTHORIZATION="Bearer right")
    assert response.status_code == 200


def test_figures_of_an_app_are_added(alive: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_figures", [])
    health.add_figures(lambda now: [health.GaugeMetricFamily("muster_extra", "More.", value=now.year)])
    assert b"muster_extra 2026.0" in Client().get("/metrics").content


def test_metrics_cost_one_query_a_work_and_one_for_pulses(
    one_work: dict, alive: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        Client().get("/metrics")


@pytest.mark.parametrize(("path", "kind"), [("/login/", "text/html"), ("/api/v1/x/", "application/json")])
def test_without_the_database_the_answer_is_try_again(
    path: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused")

    client = Client(raise_request_exception=False, headers={"Authorization": "Bearer mk_x"})
    client.cookies["muster_session"] = "a" * 32
    with mock.patch.object(connection, "ensure_connection", side_effect=away):
        response = client.get(path)
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response["Content-Type"].startswith(kind)


def test_an_ordinary_error_stays_an_error(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError

    monkeypatch.setattr(clock, "now", broken)
    response = Client(raise_request_exception=False).get("/metrics")
    assert response.status_code == 500
    assert "Retry-After" not in response.headers
