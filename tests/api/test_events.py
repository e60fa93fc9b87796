"""Raw events over the API: read and worked again by keys of scope admin, and by nobody else."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from config.tenancy.actors import ENGINE
from incidents.api.sealed import opened, sealed
from incidents.models import InboundEvent
from incidents.operations.ingest import take_in
from incidents.operations.sources import create_source
from tests.api.conftest import Caller
from tests.conftest import Engine
from tests.incidents.leading import Lead

Build = Callable[..., Caller]
Inside = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def event(shop: Lead, inside: Inside, engine: Engine) -> InboundEvent:
    with inside():
        source, _key = create_source(name="Prometheus", service=shop.checkout, actor=ENGINE, now=shop.now)
        made = take_in(source_id=source.pk, format="json", body=b'{"title": "Disk full"}', now=shop.now)
    engine.run()
    return made


def test_a_key_of_scope_admin_reads_and_replays(with_key: Build, event: InboundEvent, inside: Inside) -> None:
    key = with_key("admin")
    [row] = key.get("events/?outcome=processed").json()["results"]
    assert (row["format"], row["size"], row["replay_of"]) == ("json", 22, None)
    assert str(event.pk) not in row["uid"]
    whole = key.get(f"events/{row['uid']}/").json()
    assert whole["body"] == '{"title": "Disk full"}'
    assert whole["alerts"] == [key.get("alerts/").json()["results"][0]["uid"]]
    made = key.post(f"events/{row['uid']}/replay/")
    assert (made.status_code, made.json()["replay_of"]) == (202, row["uid"])
    with inside():
        assert InboundEvent.objects.count() == 2
    assert key.get("events/?outcome=quarantined").json()["results"] == []


@pytest.mark.parametrize("scope", ["read", "write"])
def test_other_keys_do_not(scope: str, with_key: Build, event: InboundEvent) -> None:
    key = with_key(scope)
    assert key.get("events/").status_code == 403
    assert key.get(f"events/{sealed('event', event.pk)}/").status_code == 403
    assert key.post(f"events/{sealed('event', event.pk)}/replay/").status_code == 403


def test_what_was_not_sealed_here_names_nothing(with_key: Build, event: InboundEvent) -> None:
    assert opened("event", sealed("event", 7)) == 7
    assert opened("other", sealed("event", 7)) is None
    for name in ("A", "AAAAAAAAAAAA", str(event.pk), sealed("event", event.pk + 1)):
        assert with_key("admin").get(f"events/{name}/").status_code == 404
