"""The acknowledge page: answering without signing in, at 03:07, by whoever holds the link."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, Phase
from incidents.operations.calls import call_in
from incidents.operations.declaring import declare_incident
from incidents.operations.ingest import take_in
from oncall.models import Escalation, EscalationState, Page
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.people import World

MOST_BYTES = 15_000


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


@pytest.fixture
def paged(stage: Stage, engine: Engine, moved_clock: MovedClock) -> str:
    """An alert at 11:00 paged Bram; the address in his mail."""
    body = b'{"summary": "Payments fail", "source": "api", "severity": "critical"}'
    with tenant_scope(stage.world.acme.tenant.pk):
        take_in(source_id=stage.source.pk, format="json", body=body, now=moved_clock.now())
        engine.run()
        return address_of("bram", stage)


def address_of(name: str, stage: Stage) -> str:
    page = Page.objects.filter(membership=stage.world.acme.members[name]).order_by("-id")[0]
    return f"/p/{page.token}"


def read(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return words(response)


def words(response: Any) -> str:
    """The page as people read it: without tags, white space folded."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def press(client: Client, address: str, do: str, **fields: str) -> str:
    response = client.post(address, {"do": do, **fields}, follow=True)
    assert response.status_code == 200, words(response)
    return words(response)


def escalation(stage: Stage) -> Escalation:
    with tenant_scope(stage.world.acme.tenant.pk):
        return Escalation.objects.order_by("id").first()


def incident(stage: Stage) -> Incident:
    with tenant_scope(stage.world.acme.tenant.pk):
        return Incident.objects.order_by("id").first()


def test_it_says_what_and_since_when_and_who_is_next(client: Client, paged: str) -> None:
    shown = read(client, paged)
    for said in (
        "SEV1",
        "INC-1",
        "Payments fail",
        "Checkout",
        "since 11:00",
        "If you do nothing: Anna at 11:05",
    ):
        assert said in shown
    assert "This page is for Bram." in shown
    assert "Not me: page Anna now" in shown


def test_the_first_form_acknowledges_and_the_whole_is_small(client: Client, paged: str) -> None:
    response = client.get(paged)
    html = response.content.decode()
    assert re.search(r"<form.*?</form>", html, re.S).group().count('value="ack"') == 1
    files = [Path(finders.find(f"incidents/{name}")) for name in ("page.css", "page.js")]
    assert len(response.content) + sum(file.stat().st_size for file in files) < MOST_BYTES
    assert re.findall(r"(?:src|href)=\"(/static/[^\"]+)\"", html) == [
        "/static/incidents/page.css",
        "/static/incidents/page.js",
    ]


def test_it_is_kept_by_nobody_and_tells_nobody_where_it_was(client: Client, paged: str) -> None:
    response = client.get(paged)
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert "noindex" in response.content.decode()


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_link_changes_nothing(client: Client, paged: str, stage: Stage, method: str) -> None:
    before = escalation(stage)
    getattr(client, method)(paged)
    getattr(client, method)(paged + "?do=ack")
    after = escalation(stage)
    assert (after.state, after.turn, after.next_step_at) == (before.state, before.turn, before.next_step_at)
    assert incident(stage).acknowledged_at is None


def test_ive_got_it_stops_the_paging_and_says_who_was_spared(
    client: Client, paged: str, stage: Stage
) -> None:
    shown = press(client, paged, "ack")
    assert "You have it, 11:00." in shown
    assert "Anna was not called." in shown
    assert "Open the incident room" in shown
    assert escalation(stage).state == EscalationState.ACKNOWLEDGED


def test_a_second_tap_is_the_same_answer(client: Client, paged: str, stage: Stage) -> None:
    press(client, paged, "ack")
    once = escalation(stage)
    assert "You have it" in press(client, paged, "ack")
    twice = escalation(stage)
    assert (once.turn, once.acknowledged_at) == (twice.turn, twice.acknowledged_at)


def test_not_me_pages_the_next_at_once(
    client: Client, paged: str, stage: Stage, engine: Engine, moved_clock: MovedClock
) -> None:
    moved_clock.move(seconds=30)
    press(client, paged, "pass_on", drawn=moved_clock.now().isoformat())
    with tenant_scope(stage.world.acme.tenant.pk):
        engine.run()
        assert [str(page.membership) for page in Page.objects.order_by("id")] == ["Bram", "Anna"]


def test_a_late_not_me_skips_nobody(
    client: Client, paged: str, stage: Stage, engine: Engine, moved_clock: MovedClock
) -> None:
    """Bram's page was drawn at 11:00. Anna was called at 11:05. He answers it at 11:06."""
    drawn = moved_clock.now().isoformat()
    engine.run_until(moved_clock.now() + timedelta(minutes=6))
    before = escalation(stage).next_step_at
    press(client, paged, "pass_on", drawn=drawn)
    assert escalation(stage).next_step_at == before


def test_undo_pages_again_for_ten_minutes_and_not_later(
    client: Client, paged: str, stage: Stage, moved_clock: MovedClock
) -> None:
    assert "Undo (10 min left)" in press(client, paged, "ack")
    moved_clock.move(minutes=9)
    press(client, paged, "undo")
    assert escalation(stage).state == EscalationState.PAGING
    press(client, paged, "ack")
    moved_clock.move(minutes=11)
    assert "Undo" not in read(client, paged)
    response = client.post(paged, {"do": "undo"})
    assert response.status_code == 409
    assert "Undo works for 10 minutes." in words(response)
    assert escalation(stage).state == EscalationState.ACKNOWLEDGED


def test_a_false_alarm_leaves_nothing_for_tonight_and_can_be_undone(
    client: Client, paged: str, stage: Stage, moved_clock: MovedClock
) -> None:
    moved_clock.move(hours=15)  # two in the night
    press(client, paged, "ack")
    shown = press(client, paged, "false_alarm")
    assert "False alarm" in shown
    assert "Nothing left for you tonight." in shown
    assert incident(stage).phase == Phase.CANCELLED
    press(client, paged, "undo")
    assert incident(stage).is_open


def test_what_is_confirmed_is_no_false_alarm_from_here(client: Client, stage: Stage, engine: Engine) -> None:
    declared(stage, engine)
    assert "False alarm" not in press(client, address_in(stage, "bram"), "ack")


def test_snoozed_is_quiet_for_a_quarter_and_then_pages_again(
    client: Client, paged: str, stage: Stage, engine: Engine, moved_clock: MovedClock
) -> None:
    press(client, paged, "ack")
    assert "Quiet until 11:15." in press(client, paged, "snooze")
    engine.run_until(moved_clock.now() + timedelta(minutes=16))
    assert escalation(stage).state == EscalationState.PAGING


def test_what_another_has_is_said_and_joined(
    client: Client, paged: str, stage: Stage, engine: Engine, moved_clock: MovedClock
) -> None:
    engine.run_until(moved_clock.now() + timedelta(minutes=6))
    press(client, address_in(stage, "anna"), "ack")
    shown = read(client, paged)
    assert "Anna has it since 11:06." in shown
    for _again in range(2):
        press(client, paged, "join")
    with tenant_scope(stage.world.acme.tenant.pk):
        joined = incident(stage).timeline.filter(text="Bram joins too.")
        assert joined.count() == 1


def test_over_says_so_and_offers_nothing(
    client: Client, paged: str, stage: Stage, moved_clock: MovedClock
) -> None:
    press(client, paged, "ack")
    press(client, paged, "false_alarm")
    moved_clock.move(minutes=11)
    response = client.get(paged)
    assert "Nothing to do." in words(response)
    assert b"<form" not in response.content


def test_an_old_link_answers_nothing(
    client: Client, paged: str, stage: Stage, moved_clock: MovedClock
) -> None:
    with tenant_scope(stage.world.acme.tenant.pk), acting(ENGINE, now=moved_clock.now()):
        Page.objects.update(expires_at=moved_clock.now() - timedelta(seconds=1))
    shown = press(client, paged, "ack")
    assert "This link is old. The incident is open: sign in." in shown
    assert escalation(stage).state == EscalationState.PAGING


@pytest.mark.parametrize("address", ["/p/AAAAAAAAAAAA", "/p/short", "/p/AAAAAAAAAAAA/more", "/p/"])
def test_a_wrong_link_is_a_missing_page(client: Client, paged: str, address: str) -> None:
    for method in (client.get, client.post):
        assert method(address).status_code == 404
    assert client.get("/p/AAAAAAAAAAAA").content == client.get("/p/BBBBBBBBBBBB").content


def test_who_has_left_holds_a_dead_link(
    client: Client, paged: str, stage: Stage, moved_clock: MovedClock
) -> None:
    bram = stage.world.acme.members["bram"]
    with tenant_scope(stage.world.acme.tenant.pk), acting(ENGINE, now=moved_clock.now()):
        bram.ended_at = moved_clock.now()
        bram.save()
    assert client.post(paged, {"do": "ack"}).status_code == 404
    assert escalation(stage).state == EscalationState.PAGING


def test_who_is_switched_off_holds_a_dead_link(
    client: Client, paged: str, stage: Stage, moved_clock: MovedClock
) -> None:
    bram = stage.world.acme.members["bram"]
    bram.user.is_active = False
    with acting(ENGINE, now=moved_clock.now()):
        bram.user.save()
    assert client.get(paged).status_code == 404
    for deed in ("ack", "false_alarm"):
        assert client.post(paged, {"do": deed}).status_code == 404
    assert escalation(stage).state == EscalationState.PAGING
    assert bram.grants == frozenset()


def test_a_private_incident_has_no_title_here(client: Client, stage: Stage, engine: Engine) -> None:
    declared(stage, engine, private=True)
    response = client.get(address_in(stage, "bram"))
    assert "Private incident. Sign in to read it." in words(response)
    for secret in (b"Payments fail", b"Checkout"):
        assert secret not in response.content


def test_it_is_in_the_persons_own_zone_and_language(
    client: Client, paged: str, stage: Stage, moved_clock: MovedClock
) -> None:
    user = stage.world.acme.members["bram"].user
    user.time_zone = "America/New_York"
    with acting(ENGINE, now=moved_clock.now()):
        user.save()
    assert "since 05:00 EST" in read(client, paged)


def test_pages_that_folded_into_this_one_are_taken_with_it(
    client: Client, paged: str, stage: Stage, engine: Engine, moved_clock: MovedClock
) -> None:
    with tenant_scope(stage.world.acme.tenant.pk):
        anna = stage.world.acme.members["anna"]
        bram = stage.world.acme.members["bram"]
        other = declare_incident(
            text="Exports fail",
            service=stage.exports,
            severity=stage.severities[2],
            found_by="team",
            declared_by=anna,
            actor=anna.as_actor(),
            now=moved_clock.now(),
        )
        call_in(incident=other, people=[bram], actor=anna.as_actor(), now=moved_clock.now())
        engine.run()
    html = client.get(paged).content.decode()
    assert "I&#x27;ve got all 2" in html or "I've got all 2" in html
    also = re.search(r'name="also" value="([^"]+)"', html).group(1)
    press(client, paged, "ack", also=also)
    with tenant_scope(stage.world.acme.tenant.pk):
        mine = Escalation.objects.filter(acknowledged_by=bram)
        assert {e.card.key for e in mine} == {"INC-1", "INC-2"}
    assert "One incident: merge the other" in read(client, paged)
    press(client, paged, "one_incident")
    with tenant_scope(stage.world.acme.tenant.pk):
        other.refresh_from_db()
        assert (other.phase, other.merged_into.key) == (Phase.MERGED, "INC-1")
    assert "One incident" not in read(client, paged)


def declared(stage: Stage, engine: Engine, **given: Any) -> Incident:
    anna = stage.world.acme.members["anna"]
    with tenant_scope(stage.world.acme.tenant.pk):
        made = declare_incident(
            text="Payments fail",
            service=stage.checkout,
            severity=stage.severities[1],
            found_by="team",
            declared_by=anna,
            actor=anna.as_actor(),
            now=engine.clock.now(),
            **given,
        )
        engine.run()
    return made


def address_in(stage: Stage, name: str) -> str:
    with tenant_scope(stage.world.acme.tenant.pk):
        return address_of(name, stage)
