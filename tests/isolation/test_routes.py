"""Every address, by everybody, with B's ids in it: as if they did not exist (harness items 3 to 6)."""

from collections.abc import Iterator

import pytest

from tests.isolation.oracle import differences, leaks, report
from tests.isolation.principals import Principal, positive
from tests.isolation.probing import Prober
from tests.isolation.recipes import OWN
from tests.isolation.routes import Route, all_routes
from tests.isolation.values import BY_TOKEN, Argument, arguments, mixed
from tests.isolation.world import CANARY, IsolationWorld

pytestmark = pytest.mark.django_db

API, PAGES = "/api/", "config.urls_tenant"
EVERY_METHOD = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
ADMIN_METHODS = ("GET", "HEAD", "POST", "DELETE")  # Django's admin takes all others for a GET
IN_A = ("owner", "responder", "viewer", "both", "anonymous", "read_key", "write_key", "admin_key")
UNDER_B = ("ex_member", "outsider", "foreign_key")
# Fewer probes than this and something is no longer looked at.
AT_LEAST = {"owner": 800, "responder": 400, "admin_key": 500, "read_key": 100}
# Addresses where B's own owner does not get a page with B's words, and why.
NO_POSITIVE = {
    "admin:": "Django's old addresses of objects: a redirect",
    "room_live": "answers 204 until something changes",
    "status-page": "made by the renderer: statuspage's own tests",
    "deed": "POST only",
    "begin_maintenance": "POST only",
    "stop_maintenance": "POST only",
    "oncall_deed": "POST only",
    "event_again": "POST only",
    "source_test": "POST only",
    "source_test_result": "nothing has come of its event yet",
    "source_new_key": "POST only",
    "source_revoke": "POST only",
    "move_routing_rule": "POST only",
    "heartbeat_quiet": "POST only",
    "heartbeat_listen": "POST only",
    "tell_preview": "POST only",
    "postmortem_preview": "POST only",
    "break_glass": "says no more than the key",
}


def addressed(route: Route, who: Principal, path: str) -> str | None:
    """The path this principal would use, or None where the route is not theirs."""
    if route.urlconf == PAGES:
        # A key says its tenant by itself: under the prefix one of them is probed, at the root all.
        is_theirs = not who.is_key or (path.startswith(API) and who.name in {"admin_key", "foreign_key"})
        return f"/t/{who.slug}{path}" if is_theirs else None
    if route.urlconf == "config.urls":
        # At the root only a key has a tenant; of people without one, one is enough.
        return path if who.slug != "bravo" and (who.is_key or who.name in {"owner", "anonymous"}) else None
    return None  # config.urls_public: status pages on a host of their own, without any tenant row


def methods_for(route: Route, who: Principal) -> tuple[str, ...]:
    """Everything by whoever may most at that address; of the others what could differ by their role."""
    is_api = route.view_class is not None and API.strip("/") in route.regex
    if route.urlconf != PAGES and not who.is_key:
        return ("GET", "POST")
    if who.name == "admin_key" and is_api:
        return EVERY_METHOD if route.urlconf != PAGES else ("GET",)
    if who.name == "owner":
        fewer = ADMIN_METHODS if route.model_admin is not None else EVERY_METHOD
        return ("GET", "POST", "DELETE") if is_api else fewer
    return ("GET",) if who.name in {"viewer", "both"} else ("GET", "POST")


def with_ids(world: IsolationWorld) -> Iterator[tuple[Route, dict[str, Argument]]]:
    for route in all_routes():
        if route.name not in BY_TOKEN:
            given = arguments(route, world)
            if any(one.names_a_row for one in given.values()):
                yield route, given


def ids_in(given: dict[str, Argument]) -> list[str]:
    return [word for one in given.values() if one.names_a_row for word in (one.foreign, one.missing)]


def test_every_argument_of_every_address_is_known(isolation: IsolationWorld) -> None:
    routes = all_routes()
    assert len(routes) > 200
    for route in routes:
        if route.name not in BY_TOKEN:
            arguments(route, isolation)  # raises TeachMe


@pytest.mark.parametrize("name", IN_A)
def test_an_id_of_b_looks_like_one_that_is_not_there(
    name: str, isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    who, started, found = everybody[name], prober.count, []
    for route, given in with_ids(isolation):
        for method in methods_for(route, who):
            found += compared(prober, route, who, method, given)
    report(found)
    assert prober.count - started >= AT_LEAST.get(name, 100), prober.count - started


def compared(
    prober: Prober, route: Route, who: Principal, method: str, given: dict[str, Argument]
) -> list[str]:
    there = addressed(route, who, route.address({name: one.foreign for name, one in given.items()}))
    nowhere = addressed(route, who, route.address({name: one.missing for name, one in given.items()}))
    if there is None or nowhere is None:
        return []
    asked = ids_in(given)
    missing = prober.request(who, method, nowhere)
    foreign = prober.request(who, method, there)
    wrong = leaks(foreign, asked=asked) + differences(foreign, missing, asked=asked)
    if wrong:  # once more: the first request of a kind fills caches that the second finds
        missing, foreign = prober.request(who, method, nowhere), prober.request(who, method, there)
        wrong = leaks(foreign, asked=asked) + differences(foreign, missing, asked=asked)
    return [f"{who} {method} {there}: {one}" for one in wrong]


@pytest.mark.parametrize("name", ["owner", "responder", "admin_key"])
def test_a_row_of_b_below_a_row_of_as_own_is_not_there(
    name: str, isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    """B's picture under A's incident, B's version under A's row: as if there were none."""
    who, found, tried = everybody[name], [], set()
    for route in all_routes():
        if route.name in BY_TOKEN:
            continue
        for given in mixed(route, isolation):
            for method in methods_for(route, who):
                found += compared(prober, route, who, method, given)
                tried.add(route.name)
    report(found)
    assert tried >= {"link_image", "link_image_small", "incident-picture"}
    assert any("simple_history" in route for route in tried)


def test_positive_control_a_picture_of_as_own_is_served(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    """Else the refusals above would be about the file."""
    link = isolation.a.row("incidents.Link").uid
    for who, path in (
        ("owner", f"/t/alpha/i/1/picture/{link}"),
        ("owner", f"/t/alpha/i/1/picture/{link}/small"),
        ("admin_key", f"/api/v1/incidents/INC-1/links/{link}/picture/"),
    ):
        answer = prober.request(everybody[who], "GET", path)
        assert (answer.status, answer.body) == (200, f"{OWN} picture"), path
        assert answer.headers["Content-Type"] == "image/png"


@pytest.mark.parametrize("name", UNDER_B)
def test_b_itself_looks_like_a_tenant_that_is_not_there(
    name: str, isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    """Under B's prefix, with B's ids, for those who do not belong: as under a prefix that nobody has."""
    who, started, found = everybody[name], prober.count, []
    for route in all_routes():
        if route.urlconf != PAGES or route.name in BY_TOKEN:
            continue
        given = arguments(route, isolation)
        path = route.address({key: one.foreign for key, one in given.items()})
        there = addressed(route, who, path)
        if there is None:
            continue
        asked = [*ids_in(given), "bravo", "nobdy"]
        for method in ("GET", "POST") if who.is_key else ("GET",):
            foreign = prober.request(who, method, there)
            missing = prober.request(who, method, there.replace("/t/bravo/", "/t/nobdy/"))
            # The slug itself is looked up, whoever asks: one statement more or less tells nobody anything
            # that the sign-in page does not. Rows of B are what counts.
            missing.statements = foreign.statements
            wrong = leaks(foreign, asked=asked) + differences(foreign, missing, asked=asked)
            found += [f"{who} {method} {there}: {one}" for one in wrong]
    report(found)
    assert prober.count - started >= 80


@pytest.mark.parametrize("name", [*IN_A])
def test_no_list_and_no_page_without_ids_shows_b(
    name: str, isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    who, found = everybody[name], []
    for route in all_routes():
        if route.name in BY_TOKEN:
            continue
        given = arguments(route, isolation)
        if any(one.names_a_row for one in given.values()):
            continue
        path = addressed(route, who, route.address({key: one.foreign for key, one in given.items()}))
        if path is None or route.regex in UNWELL:
            continue
        for method in ("GET",) if name in {"viewer", "both"} else ("GET", "POST"):
            found += [f"{who} {method} {path}: {one}" for one in leaks(prober.request(who, method, path))]
    report(found)


def test_positive_control_bs_own_people_get_bs_words(isolation: IsolationWorld, prober: Prober) -> None:
    """Else a probe proves nothing: it may be asking for what nobody is ever shown."""
    owner, key = positive(isolation)
    void, seen = [], 0
    for route, given in with_ids(isolation):
        if "get" not in getattr(route.callback, "actions", {"get": ""}) or route.name in NO_POSITIVE:
            continue
        path = route.address({name: one.foreign for name, one in given.items()})
        who = key if route.urlconf == "config.urls" and path.startswith(API) else owner
        if route.urlconf == "config.urls" and who is owner:
            continue  # the platform's own site: another rule
        answer = prober.request(who, "GET", path if who is key else f"/t/bravo{path}")
        if answer.status == 200 and CANARY in answer.body:
            seen += 1
        elif not is_refused_to_all(route, answer.status):
            void.append(f"{path}: {answer.status} {answer.body[:120]!r}")
    report(void)
    assert seen >= 40


def is_refused_to_all(route: Route, status: int) -> bool:
    """Rows that nobody deletes or whose history is not kept answer 403 or 404 to their owner too."""
    return route.name.endswith(("_delete", "_history")) and status in {403, 404}


# 503 is what it says while no engine runs.
UNWELL = {"health/engine"}
