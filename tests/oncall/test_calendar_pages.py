"""The pages of the calendar through the door: what they say, what their buttons do, and who may."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import set_urlconf

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from oncall.models import (
    Absence,
    CalendarFeed,
    Holiday,
    Override,
    Rotation,
    Schedule,
    Swap,
    TemporarySchedule,
)
from oncall.operations.resolve import on_call_at
from oncall.operations.schedules import set_participants
from tests.conftest import START
from tests.oncall.conftest import Pager
from tests.people import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def root_urls() -> Any:
    yield
    set_urlconf(None)


@pytest.fixture
def shop(pager: Pager) -> Schedule:
    for name in ("anna", "bram"):
        pager.contact(name)
    return pager.schedule("anna", "bram")


def client_of(world: World, name: str, tenant: str = "acme") -> Client:
    client = Client()
    client.force_login(getattr(world, tenant).members[name].user)
    return client


def words(answer: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text.replace("&#x27;", "'"))


def post(client: Client, path: str, **data: str) -> str:
    answer = client.post(f"/t/acme/{path}", data, follow=True)
    assert answer.status_code == 200, answer.status_code
    return words(answer)


def who(schedule: Schedule, at: datetime) -> list[str]:
    return [str(one.membership) for one in on_call_at(schedule=schedule, at=at)]


def tonight(person: str = "") -> dict[str, str]:
    given = {"start": "2026-11-23T17:00:00Z", "end": "2026-11-24T06:00:00Z"}
    return given | ({"instead": person} if person else {})


def test_my_next_shifts_come_first_then_the_week_of_all(world: World, pager: Pager, shop: Schedule) -> None:
    pager.schedule("bram", called="Exports")
    pager.engine.run()
    said = words(client_of(world, "bram").get("/t/acme/oncall"))
    assert "Your next shifts now, no end in sight Exports" in said  # alone, without any handover
    assert "now, until Mon 30 Nov 09:00 Checkout" in words(client_of(world, "anna").get("/t/acme/oncall"))
    assert "Mon 30 Nov 09:00 to Mon 7 Dec 09:00 Checkout layer Weekly" in said
    assert said.index("Your next shifts") < said.index("Week of 23 Nov 2026")
    assert "Somebody is on call at every moment until 23 Nov 2027." in said


def test_the_list_is_folded(world: World, pager: Pager, shop: Schedule) -> None:
    page = client_of(world, "bram").get("/t/acme/oncall").content.decode()
    assert '<details class="fold card"><summary><h2>The same as a list' in page


def test_every_block_is_a_link_with_a_whole_sentence(world: World, pager: Pager, shop: Schedule) -> None:
    with acting(ENGINE, now=START):
        Override.objects.create(
            schedule=shop, kind="replace", membership=pager.people["bram"], replaces=pager.people["anna"],
            starts_at=START + DAY, ends_at=START + DAY + 4 * HOUR,
        )  # fmt: skip
        Override.objects.create(
            schedule=shop, kind="remove", membership=pager.people["anna"],
            starts_at=START + 2 * DAY, ends_at=START + 2 * DAY + 4 * HOUR,
        )  # fmt: skip
        Holiday.objects.create(day=START.date() + DAY, name="Founders day")
    page = client_of(world, "vera").get(f"/t/acme/oncall/{shop.uid}").content.decode()
    blocks = re.findall(r'<a href="([^"]+)" aria-label="([^"]+)" class="cal-block', page)
    assert all("at=" in link and link.endswith("#shift") for link, _name in blocks)
    names = {name.replace("&#x27;", "'") for _link, name in blocks}
    assert "Bram is on call for Checkout, Tue 24 Nov 11:00 to 15:00: covers for Anna." in names
    assert "Nobody is on call for Checkout, Wed 25 Nov 11:00 to 15:00. Fill it" in names
    assert "Nobody 11:00–15:00" not in page  # too narrow: said below the picture
    assert page.count("Fill it<span") == 2  # once for a desk, once for a phone
    assert "Founders day" in page
    assert "First hour in 365 days without anyone: 25 Nov 11:00." in page
    assert "style=" not in page


def test_a_week_that_is_past_shows_who_it_really_was(world: World, pager: Pager, shop: Schedule) -> None:
    pager.clock.move(days=8)
    set_participants(
        rotation=Rotation.objects.get(schedule=shop),
        memberships=[pager.people["marc"]],
        actor=pager.people["anna"].as_actor(),
        now=pager.now,
    )
    pager.clock.move(days=20)
    past = words(client_of(world, "vera").get(f"/t/acme/oncall/{shop.uid}?from=2026-11-23"))
    assert "Mon 23 Nov 11:00 to Mon 30 Nov 09:00 Anna layer Weekly" in past
    assert "Mon 30 Nov 09:00 to Tue 1 Dec 11:00 Bram layer Weekly" in past
    assert "Nobody" not in past  # before there was a schedule there was no gap in it


def test_a_day_of_25_hours_is_marked(world: World, pager: Pager, shop: Schedule) -> None:
    page = words(client_of(world, "anna").get(f"/t/acme/oncall/{shop.uid}?from=2026-10-19"))
    assert "Sun 25 25 h" in page


def test_on_the_clock_of_the_schedule_or_on_mine(world: World, pager: Pager, shop: Schedule) -> None:
    user = pager.people["bram"].user
    with acting(ENGINE, now=START):
        user.time_zone = "Asia/Tokyo"
        user.save()
    client = client_of(world, "bram")
    assert "Mon 30 Nov 17:00 to" in words(client.get(f"/t/acme/oncall/{shop.uid}"))
    assert "Mon 30 Nov 09:00 to" in words(client.get(f"/t/acme/oncall/{shop.uid}?zone=schedule"))


def test_cover_tonight(world: World, pager: Pager, shop: Schedule) -> None:
    """The block, then the button: and whoever is covered for hears of it. Twice is once."""
    client = client_of(world, "bram")
    sheet = client.get(f"/t/acme/oncall/{shop.uid}?at=2026-11-23T17:00:00Z")
    assert "Cover this" in words(sheet)
    given = tonight(pager.people["anna"].uid)
    assert "You are on call for Checkout then." in post(client, f"oncall/{shop.uid}/do/cover", **given)
    assert "You are on call for Checkout then." in post(client, f"oncall/{shop.uid}/do/cover", **given)
    override = Override.objects.get()
    assert (override.kind, override.replaces) == ("replace", pager.people["anna"])
    assert who(shop, START + 8 * HOUR) == ["Bram"]
    assert who(shop, START + 22 * HOUR) == ["Anna"]
    pager.engine.run()
    assert any("Bram covers for you on Checkout" in sent.body for sent in mail.outbox)

    said = post(client, f"oncall/{shop.uid}/do/uncover", override=override.uid)
    assert "taken back" in said
    assert who(shop, START + 8 * HOUR) == ["Anna"]


def test_i_take_the_pager_with_what_rings(world: World, pager: Pager, shop: Schedule) -> None:
    escalation = pager.start(pager.policy([shop], delay=60))
    marc = client_of(world, "marc")
    page = marc.get(f"/t/acme/oncall/{shop.uid}?at=2026-11-23T10:00:00Z")
    assert "I take the pager, with what rings" in words(page)
    next_week = marc.get(f"/t/acme/oncall/{shop.uid}?at=2026-12-02T10:00:00Z")
    assert "I take the pager" not in words(next_week)
    said = post(marc, f"oncall/{shop.uid}/do/take_pager")
    assert "You have the pager of Checkout, and what was ringing." in said
    assert who(shop, pager.now) == ["Marc"]
    escalation.refresh_from_db()
    assert (escalation.state, str(escalation.acknowledged_by)) == ("acknowledged", "Marc")
    assert "Your role does not allow" in post(client_of(world, "vera"), f"oncall/{shop.uid}/do/take_pager")


def test_only_part_on_the_clock_of_the_picture(world: World, pager: Pager, shop: Schedule) -> None:
    post(
        client_of(world, "bram"), f"oncall/{shop.uid}/do/cover", clock="Europe/Amsterdam",
        start="2026-11-23T20:00", end="2026-11-23T22:00",
    )  # fmt: skip
    override = Override.objects.get()
    assert override.starts_at == datetime(2026, 11, 23, 19, tzinfo=UTC)
    assert override.ends_at == datetime(2026, 11, 23, 21, tzinfo=UTC)


def test_a_gap_is_filled_by_me_or_by_somebody_else(world: World, pager: Pager) -> None:
    empty = pager.schedule(called="Network")
    client = client_of(world, "bram")
    assert "I am on call then" in words(client.get(f"/t/acme/oncall/{empty.uid}?at=2026-11-23T17:00:00Z"))
    post(client, f"oncall/{empty.uid}/do/cover", **tonight())
    post(client, f"oncall/{empty.uid}/do/cover", who=pager.people["marc"].uid,
         start="2026-11-24T06:00:00Z", end="2026-11-24T08:00:00Z")  # fmt: skip
    assert who(empty, START + 8 * HOUR) == ["Bram"]
    assert who(empty, START + 21 * HOUR) == ["Marc"]
    pager.engine.run()
    assert any("Bram put you on call for Network" in sent.body for sent in mail.outbox)


def test_who_was_taken_off_can_fill_the_hole_they_left(world: World, pager: Pager, shop: Schedule) -> None:
    start, end = START + 7 * HOUR, START + 20 * HOUR
    with acting(ENGINE, now=START):
        Override.objects.create(
            schedule=shop, kind="remove", membership=pager.people["anna"], starts_at=start, ends_at=end
        )
    assert who(shop, START + 8 * HOUR) == []
    post(client_of(world, "anna"), f"oncall/{shop.uid}/do/cover", **tonight())
    assert who(shop, START + 8 * HOUR) == ["Anna"]


def test_ask_take_and_give_back(world: World, pager: Pager, shop: Schedule) -> None:
    anna, bram = client_of(world, "anna"), client_of(world, "bram")
    said = post(anna, f"oncall/{shop.uid}/do/ask", who=pager.people["bram"].uid, **tonight())
    assert "Bram was asked." in said
    assert who(shop, START + 8 * HOUR) == ["Anna"]
    pager.engine.run()
    assert any("Anna asks you to take Checkout" in sent.body for sent in mail.outbox)
    swap = Swap.objects.get()
    assert "Take it" in words(bram.get("/t/acme/oncall"))
    assert "Take it" not in words(client_of(world, "marc").get("/t/acme/oncall"))
    assert "You have that shift." in post(bram, f"oncall/{shop.uid}/do/take", swap=swap.uid)
    assert who(shop, START + 8 * HOUR) == ["Bram"]
    assert "by swap with Anna" in bram.get(f"/t/acme/oncall/{shop.uid}").content.decode()
    post(bram, f"oncall/{shop.uid}/do/give_back", swap=swap.uid)
    assert who(shop, START + 8 * HOUR) == ["Anna"]
    post(anna, f"oncall/{shop.uid}/do/withdraw", swap=swap.uid)
    assert "Take it" not in words(bram.get("/t/acme/oncall"))


def test_a_manager_approves(world: World, pager: Pager, shop: Schedule) -> None:
    with acting(ENGINE, now=START):
        shop.swaps_need_approval = True
        shop.save()
    post(client_of(world, "anna"), f"oncall/{shop.uid}/do/ask", **tonight())
    swap = Swap.objects.get()
    post(client_of(world, "bram"), f"oncall/{shop.uid}/do/take", swap=swap.uid)
    assert who(shop, START + 8 * HOUR) == ["Anna"]
    post(client_of(world, "marc"), f"oncall/{shop.uid}/do/approve", swap=swap.uid)
    assert who(shop, START + 8 * HOUR) == ["Bram"]


def test_a_temporary_schedule_is_put_in_place_and_ended(world: World, pager: Pager, shop: Schedule) -> None:
    marc = client_of(world, "marc")
    post(
        marc, f"oncall/{shop.uid}/do/temporary", name="Fair", clock="Europe/Amsterdam",
        start="2026-11-24T09:00", end="2026-11-26T09:00", **{"who-1": pager.people["carla"].uid},
    )  # fmt: skip
    assert who(shop, START + DAY) == ["Carla"]
    page = marc.get(f"/t/acme/oncall/{shop.uid}").content.decode()
    assert (
        "Carla is on call for Checkout, Tue 24 Nov 09:00 to Thu 26 Nov 09:00: temporary schedule Fair."
        in page
    )
    post(marc, f"oncall/{shop.uid}/do/end_temporary", temporary=TemporarySchedule.objects.get().uid)
    assert who(shop, START + DAY) == ["Anna"]


def test_when_i_am_away(world: World, pager: Pager, shop: Schedule) -> None:
    anna = client_of(world, "anna")
    said = post(
        anna, "oncall/calendars/do/away", start="2026-11-24T00:00", end="2026-11-26T00:00", note="skiing"
    )
    assert "rotations pass you over" in said
    assert who(shop, START + DAY) == ["Bram"]
    page = anna.get(f"/t/acme/oncall/{shop.uid}").content.decode()
    assert "layer Weekly; Anna is away." in page
    post(anna, "oncall/calendars/do/back", absence=Absence.objects.get().uid)
    assert who(shop, START + DAY) == ["Anna"]


def test_a_feed_is_shown_once_and_revoked(world: World, pager: Pager, shop: Schedule) -> None:
    anna = client_of(world, "anna")
    made = anna.post("/t/acme/oncall/calendars/do/feed", {"schedule": shop.uid})
    address = re.search(r"/ical/[a-z2-7]{52}\.ics", made.content.decode())
    assert address is not None
    assert made["Cache-Control"] == "private, no-store"
    assert Client().get(address[0]).status_code == 200
    assert address[0] not in anna.get("/t/acme/oncall/calendars").content.decode()
    post(anna, "oncall/calendars/do/revoke", feed=CalendarFeed.objects.get().uid)
    assert Client().get(address[0]).status_code == 404


def test_who_may_look_and_who_may_cover(world: World, pager: Pager, shop: Schedule) -> None:
    vera = client_of(world, "vera")
    page = words(vera.get(f"/t/acme/oncall/{shop.uid}?at=2026-11-23T17:00:00Z"))
    assert "Cover this" not in page
    said = post(vera, f"oncall/{shop.uid}/do/cover", **tonight(pager.people["anna"].uid))
    assert "role" in said
    assert not Override.objects.exists()
    assert "Temporary schedule" not in words(client_of(world, "bram").get(f"/t/acme/oncall/{shop.uid}"))


def test_the_outsider_finds_nothing(world: World, pager: Pager, shop: Schedule) -> None:
    olga = client_of(world, "olga", "other")
    assert olga.get(f"/t/acme/oncall/{shop.uid}").status_code == 404
    missing = olga.get("/t/other/oncall/AAAAAAAAAAAA")
    foreign = olga.get(f"/t/other/oncall/{shop.uid}")
    assert (foreign.status_code, foreign.content) == (404, missing.content)
    answer = olga.post(f"/t/other/oncall/{shop.uid}/do/cover", tonight())
    assert answer.status_code == 404
    assert not Override.objects.exists()


@pytest.mark.parametrize(
    "query",
    ["from=x", "from=0001-01-01", "from=9999-12-31", "at=x", "at=0001-01-01T00:00:00Z", "at=%00", "zone=%00",
     "from=2026-13-45", "at=2026-11-23T17:00:00", "from=2099-12-28", "at=2099-12-31T00:00:00Z"],
)  # fmt: skip
def test_nonsense_is_the_usual_week(world: World, pager: Pager, shop: Schedule, query: str) -> None:
    for path in ("oncall", f"oncall/{shop.uid}"):
        assert client_of(world, "anna").get(f"/t/acme/{path}?{query}").status_code == 200


@pytest.mark.parametrize("given", [{}, {"start": "x", "end": "y"}, {"start": "\0", "end": "\0", "who": "\0"}])
def test_a_form_without_sense_is_said(
    world: World, pager: Pager, shop: Schedule, given: dict[str, str]
) -> None:
    anna = client_of(world, "anna")
    for deed in ("cover", "ask", "uncover", "take", "temporary", "end_temporary"):
        answer = anna.post(f"/t/acme/oncall/{shop.uid}/do/{deed}", given, follow=True)
        assert 'class="error"' in answer.content.decode(), deed
    assert anna.post(f"/t/acme/oncall/{shop.uid}/do/nothing").status_code == 404


def test_a_fixed_number_of_statements(
    world: World, pager: Pager, shop: Schedule, django_assert_max_num_queries: Any
) -> None:
    client = client_of(world, "bram")
    with django_assert_max_num_queries(30) as few:
        client.get("/t/acme/oncall")
    for at in range(10):
        pager.schedule("anna", "bram", called=f"Schedule {at}")
    with django_assert_max_num_queries(30) as many:
        client.get("/t/acme/oncall")
    assert len(many) == len(few)
