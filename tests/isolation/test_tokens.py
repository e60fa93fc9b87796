"""Ways in without a sign-in: the token alone decides, and one kind opens no other door."""

from json import dumps

import pytest

from config.tenancy.doors import new_key
from tests.isolation.oracle import differences, leaks, report
from tests.isolation.principals import Principal
from tests.isolation.probing import Prober
from tests.isolation.routes import all_routes
from tests.isolation.values import BY_TOKEN
from tests.isolation.world import CANARY, IsolationWorld

pytestmark = pytest.mark.django_db
MISSING_PAGE = "AAAAAAAAAAAA"


def test_every_address_by_token_is_there() -> None:
    names = {route.name for route in all_routes()}
    assert names >= BY_TOKEN, "values.BY_TOKEN names an address that is gone"


def test_a_page_token_is_its_own_key(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    """B's link opened with A's session shows what it shows to anybody: that page, and no more."""
    path = f"/p/{isolation.b.doors['page']}"
    anybody = prober.request(everybody["anonymous"], "GET", path)
    assert anybody.status == 200
    for name in ("owner", "both", "ex_member"):
        answer = prober.request(everybody[name], "GET", path)
        report(
            [
                f"{name}: {one}"
                for one in differences(answer, anybody, asked=[path])
                if "statements" not in one
            ]
        )


def test_looking_at_a_page_changes_nothing(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    """Mail scanners follow links: GET and HEAD by token write no row."""
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = prober.request(everybody["anonymous"], method, f"/p/{isolation.b.doors['page']}")
        assert not answer.changed
        assert not answer.wrote


def test_a_token_of_one_kind_opens_no_other_door(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    who, found = everybody["anonymous"], []
    page, ingest, key = isolation.b.doors["page"], isolation.b.doors["ingest"], isolation.b.keys["admin"]
    for path, nobody in (
        (f"/ingest/{page}/alertmanager", f"/ingest/{MISSING_PAGE}/alertmanager"),
        (f"/ingest/{key}/alertmanager", f"/ingest/{new_key(52)}/alertmanager"),
        (f"/p/{ingest[:12].upper()}", f"/p/{MISSING_PAGE}"),
    ):
        body = b'{"alerts": []}'
        foreign, missing = prober.request(who, "POST", path, body), prober.request(who, "POST", nobody, body)
        asked = [page, ingest, key, path, nobody, nobody.split("/")[2], path.split("/")[2]]
        wrong = leaks(foreign, asked=asked) + differences(foreign, missing, asked=asked)
        found += [f"{path}: {one}" for one in wrong]
    report(found)


@pytest.mark.parametrize("door", ["page", "ingest", "ical"])
def test_a_door_is_no_api_key(
    door: str, isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    who = everybody["anonymous"]
    answers = [
        prober.run(
            lambda secret=secret: who.client.get(
                "/api/v1/members/", headers={"Authorization": f"Bearer {secret}"}
            )
        )
        for secret in (isolation.b.doors[door], new_key(32))
    ]
    assert [one.status for one in answers] == [401, 401]
    assert not differences(answers[0], answers[1], asked=[])


def test_what_comes_in_by_as_key_stays_in_a(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    """An alert by A's key that names B's words, keys and numbers: not one row of B changes."""
    row = isolation.b.row("incidents.Alert")
    said = {"dedup_key": row.dedup_key, "fingerprint": row.fingerprint, "title": "x", "status": "ok"}
    for format in ("json", "alertmanager", "grafana"):
        path = f"/ingest/{isolation.a.doors['ingest']}/{format}"
        answer = prober.request(everybody["anonymous"], "POST", path, dumps(said).encode())
        assert not answer.changed
        assert CANARY not in answer.body
