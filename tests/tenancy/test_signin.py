"""Signing in: one page for all tenants, limits that lock no right person out, no word about who exists."""

from unittest import mock

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client

from config.tenancy import signing_in
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Throttle
from config.tenancy.scoping import tenant_scope
from tests.conftest import START, MovedClock
from tests.people import PASSWORD, World, build_tenant

ANNA = "anna@acme.test"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)


def sign_in(client: Client, email: str = ANNA, password: str = PASSWORD, **extra: str) -> object:
    return client.post("/login/", {"email": email, "password": password, **extra})


def test_who_has_one_tenant_lands_there(world: World, client: Client) -> None:
    response = sign_in(client)
    assert (response.status_code, response["Location"]) == (302, "/t/acme/admin/")
    assert client.get("/t/acme/admin/").status_code == 200


def test_the_e_mail_is_taken_in_any_case(world: World, client: Client) -> None:
    assert sign_in(client, email=" Anna@ACME.test ")["Location"] == "/t/acme/admin/"


def test_a_lookalike_letter_is_another_account(world: World, client: Client) -> None:
    """Upper case makes one letter of the dotless i and the i: a look-up by upper case takes accounts over."""
    zoe = build_tenant("tiny", START).members["zoe"].user
    with acting(ENGINE, now=START):
        zoe.email = "mike@tiny.test"
        zoe.save()
    assert sign_in(client, email="mıke@tiny.test").status_code == 200
    assert sign_in(client, email="mike@tiny.test").status_code == 302


def test_who_has_several_tenants_chooses(world: World, client: Client) -> None:
    anna = world.acme.members["anna"].user
    with tenant_scope(world.other.tenant.pk), acting(ENGINE, now=START):
        Membership.objects.create(user=anna, role="viewer", joined_at=START)
    assert sign_in(client)["Location"] == "/admin/"
    page = client.get("/admin/")
    assert b"/t/acme/admin/" in page.content
    assert b"/t/other/admin/" in page.content


def test_the_chooser_shows_ones_own_tenants_only_and_no_platform(world: World, client: Client) -> None:
    sign_in(client)
    page = client.get("/admin/").content.decode()
    assert "/t/acme/admin/" in page
    assert "other" not in page
    assert "tenancy/user" not in page


@pytest.mark.parametrize(
    "wanted",
    ["//evil.test/", "https://evil.test/", "/\\evil.test", "\\\\evil.test", "javascript:a()", "x@y"],
)
def test_next_never_leaves_this_host(world: World, client: Client, wanted: str) -> None:
    assert sign_in(client, next=wanted)["Location"] == "/t/acme/admin/"


def test_next_is_where_one_was_going(world: World, client: Client) -> None:
    asked = client.get("/t/acme/admin/tenancy/team/?q=a")
    assert asked["Location"] == "/login/?next=/t/acme/admin/tenancy/team/%3Fq%3Da"
    page = client.get(asked["Location"])
    assert page.context["next"] == "/t/acme/admin/tenancy/team/?q=a"
    assert sign_in(client, next=page.context["next"])["Location"] == "/t/acme/admin/tenancy/team/?q=a"


def test_a_wrong_password_and_an_unknown_account_get_the_same_page(world: World) -> None:
    wrong, unknown = Client(), Client()
    pages = [
        sign_in(wrong, email="anna@acme.test", password="no"),
        sign_in(unknown, email="eve1@acme.test", password="no"),
    ]
    texts = [page.content.decode().replace("eve1@", "anna@") for page in pages]
    masked = [text.split('name="csrfmiddlewaretoken"')[0] + text.split("</form>")[-1] for text in texts]
    assert masked[0] == masked[1]
    assert "do not belong together" in texts[0]
    assert [page.status_code for page in pages] == [200, 200]


def test_an_unknown_account_costs_as_many_hashes_as_a_known_one(world: World) -> None:
    counts = []
    for email in ("anna@acme.test", "eve@acme.test"):
        with mock.patch.object(
            PBKDF2PasswordHasher, "encode", autospec=True, side_effect=PBKDF2PasswordHasher.encode
        ) as encode:
            sign_in(Client(), email=email, password="no")
        counts.append(encode.call_count)
    assert counts[0] == counts[1] > 0


def test_who_was_deactivated_cannot_sign_in(world: World, client: Client) -> None:
    anna = world.acme.members["anna"].user
    with acting(ENGINE, now=START):
        anna.is_active = False
        anna.save()
    assert sign_in(client).status_code == 200


def test_the_session_gets_a_new_key_and_lasts_thirty_days(world: World, client: Client) -> None:
    client.get("/login/")
    before = client.session.session_key
    sign_in(client)
    cookie = client.cookies["muster_session"]
    assert cookie.value != before
    assert cookie["max-age"] == 30 * 24 * 3600
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_second_sign_in_changes_the_session_key_again(world: World, client: Client) -> None:
    sign_in(client)
    first = client.session.session_key
    sign_in(client)
    assert client.session.session_key != first
    assert not Session.objects.filter(session_key=first).exists()


def test_signing_out_is_a_post(world: World, client: Client) -> None:
    sign_in(client)
    assert client.get("/logout/").status_code == 405
    assert client.get("/t/acme/admin/").status_code == 200
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/t/acme/admin/").status_code == 302


def test_signing_out_needs_the_token(world: World) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.acme.members["anna"].user)
    assert strict.post("/logout/").status_code == 403
    assert strict.post("/login/", {"email": ANNA, "password": PASSWORD}).status_code == 403


def test_an_account_is_tried_ten_times_and_then_waits(world: World, moved_clock: MovedClock) -> None:
    for number in range(signing_in.PER_ACCOUNT):
        assert sign_in(Client(REMOTE_ADDR=f"203.0.113.{number}"), password="no").status_code == 200
    refused = sign_in(Client(), password=PASSWORD)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) == 15 * 60 + 1
    moved_clock.move(minutes=15)
    assert sign_in(Client(), password=PASSWORD).status_code == 302


def test_an_unknown_account_is_refused_in_the_same_words(world: World) -> None:
    for email in ("anna@acme.test", "eve1@acme.test"):
        for _ in range(signing_in.PER_ACCOUNT):
            sign_in(Client(), email=email, password="no")
    refused = [
        sign_in(Client(), email=email, password="no") for email in ("anna@acme.test", "eve1@acme.test")
    ]
    assert [answer.status_code for answer in refused] == [429, 429]
    assert refused[0].context["said"] == refused[1].context["said"]


def test_a_good_sign_in_starts_the_count_anew(world: World) -> None:
    for _ in range(signing_in.PER_ACCOUNT - 1):
        sign_in(Client(), password="no")
    assert sign_in(Client()).status_code == 302
    assert sign_in(Client(), password="no").status_code == 200


def test_strangers_cannot_lock_a_device_out_that_was_signed_in_before(world: World) -> None:
    phone = Client()
    sign_in(phone)
    phone.post("/logout/")
    for _ in range(signing_in.PER_ACCOUNT + 1):
        refused = sign_in(Client(), password="no")
    assert refused.status_code == 429
    assert sign_in(phone).status_code == 302
    assert sign_in(phone, email="bram@acme.test", password="no").status_code == 200
    buckets = set(Throttle.objects.values_list("bucket", flat=True))
    assert signing_in.account_bucket("bram@acme.test") in buckets, (
        "the cookie counts for its own account only"
    )


def test_a_forged_device_cookie_counts_for_nothing(world: World) -> None:
    for _ in range(signing_in.PER_ACCOUNT):
        sign_in(Client(), password="no")
    forger = Client()
    forger.cookies[signing_in.DEVICE_COOKIE] = "WyJhIiwiYiJd:1abc:forged"
    assert sign_in(forger).status_code == 429


def test_one_network_cannot_try_many_accounts(world: World) -> None:
    for number in range(signing_in.PER_NETWORK):
        assert sign_in(Client(), email=f"eve{number}@acme.test", password="no").status_code == 200
    assert sign_in(Client(), email="marc@acme.test").status_code == 429
    assert sign_in(Client(REMOTE_ADDR="203.0.113.9"), email="marc@acme.test").status_code == 302


def test_rotating_x_forwarded_for_does_not_help(world: World) -> None:
    for number in range(signing_in.PER_NETWORK):
        sign_in(Client(headers={"X-Forwarded-For": f"198.51.100.{number}"}), email=f"eve{number}@a.test")
    refused = sign_in(Client(headers={"X-Forwarded-For": "192.0.2.1"}), email="marc@acme.test")
    assert refused.status_code == 429


def test_limits_hold_no_e_mail(world: World) -> None:
    sign_in(Client(), password="no")
    assert Throttle.objects.count() == 3
    assert not Throttle.objects.filter(bucket__icontains="anna").exists()


def test_an_ended_member_gets_404_on_the_next_request(world: World, client: Client) -> None:
    sign_in(client, email="bram@acme.test")
    assert client.get("/t/acme/admin/").status_code == 200
    with tenant_scope(world.acme.tenant.pk), acting(ENGINE, now=START):
        bram = world.acme.members["bram"]
        bram.ended_at = START
        bram.save()
    assert client.get("/t/acme/admin/").status_code == 404
    assert client.get("/admin/").status_code == 200
