"""Which hosts are answered, and that https is kept to without losing an alert."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from config import hosts
from config.hosts import HostMiddleware, HttpsMiddleware

NEUTRAL = b"There is nothing here.\n"


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse(getattr(request, "status_page", "application"))


def ask(host: str, **headers: str) -> HttpResponse:
    return HostMiddleware(answer)(RequestFactory().get("/", HTTP_HOST=host, **headers))


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:80", "[::1]:8000", "testserver"])
def test_a_listed_host_is_the_application(host: str) -> None:
    assert ask(host).content == b"application"


@pytest.mark.parametrize("host", ["evil.test", "", "localhost.evil.test", "localhost@evil.test", "a b"])
def test_any_other_host_is_a_neutral_404(host: str) -> None:
    response = ask(host, SERVER_NAME="evil.test")
    assert (response.status_code, response.content) == (404, NEUTRAL)


def test_x_forwarded_host_counts_for_nothing() -> None:
    assert ask("evil.test", HTTP_X_FORWARDED_HOST="localhost").status_code == 404
    assert ask("localhost", HTTP_X_FORWARDED_HOST="evil.test").content == b"application"


def test_a_proved_host_gets_the_public_addresses_and_no_tenant(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(hosts, "find_page", {"status.acme.test": "acme"}.get)
    assert ask("status.acme.test").content == b"acme"
    client = Client(HTTP_HOST="status.acme.test")
    for path in ("/login/", "/admin/", "/t/acme/admin/", "/api/v1/incidents/", "/metrics"):
        response = client.get(path)
        assert response.status_code == 404, path
        assert "Set-Cookie" not in response.headers


def over_http(settings: Settings, method: str, path: str, **headers: str) -> HttpResponse:
    settings.SECURE = True
    settings.BASE_URL = "https://muster.acme.test"
    request = RequestFactory().generic(method, path, HTTP_HOST="muster.acme.test", **headers)
    return HttpsMiddleware(answer)(request)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_over_http_is_sent_to_https(settings: Settings, method: str) -> None:
    response = over_http(settings, method, "/t/acme/admin/?q=a b")
    assert response.status_code == 301
    assert response["Location"] == "https://muster.acme.test/t/acme/admin/?q=a%20b"


@pytest.mark.parametrize("path", ["//evil.test/", "/\\evil.test", "/%0d%0aLocation:x"])
def test_the_redirect_never_leaves_the_host(settings: Settings, path: str) -> None:
    location = over_http(settings, "GET", path)["Location"]
    assert location.startswith("https://muster.acme.test/")
    assert "\r" not in location


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_sending_over_http_is_refused_in_words_and_never_redirected(settings: Settings, method: str) -> None:
    response = over_http(settings, method, "/v2/enqueue")
    assert response.status_code == 400
    assert b"https://muster.acme.test" in response.content


def test_health_checks_may_come_over_http(settings: Settings) -> None:
    assert over_http(settings, "GET", "/healthz").status_code == 200
    assert over_http(settings, "GET", "/t/acme/healthz").status_code == 301


def test_the_proxys_word_for_https_is_taken(settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert over_http(settings, "POST", "/v2/enqueue", HTTP_X_FORWARDED_PROTO="https").status_code == 200


def test_a_pages_own_host_keeps_its_name(settings: Settings) -> None:
    settings.SECURE, settings.BASE_URL = True, "https://muster.acme.test"
    request = RequestFactory().get("/history", HTTP_HOST="status.acme.test:80")
    request.status_page = "acme"
    assert HttpsMiddleware(answer)(request)["Location"] == "https://status.acme.test/history"
