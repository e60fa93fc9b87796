"""Who gets in: keys and members, their scopes and ends."""

from collections.abc import Callable

from django.test import Client

from config.tenancy.models import ApiKey
from config.tenancy.scoping import tenant_scope
from tests.api.conftest import Caller, make_key
from tests.conftest import MovedClock
from tests.people import World

WithKey = Callable[..., Caller]


def test_a_key_alone_decides_the_tenant(with_key: WithKey, world: World) -> None:
    answer = with_key("read").get("members/")
    assert answer.status_code == 200
    assert {row["name"] for row in answer.json()["results"]} == {"Anna", "Marc", "Bram", "Carla", "Vera"}


def test_nobody_is_401_in_the_one_shape(world: World) -> None:
    for path in ("/api/v1/members/", "/t/acme/api/v1/members/", "/t/nosuch/api/v1/members/"):
        answer = Client(SERVER_NAME="localhost").get(path)
        assert answer.status_code == 401, path
        assert answer.json()["error"]["code"] == "not_signed_in"
        assert answer.json()["error"]["fields"] == {}
        assert "Bearer" in answer["WWW-Authenticate"]


def test_a_person_signed_in_has_no_tenant_at_the_root(as_member: WithKey) -> None:
    caller = as_member("anna")
    assert caller.get("/api/v1/members/").status_code == 401
    assert caller.get("members/").status_code == 200


def test_a_member_of_another_tenant_finds_nothing(as_member: WithKey) -> None:
    """The outsider: Olga of `other` under acme's prefix, and under one that does not exist."""
    olga = as_member("olga", "other")
    here, nowhere = olga.get("/t/acme/api/v1/members/"), olga.get("/t/nosuch/api/v1/members/")
    assert (
        (here.status_code, here.content) == (nowhere.status_code, nowhere.content) == (404, nowhere.content)
    )
    assert here.json()["error"]["code"] == "not_found"


def test_a_key_under_another_tenants_prefix_finds_nothing(with_key: WithKey) -> None:
    caller = with_key("admin")
    assert caller.get("/t/acme/api/v1/members/").status_code == 200
    assert caller.get("/t/other/api/v1/members/").content == caller.get("/t/nosuch/api/v1/members/").content


def test_an_unknown_key_is_401(world: World) -> None:
    answer = Client(SERVER_NAME="localhost").get(
        "/api/v1/members/", headers={"Authorization": "Bearer nothing"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unknown_key")


def test_a_revoked_key_is_as_good_as_unknown(with_key: WithKey, moved_clock: MovedClock) -> None:
    live, dead = with_key("read"), with_key("read", revoked_at=moved_clock.now())
    assert live.get("members/").status_code == 200
    assert dead.get("members/").status_code == 401
    assert dead.get("members/").json()["error"]["code"] == "unknown_key"


def test_a_key_ends_at_its_moment(world: World, with_key: WithKey, moved_clock: MovedClock) -> None:
    from datetime import timedelta

    caller = with_key("read", expires_at=moved_clock.now() + timedelta(hours=1))
    assert caller.get("members/").status_code == 200
    moved_clock.move(hours=1)
    assert caller.get("members/").status_code == 401


def test_last_use_is_written_at_most_once_a_minute(
    world: World, with_key: WithKey, moved_clock: MovedClock
) -> None:
    caller = with_key("read")

    def last_used() -> object:
        with tenant_scope(world.acme.tenant.pk):
            return ApiKey.objects.get(scope="read").last_used_at

    assert last_used() is None
    caller.get("members/")
    first = last_used()
    assert first == moved_clock.now()
    moved_clock.move(seconds=59)
    caller.get("members/")
    assert last_used() == first
    moved_clock.move(seconds=2)
    caller.get("members/")
    assert last_used() == moved_clock.now()


def test_a_session_beside_a_key_counts_for_nothing(world: World) -> None:
    """Olga's session and acme's key: the key decides, and no CSRF token is asked for."""
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    client.force_login(world.other.members["olga"].user)
    secret = make_key(world.acme.tenant, "read")
    answer = client.get("/api/v1/members/", headers={"Authorization": f"Bearer {secret}"})
    assert {row["name"] for row in answer.json()["results"]} >= {"Anna", "Bram"}


def test_a_read_key_cannot_write(with_key: WithKey) -> None:
    answer = with_key("read").post("services/", {"name": "x"})
    assert answer.status_code in {403, 405}
