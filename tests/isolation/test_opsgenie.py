"""Opsgenie's addresses: A's key with B's id, alias or request is as with nobody's, and nothing of B moves."""

from json import dumps, loads
from urllib.parse import quote
from uuid import UUID

import pytest

from config.tenancy.scoping import tenant_scope
from incidents.models import InboundEvent
from tests.isolation.oracle import differences, leaks, report
from tests.isolation.principals import Principal
from tests.isolation.probing import Answer, Prober
from tests.isolation.world import IsolationWorld

pytestmark = pytest.mark.django_db

NOBODY, NO_ALIAS = "A" * 12, "nosuchaliaswhatever"
ASKED, NEVER_ASKED = UUID(int=7**40), UUID(int=11**30)
VERBS = ("close", "acknowledge", "notes", "message", "snooze")


@pytest.fixture
def prober(isolation: IsolationWorld) -> Prober:
    """Its picture of B is taken when B has a request that was worked."""
    with tenant_scope(isolation.b.tenant.pk):
        event = InboundEvent.objects.filter(pk=isolation.b.row("incidents.InboundEvent").pk)
        event.update(request_id=ASKED, outcome="processed")
    return Prober(isolation.b.tenant.pk)


def pairs(world: IsolationWorld) -> list[tuple[str, str, str]]:
    """Method, B's address, one of nobody's."""
    alert = world.b.row("incidents.Alert")
    alias, of_alias = quote(alert.dedup_key), "?identifierType=alias"
    return [
        ("GET", alert.uid, NOBODY),
        ("GET", f"{alert.uid}?identifierType=tiny", f"{NOBODY}?identifierType=tiny"),
        ("GET", alias + of_alias, NO_ALIAS + of_alias),
        ("GET", f"requests/{ASKED}", f"requests/{NEVER_ASKED}"),
        *(("POST", f"{alert.uid}/{verb}", f"{NOBODY}/{verb}") for verb in VERBS),
        *(("POST", f"{alias}/{verb}{of_alias}", f"{NO_ALIAS}/{verb}{of_alias}") for verb in VERBS),
    ]


def asked_by(prober: Prober, client: Principal, key: str, method: str, path: str) -> Answer:
    """The answer without what is another one each time: its id and how long it took."""
    headers = {"Authorization": f"GenieKey {key}"}
    answer = prober.run(lambda: client.client.generic(method, f"/v2/alerts/{path}", b"{}", headers=headers))
    said = loads(answer.body)
    answer.body = dumps({name: said[name] for name in sorted(said) if name not in {"took", "requestId"}})
    return answer


def test_as_key_finds_nothing_of_b(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    alert, found = isolation.b.row("incidents.Alert"), []
    same = [
        alert.uid,
        NOBODY,
        alert.dedup_key,
        quote(alert.dedup_key),
        NO_ALIAS,
        str(ASKED),
        str(NEVER_ASKED),
    ]
    for method, theirs, missing in pairs(isolation):
        foreign, nowhere = (
            asked_by(prober, everybody["anonymous"], isolation.a.doors["ingest"], method, path)
            for path in (theirs, missing)
        )
        wrong = leaks(foreign, asked=same) + differences(foreign, nowhere, asked=same)
        found += [f"{method} {theirs}: {one}" for one in wrong]
    report(found)


def test_positive_control_bs_key_finds_them(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    key = isolation.b.doors["ingest"]
    for method, theirs, _missing in pairs(isolation):
        answer = asked_by(prober, everybody["anonymous"], key, method, theirs)
        assert answer.status == (422 if "snooze" in theirs else 202 if method == "POST" else 200), theirs
