"""Calendars that go out: what they show, that it stays the same, and who is let in."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from icalendar import Calendar

from config.logs import mask
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.doors import hash_of
from config.tenancy.models import Door, Membership, Tenant
from config.tenancy.operations.people import end_membership
from config.tenancy.scoping import tenant_scope
from oncall.models import CalendarFeed, Override, Schedule
from oncall.operations.feeds import make_feed, read_feed, revoke_feed
from tests.conftest import START
from tests.oncall.conftest import Pager
from tests.people import World

DAY = timedelta(days=1)
MISSING = "/ical/" + "a" * 52 + ".ics"


def feed_of(pager: Pager, name: str, schedule: Schedule | None = None) -> str:
    person = pager.people[name]
    _feed, token = make_feed(membership=person, schedule=schedule, actor=person.as_actor(), now=pager.now)
    return f"/ical/{token}.ics"


def events(client: Client, path: str) -> list[Any]:
    answer = client.get(path)
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def summaries(client: Client, path: str) -> set[str]:
    return {str(event["SUMMARY"]) for event in events(client, path)}


@pytest.fixture
def shop(pager: Pager) -> Schedule:
    return pager.schedule("anna", "bram")


def test_ones_own_shifts_on_all_schedules(pager: Pager, shop: Schedule, client: Client) -> None:
    pager.schedule("bram", called="Exports")
    found = events(client, feed_of(pager, "bram"))
    assert {str(one["SUMMARY"]) for one in found} == {"Checkout: on call", "Exports: on call"}
    first = next(one for one in found if one.start > START and "Checkout" in one["SUMMARY"])
    assert (first.start, first.end) == (
        datetime(2026, 11, 30, 8, tzinfo=UTC), datetime(2026, 12, 7, 8, tzinfo=UTC),
    )  # fmt: skip
    assert "layer Weekly" in first["DESCRIPTION"]
    assert max(one.end for one in found) <= START + 180 * DAY
    assert min(one.end for one in found) > START - 30 * DAY


def test_a_schedule_shows_everybody_and_who_covers(pager: Pager, shop: Schedule, client: Client) -> None:
    with acting(ENGINE, now=pager.now):
        Override.objects.create(
            schedule=shop, kind="replace", membership=pager.people["marc"], replaces=pager.people["anna"],
            starts_at=START + DAY, ends_at=START + 2 * DAY,
        )  # fmt: skip
    assert summaries(client, feed_of(pager, "carla", shop)) == {
        "Checkout: Anna", "Checkout: Bram", "Checkout: Marc for Anna",
    }  # fmt: skip
    assert "Checkout: on call (for Anna)" in summaries(client, feed_of(pager, "marc"))


def test_names_and_stamps_stay_until_the_rules_change(pager: Pager, shop: Schedule, client: Client) -> None:
    path = feed_of(pager, "anna")
    before = client.get(path)
    pager.clock.move(hours=30)
    after = client.get(path)
    assert after.content == before.content  # to the byte: no time of reading is in it
    assert client.get(path, headers={"If-None-Match": before["ETag"]}).status_code == 304
    changed = pager.now
    with acting(ENGINE, now=changed):
        Override.objects.create(
            schedule=shop, kind="add", membership=pager.people["marc"],
            starts_at=START + 40 * DAY, ends_at=START + 41 * DAY,
        )  # fmt: skip
    pager.clock.move(hours=1)
    old = {str(one["UID"]): one for one in Calendar.from_ical(before.content).walk("VEVENT")}
    new = {str(one["UID"]): one for one in events(client, path)}
    assert new.keys() == old.keys()
    assert {one["DTSTAMP"].dt for one in new.values()} == {changed}
    assert all(new[uid]["SEQUENCE"] > old[uid]["SEQUENCE"] for uid in new)


def test_the_token_is_kept_as_a_hash_and_stays_out_of_logs(pager: Pager, shop: Schedule) -> None:
    path = feed_of(pager, "anna")
    token = path.removeprefix("/ical/").removesuffix(".ics")
    assert len(token) == 52
    assert Door.objects.get(kind="ical").hash == hash_of(token)
    assert not Door.objects.filter(hash=token).exists()
    assert token not in mask(f'GET {path} HTTP/1.1 "200"')


def test_who_is_let_in_and_who_sees_a_missing_page(
    pager: Pager, shop: Schedule, client: Client, world: World
) -> None:
    missing = client.get(MISSING)
    assert missing.status_code == 404
    feeds = {name: feed_of(pager, name) for name in ("anna", "bram", "carla")}
    found = client.get(feeds["anna"])
    assert found["Cache-Control"] == "private, no-store"
    assert not found.cookies
    assert client.head(feeds["anna"]).status_code == 200
    assert client.post(feeds["anna"]).status_code == 405

    anna: Membership = pager.people["anna"]
    revoke_feed(
        feed=CalendarFeed.objects.get(membership=pager.people["carla"]), actor=anna.as_actor(), now=START
    )
    end_membership(membership=pager.people["bram"], actor=anna.as_actor(), now=START)
    for name in ("carla", "bram"):
        gone = client.get(feeds[name])
        assert (gone.status_code, gone.content) == (404, missing.content)
    assert Door.objects.filter(kind="ical").count() == 1
    with acting(ENGINE, now=START):
        tenant = Tenant.objects.get(pk=world.acme.tenant.pk)
        tenant.closed_at = START
        tenant.save()
    assert client.get(feeds["anna"]).content == missing.content


def test_nothing_moves_when_it_is_read_but_when_it_was(pager: Pager, shop: Schedule, client: Client) -> None:
    path = feed_of(pager, "anna")
    versions = CalendarFeed.history.model.objects.count()
    client.get(path)
    pager.clock.move(minutes=1)
    client.get(path)
    assert CalendarFeed.objects.get().read_at == START
    assert CalendarFeed.history.model.objects.count() == versions


def test_whoever_asks_too_often_waits(pager: Pager, shop: Schedule, client: Client) -> None:
    path = feed_of(pager, "anna")
    answers = [client.get(path).status_code for _ in range(61)]
    assert (answers[59], answers[60]) == (200, 429)
    pager.clock.move(minutes=16)
    assert client.get(path).status_code == 200


def test_a_feed_is_made_for_oneself(pager: Pager, shop: Schedule) -> None:
    with pytest.raises(ValidationError):
        make_feed(
            membership=pager.people["bram"], schedule=None, actor=pager.people["anna"].as_actor(), now=START
        )


def test_another_tenants_schedule_is_a_missing_one(
    pager: Pager, shop: Schedule, world: World, in_scope: Callable[[Tenant], AbstractContextManager[None]]
) -> None:
    olga = world.other.members["olga"]
    with in_scope(world.other.tenant), pytest.raises(ValidationError):
        make_feed(membership=olga, schedule=shop, actor=olga.as_actor(), now=START)
    feed_of(pager, "anna")
    foreign = CalendarFeed.objects.get()
    with tenant_scope(world.other.tenant.pk):
        assert read_feed(feed_id=foreign.pk, now=START) is None
