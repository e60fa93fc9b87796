"""The prefix and the binding: who gets where, and that nothing tells whether a tenant exists."""

from datetime import timedelta

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import get_script_prefix, reverse, set_script_prefix

from config.tenancy import scoping
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.middleware import TenantBindingMiddleware, TenantPrefixMiddleware
from config.tenancy.models import ApiKey, Membership
from config.tenancy.operations import keys
from config.tenancy.scoping import tenant_scope
from tests.conftest import START, MovedClock
from tests.people import World


def api(secret: str, path: str = "/api/v1/tried/", **headers: str) -> HttpResponse:
    """What the middlewares alone make of a request with a key: the tenant they bind, in the body."""
    request = RequestFactory().get(path, HTTP_AUTHORIZATION=f"Bearer {secret}", **headers)
    request.user = object()  # type: ignore[assignment]

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{request.tenant} {scoping.bound_tenant_id()}")

    return TenantPrefixMiddleware(TenantBindingMiddleware(view))(request)


@pytest.fixture
def secret(world: World) -> str:
    with tenant_scope(world.acme.tenant.pk):
        return keys.create_api_key(
            name="k",
            scope="read",
            actor=world.acme.members["anna"].as_actor(),
            now=START,
            expires_at=START + timedelta(hours=1),
        )[1]


@pytest.mark.parametrize("path", ["/t/acme/admin/", "/t/nowhere/admin/", "/t/acme/", "/t/x", "/t/%00/admin/"])
@pytest.mark.parametrize("method", ["get", "head", "post", "put", "delete", "options"])
def test_anonymous_is_sent_to_sign_in_whether_the_tenant_exists_or_not(
    world: World, client: Client, path: str, method: str
) -> None:
    response = getattr(client, method)(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=/t/")


def test_anonymous_at_the_api_of_any_tenant_gets_the_same_401(world: World, client: Client) -> None:
    known, unknown = (client.get(f"/t/{slug}/api/v1/incidents/") for slug in ("acme", "nowhere"))
    assert known.status_code == unknown.status_code == 401
    assert known.content == unknown.content
    assert known.headers.items() == unknown.headers.items()


def test_a_tenant_one_is_no_member_of_is_byte_for_byte_a_missing_one(world: World, client: Client) -> None:
    client.force_login(world.acme.members["anna"].user)
    for path in ("admin/", "admin/tenancy/team/", "api/v1/incidents/", "nowhere"):
        foreign, missing = (client.get(f"/t/{slug}/{path}") for slug in ("other", "missi"))
        assert foreign.status_code == missing.status_code == 404
        assert foreign.content == missing.content
        assert dict(foreign.items()) == dict(missing.items())


def test_a_member_of_two_acts_in_the_one_of_the_address(world: World, client: Client) -> None:
    anna = world.acme.members["anna"].user
    with tenant_scope(world.other.tenant.pk), acting(ENGINE, now=START):
        Membership.objects.create(user=anna, role="viewer", joined_at=START)
    client.force_login(anna)
    assert client.get("/t/acme/admin/tenancy/membership/add/").status_code == 200
    assert client.get("/t/other/admin/tenancy/membership/add/").status_code == 403
    page = client.get("/t/other/admin/tenancy/membership/").content.decode()
    assert "olga@other.test" in page
    assert "bram@acme.test" not in page


def test_the_prefix_moves_to_the_script_name_and_back(world: World, client: Client) -> None:
    client.force_login(world.acme.members["anna"].user)
    set_script_prefix("/before/")
    try:
        page = client.get("/t/acme/admin/set-up/")
        assert b'href="/t/acme/admin/tenancy/team/"' in page.content
        assert client.get("/t/acme/admin/tenancy/nonsense/").status_code == 404
    finally:
        kept = get_script_prefix()
        set_script_prefix("/")
    assert kept == "/before/"


def test_the_prefix_is_restored_after_an_error() -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        assert get_script_prefix() == "/t/acme/"
        raise ZeroDivisionError

    before = get_script_prefix()
    with pytest.raises(ZeroDivisionError):
        TenantPrefixMiddleware(broken)(RequestFactory().get("/t/acme/admin/"))
    assert get_script_prefix() == before


def test_no_root_address_exists_under_a_tenant(world: World, client: Client) -> None:
    client.force_login(world.acme.members["anna"].user)
    for path in ("login/", "healthz", "metrics", "t/acme/admin/", "reset/", "v2/enqueue", "status/acme/"):
        assert client.get(f"/t/acme/{path}").status_code == 404, path


def test_a_key_binds_its_tenant_with_and_without_the_prefix(world: World, secret: str) -> None:
    expected = f"Acme {world.acme.tenant.pk}".encode()
    assert api(secret).content == expected
    assert api(secret, "/t/acme/api/v1/tried/").content == expected
    assert not scoping.is_bound()


def test_a_key_under_another_tenants_prefix_is_a_missing_page(world: World, secret: str) -> None:
    foreign, missing = api(secret, "/t/other/api/v1/tried/"), api(secret, "/t/missing/api/v1/tried/")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content


@pytest.mark.parametrize("wrong", ["", "mk_", "mk_unknown", "é", " ", "x" * 10_000])
def test_an_unknown_key_is_401_in_json(world: World, wrong: str) -> None:
    response = api(wrong)
    assert response.status_code == 401
    assert response["Content-Type"] == "application/json"
    assert b"unknown_key" in response.content


def test_an_expired_or_revoked_key_is_unknown(world: World, secret: str, moved_clock: MovedClock) -> None:
    moved_clock.move(hours=1)
    assert api(secret).status_code == 401
    moved_clock.move(hours=-1)
    assert api(secret).status_code == 200
    with tenant_scope(world.acme.tenant.pk):
        keys.revoke_api_key(key=ApiKey.objects.get(), actor=world.acme.members["anna"].as_actor(), now=START)
    assert api(secret).status_code == 401


def test_the_use_of_a_key_is_noted_once_a_minute(world: World, secret: str, moved_clock: MovedClock) -> None:
    def used() -> object:
        with tenant_scope(world.acme.tenant.pk):
            return ApiKey.objects.get().last_used_at

    assert used() is None
    api(secret)
    moved_clock.move(seconds=60)
    api(secret)
    assert used() == START
    moved_clock.move(seconds=1)
    api(secret)
    assert used() == START + timedelta(seconds=61)


def test_a_bearer_counts_only_at_the_api(world: World, secret: str, client: Client) -> None:
    response = client.get("/t/acme/admin/", HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert response.status_code == 302


def test_a_key_ignores_the_session_that_came_along(world: World, secret: str) -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append((request.user.is_authenticated, request.membership))
        return HttpResponse()

    request = RequestFactory().post("/api/v1/x/", HTTP_AUTHORIZATION=f"Bearer {secret}")
    request.user = world.acme.members["anna"].user
    TenantPrefixMiddleware(TenantBindingMiddleware(view))(request)
    assert seen == [(False, None)]


def test_a_streamed_answer_is_read_inside_the_scope(world: World, secret: str) -> None:
    def stream(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse((str(Membership.objects.count()) for _ in range(2)), status=203)

    request = RequestFactory().get("/api/v1/x/", HTTP_AUTHORIZATION=f"Bearer {secret}")
    response = TenantPrefixMiddleware(TenantBindingMiddleware(stream))(request)
    assert (response.status_code, response.content, response.streaming) == (203, b"55", False)


def test_what_is_personal_is_never_stored_by_a_cache(world: World, client: Client, secret: str) -> None:
    client.force_login(world.acme.members["anna"].user)
    assert "no-store" in client.get("/t/acme/admin/set-up/")["Cache-Control"]
    assert api(secret)["Cache-Control"] == "private, no-store"


def test_pages_speak_the_members_language_and_zone(world: World, client: Client) -> None:
    user = world.acme.members["anna"].user
    with acting(ENGINE, now=START):
        user.language = "nl"
        user.save()
    client.force_login(user)
    page = client.get("/t/acme/admin/set-up/", HTTP_ACCEPT_LANGUAGE="en")
    assert page["Content-Language"] == "nl"
    assert b'lang="nl"' in page.content


def test_the_root_leads_to_the_chooser_and_the_prefix_to_the_admin(world: World, client: Client) -> None:
    assert client.get("/")["Location"] == "/admin/"
    assert client.get("/admin/")["Location"] == "/login/?next=/admin/"
    client.force_login(world.acme.members["anna"].user)
    assert client.get("/t/acme/")["Location"] == "/t/acme/admin/"
    assert reverse("sign_in") == "/login/"
