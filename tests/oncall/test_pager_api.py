"""Contact methods, rules, profile, test and pre-flight over the API: own, and others' for who may set up."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from oncall.models import ContactMethod, NotificationRule, PagerProfile
from oncall.operations.verifying import code_of
from tests.api.conftest import Caller, with_key  # noqa: F401  (a fixture)
from tests.oncall.conftest import Pager
from tests.oncall.wire import Wire
from tests.people import World

Key = Callable[..., Caller]
NUMBER = "+31612345678"


@pytest.fixture
def caller(pager: Pager) -> Callable[[str], Caller]:
    """A signed-in member, under the tenant's prefix."""

    def build(name: str) -> Caller:
        client = Client(SERVER_NAME="localhost")
        client.force_login(pager.people[name].user, backend="config.tenancy.backends.RoleBackend")
        return Caller(client, "/t/acme/api/v1/", {})

    return build


def test_a_contact_from_adding_to_removing(pager: Pager, wire: Wire, caller: Callable[[str], Caller]) -> None:
    bram = caller("bram")
    made = bram.post("contact-methods", {"kind": "sms", "address": NUMBER})
    assert made.status_code == 201, made.content
    uid = made.json()["uid"]
    assert made.json()["hint"] == "+31…78"
    assert NUMBER not in made.content.decode()
    pager.engine.run()
    wire.expect("sms", NUMBER)
    assert bram.post(f"contact-methods/{uid}/verify", {"code": "000000"}).status_code == 400
    code = code_of(ContactMethod.objects.get(), now=pager.now)
    assert bram.post(f"contact-methods/{uid}/verify", {"code": code}).json()["verified_at"]
    assert bram.post(f"contact-methods/{uid}/send-code").status_code == 200
    rule = {"contact": uid, "urgency": "low", "delay_minutes": 3}
    assert bram.post("notification-rules", rule).status_code == 201
    assert [(row["urgency"], row["delay_minutes"]) for row in bram.get("notification-rules").json()] == [
        ("high", 0),
        ("low", 3),
    ]
    assert bram.post("notification-rules/remove", rule).status_code == 204
    assert NotificationRule.objects.count() == 1
    assert bram.post(f"contact-methods/{uid}/switch-off").json()["disabled_at"]
    assert not bram.post(f"contact-methods/{uid}/switch-on").json()["disabled_at"]
    assert bram.call("DELETE", f"contact-methods/{uid}").status_code == 204
    assert not ContactMethod.objects.exists()
    wire.take()


def test_own_alone_but_for_who_may_set_up(pager: Pager, wire: Wire, caller: Callable[[str], Caller]) -> None:
    theirs = pager.contact("anna", kind="sms", address=NUMBER)
    for name in ("bram", "vera"):
        mine = caller(name)
        assert mine.get("contact-methods").json()["results"] == []
        assert mine.get("notification-rules").json() == []
        assert mine.get(f"contact-methods/{theirs.uid}").status_code == 404
        assert mine.post(f"contact-methods/{theirs.uid}/switch-off").status_code == 404
        anna = pager.people["anna"].uid
        new = {"kind": "sms", "address": NUMBER, "member": anna}
        assert mine.post("contact-methods", new).status_code == 403
        assert mine.post("notification-rules", {"contact": theirs.uid, "urgency": "high"}).status_code == 400
        assert mine.post("pager-profile/test", {"member": anna}).status_code == 403
        assert mine.get("preflight").status_code == 403
    marc = caller("marc")
    assert [row["uid"] for row in marc.get("contact-methods").json()["results"]] == [theirs.uid]
    assert marc.post(f"contact-methods/{theirs.uid}/switch-off").status_code == 200
    assert marc.post("notification-rules", {"contact": theirs.uid, "urgency": "low"}).status_code == 201


def test_the_profile_and_the_test(pager: Pager, wire: Wire, caller: Callable[[str], Caller]) -> None:
    bram = caller("bram")
    given = {"quiet_start": "22:00", "quiet_end": "07:00", "without_limits": True}
    answer = bram.post("pager-profile", given)
    assert answer.status_code == 200, answer.content
    assert answer.json()["quiet_days"] == "1234567"
    assert bram.get("pager-profile").json()[0]["without_limits"] is True
    assert bram.post("pager-profile", given | {"quiet_end": "22:00"}).status_code == 400
    assert PagerProfile.objects.get().quiet_end.hour == 7
    assert bram.post("pager-profile/test").status_code == 202
    pager.engine.run()
    wire.expect("email", "bram@acme.test", "TEST for Bram")


def test_the_preflight(pager: Pager, wire: Wire, with_key: Key) -> None:  # noqa: F811
    schedule = pager.schedule("bram")
    answer = with_key("admin").get("preflight")
    assert answer.status_code == 200, answer.content
    (row,) = answer.json()
    assert (row["member"]["name"], row["schedule"]["uid"]) == ("Bram", schedule.uid)
    assert (row["why"], row["doubt"]) == ("No contact method.", False)
    for query in ({"from": "x"}, {"from": "2026-11-23T00:00:00Z", "to": "2027-11-23T00:00:00Z"}, {"at": "x"}):
        assert with_key("admin").get("preflight", **query).status_code == 400


def test_a_key_says_whose(pager: Pager, wire: Wire, with_key: Key) -> None:  # noqa: F811
    key = with_key("admin")
    assert key.post("pager-profile/test").status_code == 400
    bram: Any = pager.people["bram"].uid
    assert key.post("pager-profile/test", {"member": bram}).status_code == 202
    assert with_key("read").post("pager-profile/test", {"member": bram}).status_code == 403
    pager.engine.run()
    wire.take()


def test_the_outsiders_rows_are_missing(
    pager: Pager, wire: Wire, world: World, caller: Callable[[str], Caller]
) -> None:
    olga = world.other.members["olga"]
    with tenant_scope(world.other.tenant.pk), acting(ENGINE, now=pager.now):
        foreign = ContactMethod.objects.create(membership=olga, kind="email", address="o@x.test")
    marc = caller("marc")
    for uid in (foreign.uid, "AAAAAAAAAAAA"):
        assert marc.get(f"contact-methods/{uid}").status_code == 404
        assert marc.call("DELETE", f"contact-methods/{uid}").status_code == 404
        assert marc.post("notification-rules", {"contact": uid, "urgency": "high"}).status_code == 400
    for uid in (olga.uid, "AAAAAAAAAAAA"):
        assert marc.post("pager-profile/test", {"member": uid}).status_code == 400
