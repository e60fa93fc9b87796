"""Every button of the room: what it does, once; who may press it; what a refusal says."""

import re
from typing import Any

import pytest
from django.test import Client

from config.tenancy.scoping import tenant_scope
from incidents.models import (
    Call,
    Channel,
    EntryKind,
    Incident,
    Message,
    Once,
    Phase,
    RoleAssignment,
    TimelineEntry,
)
from incidents.views.deeds import DEEDS
from oncall.models import Escalation, EscalationState
from statuspage.models import Component
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.test_room_view import as_, declared, words
from tests.people import World

ROOM = "/t/acme/i/1"


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


@pytest.fixture
def incident(stage: Stage, engine: Engine) -> Incident:
    """Declared by Anna, paging Bram."""
    return declared(stage, engine)


@pytest.fixture
def unconfirmed(stage: Stage, engine: Engine) -> Incident:
    return declared(stage, engine, not_sure=True)


@pytest.fixture
def bram(client: Client, stage: Stage) -> Client:
    return as_(client, stage, "bram")


def press(client: Client, deed: str, *, number: int = 1, **fields: Any) -> Any:
    """Presses a button without script; what came of it stands on the page it goes back to."""
    return client.post(f"/t/acme/i/{number}/do/{deed}", fields, follow=True)


def read_by_anna(stage: Stage) -> None:
    """A second person reads Bram's words to customers, and publishes them."""
    with tenant_scope(stage.world.acme.tenant.pk):
        waiting = Message.objects.get(published_at=None)
    anna = as_(Client(SERVER_NAME="localhost"), stage, "anna")
    assert (
        press(anna, "approve", message=waiting.uid, as_of=waiting.written_at.isoformat()).status_code == 200
    )


def fresh(incident: Incident, stage: Stage) -> Incident:
    with tenant_scope(stage.world.acme.tenant.pk):
        return Incident.objects.select_related("severity", "notice").get(pk=incident.pk)


# --- what each does -----------------------------------------------------------------------------------------
def test_ive_got_it(bram: Client, incident: Incident, stage: Stage) -> None:
    response = press(bram, "acknowledge")
    assert response.redirect_chain == [(ROOM, 303)]
    assert "You have it." in words(response)
    assert fresh(incident, stage).acknowledged_at is not None


def test_not_me_pages_the_next(bram: Client, incident: Incident, stage: Stage, engine: Engine) -> None:
    press(bram, "pass_on")
    with tenant_scope(stage.world.acme.tenant.pk):
        engine.run()
        assert {str(page.membership) for page in Escalation.objects.order_by("id")[0].pages.all()} == {
            "Anna",
            "Bram",
        }


def test_undo_gives_it_back(bram: Client, incident: Incident, stage: Stage) -> None:
    press(bram, "acknowledge")
    press(bram, "undo")
    assert fresh(incident, stage).acknowledged_at is None


@pytest.mark.parametrize(("said", "notice"), [("yes", True), ("no", False), ("", None)])
def test_is_it_real(
    bram: Client, unconfirmed: Incident, stage: Stage, said: str, notice: bool | None
) -> None:
    press(bram, "acknowledge")
    press(bram, "confirm", customers_notice=said)
    now = fresh(unconfirmed, stage)
    assert now.confirmed_at is not None
    assert now.customers_notice is notice


def test_a_false_alarm_and_its_undo(bram: Client, unconfirmed: Incident, stage: Stage) -> None:
    press(bram, "false_alarm")
    assert fresh(unconfirmed, stage).phase == Phase.CANCELLED
    press(bram, "undo_cancel")
    assert fresh(unconfirmed, stage).is_open


def test_snooze_and_page_now(bram: Client, incident: Incident, stage: Stage) -> None:
    press(bram, "acknowledge")
    press(bram, "snooze", minutes="60")
    with tenant_scope(stage.world.acme.tenant.pk):
        assert Escalation.objects.order_by("id")[0].state == EscalationState.SNOOZED


def test_raising_is_one_tap_and_lowering_asks_why(bram: Client, incident: Incident, stage: Stage) -> None:
    low, high = stage.severities[2].uid, stage.severities[1].uid
    response = press(bram, "severity", severity=low)
    assert response.status_code == 422
    press(bram, "severity", severity=low, reason="Less impact than thought")
    assert fresh(incident, stage).severity_word == "SEV2"
    press(bram, "severity", severity=high)
    assert fresh(incident, stage).severity_word == "SEV1"


def test_places_are_set_and_an_empty_field_keeps_what_was(
    bram: Client, incident: Incident, stage: Stage
) -> None:
    press(bram, "places", video="https://meet.acme.test/x", chat="")
    press(bram, "places", room="Second floor", video="")
    with tenant_scope(stage.world.acme.tenant.pk):
        places = dict(Channel.objects.filter(incident=incident).values_list("kind", "place"))
    assert places["video"] == "https://meet.acme.test/x"
    assert places["room"] == "Second floor"
    assert press(bram, "places").status_code == 422


def test_roles_are_taken_given_and_handed_over(bram: Client, incident: Incident, stage: Stage) -> None:
    anna = stage.world.acme.members["anna"]
    press(bram, "take_role", role=stage.roles["tech_lead"].uid)
    press(bram, "accept_role", role=stage.roles["tech_lead"].uid)
    press(bram, "give_role", role=stage.roles["manager"].uid, person=anna.uid, say="yours now")
    with tenant_scope(stage.world.acme.tenant.pk):
        held = RoleAssignment.objects.filter(incident=incident, ended_at=None)
        assert {(str(one.role), str(one.membership)) for one in held} == {
            ("Tech lead", "Bram"),
            ("Manager", "Anna"),
        }


def test_people_roles_and_teams_are_called_in(bram: Client, incident: Incident, stage: Stage) -> None:
    carla = stage.world.acme.members["carla"]
    response = press(bram, "call_in", person=[carla.uid], message="please write the words")
    assert "1 call goes out." in words(response)
    assert "please write the words" in words(response)
    assert press(bram, "call_in").status_code == 422


def test_a_note_now_and_a_late_entry(
    bram: Client, incident: Incident, stage: Stage, moved_clock: MovedClock
) -> None:
    press(bram, "note", text="The replica lags", kind="observation")
    press(bram, "note", text="It began here", at="10:20")
    with tenant_scope(stage.world.acme.tenant.pk):
        seen = TimelineEntry.objects.get(kind=EntryKind.OBSERVATION)
        late = TimelineEntry.objects.get(text="It began here")
    assert seen.text == "The replica lags"
    # 10:20 in Amsterdam, written at 11:00
    assert f"{late.occurred_at:%H:%M}" == "09:20"
    assert late.recorded_at == moved_clock.now()


def test_a_wall_clock_ahead_of_now_was_yesterday(
    bram: Client, incident: Incident, stage: Stage, moved_clock: MovedClock
) -> None:
    press(bram, "note", text="Last night", at="23:30")
    with tenant_scope(stage.world.acme.tenant.pk):
        late = TimelineEntry.objects.get(text="Last night")
    assert (moved_clock.now() - late.occurred_at).days == 0
    assert late.occurred_at < moved_clock.now()


def test_the_sentence_on_top(bram: Client, incident: Incident, stage: Stage) -> None:
    assert "Roll back 4.2" in words(press(bram, "now_line", text="Roll back 4.2"))


def test_both_audiences_are_told_in_one_tap(
    bram: Client, incident: Incident, stage: Stage, engine: Engine
) -> None:
    component = stage.components["Checkout"]
    press(
        bram,
        "tell",
        to="both",
        status="identified",
        external="Paying fails. We know why.",
        internal="The database is full.",
        next="30",
        **{f"component-{component.uid}": "major_outage"},
    )
    assert fresh(incident, stage).first_external_at is None
    read_by_anna(stage)
    now = fresh(incident, stage)
    assert now.first_external_at is not None
    assert now.first_internal_at is not None
    with tenant_scope(stage.world.acme.tenant.pk):
        engine.run()
        assert Component.objects.get(pk=component.pk).status == "major_outage"
        bodies = dict(Message.objects.filter(incident=incident).values_list("audience", "body"))
    assert bodies == {"external": "Paying fails. We know why.", "internal": "The database is full."}


def test_telling_both_with_one_text_missing_tells_nobody(
    bram: Client, incident: Incident, stage: Stage
) -> None:
    response = press(bram, "tell", to="both", status="identified", external="Paying fails.", internal="")
    assert response.status_code == 422
    with tenant_scope(stage.world.acme.tenant.pk):
        assert not Message.objects.filter(published_at__isnull=False).exists()


def test_same_as_before_tells_again(bram: Client, incident: Incident, stage: Stage) -> None:
    press(bram, "tell", to="external", status="identified", external="Paying fails.")
    read_by_anna(stage)
    for _again in range(2):
        response = press(bram, "same_as_before")
    assert "Still as before: Paying fails." in words(response)
    assert "Still as before: Still as before" not in words(response)


def test_not_yet_asks_again_later(bram: Client, incident: Incident, stage: Stage) -> None:
    press(bram, "acknowledge")
    press(bram, "later", question="tell", minutes="10")
    assert "tell" in fresh(incident, stage).put_off
    assert press(bram, "later", question="nonsense", minutes="10").status_code == 422
    assert press(bram, "later", question="tell", minutes="-5").status_code == 422


def test_impact_over_then_resolve_then_close_then_reopen(
    bram: Client, incident: Incident, stage: Stage
) -> None:
    press(bram, "acknowledge")
    press(bram, "impact_over", at="now")
    press(bram, "resolve", over="1", imminent="1", send="later")
    assert fresh(incident, stage).phase == Phase.RESOLVED
    press(bram, "close", waived="nobody noticed")
    assert fresh(incident, stage).phase == Phase.CLOSED
    press(bram, "reopen", reason="it is back")
    assert fresh(incident, stage).is_open


def test_merging_and_taking_apart(bram: Client, incident: Incident, stage: Stage, engine: Engine) -> None:
    other = declared(stage, engine, text="The same again")
    press(bram, "merge", number=2, into="1")
    assert fresh(other, stage).phase == Phase.MERGED
    press(bram, "unmerge", number=2)
    assert fresh(other, stage).is_open
    assert press(bram, "merge", number=2, into="77").status_code == 422


# --- once -----------------------------------------------------------------------------------------------
def test_a_form_that_arrives_twice_is_one_deed(bram: Client, incident: Incident, stage: Stage) -> None:
    for _again in range(2):
        response = press(bram, "note", text="only once", once="token-1")
        assert response.status_code == 200
    press(bram, "note", text="only once", once="token-2")
    with tenant_scope(stage.world.acme.tenant.pk):
        assert TimelineEntry.objects.filter(text="only once").count() == 2


def test_a_refused_form_can_be_sent_again(bram: Client, incident: Incident, stage: Stage) -> None:
    press(bram, "acknowledge")
    assert press(bram, "resolve", once="token-3", send="later").status_code == 409
    press(bram, "resolve", once="token-3", over="1", imminent="1", send="later")
    assert fresh(incident, stage).phase == Phase.RESOLVED
    with tenant_scope(stage.world.acme.tenant.pk):
        assert Once.objects.filter(token="token-3").count() == 1


def test_every_form_carries_a_token_of_its_own(bram: Client, incident: Incident) -> None:
    html = bram.get(ROOM).content.decode()
    tokens = re.findall(r'name="once" value="([^"]+)"', html)
    assert len(tokens) == html.count('<form method="post" action="/t/acme/i/1/do/')
    assert len(set(tokens)) == len(tokens)


# --- refused --------------------------------------------------------------------------------------------
def test_a_refusal_says_what_is_missing_and_keeps_the_words(bram: Client, incident: Incident) -> None:
    response = press(bram, "resolve", send="both", external="All is well.", internal="Thanks to all.")
    assert response.status_code == 409
    html = response.content.decode()
    for said in ("There is no incident manager yet.", "Nobody has said yet that the impact is over."):
        assert said in html
    assert "All is well." in html
    assert "Thanks to all." in html


def test_to_htmx_a_refusal_is_only_its_words(bram: Client, incident: Incident) -> None:
    response = bram.post(f"{ROOM}/do/resolve", {"send": "later"}, headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert b"data-refused" in response.content
    assert b"<html" not in response.content


def test_to_htmx_a_deed_answers_with_the_fresh_parts(bram: Client, incident: Incident) -> None:
    response = bram.post(f"{ROOM}/do/acknowledge", {}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert b"data-said" in response.content
    assert b'id="r-people"' in response.content
    assert b"<html" not in response.content
    again = bram.get(f"{ROOM}/live", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


def call_uid(stage: Stage) -> str:
    with tenant_scope(stage.world.acme.tenant.pk):
        return str(Call.objects.first().uid)


# Who may declare may also say "the same here": `case`.
@pytest.mark.parametrize("deed", sorted(set(DEEDS) - {"case", "tell", "same_as_before"}))
def test_who_reads_along_cannot_press(client: Client, stage: Stage, incident: Incident, deed: str) -> None:
    fields = {
        "severity": stage.severities[1].uid,
        "role": stage.roles["tech_lead"].uid,
        "person": stage.world.acme.members["anna"].uid,
        "text": "words",
        "reason": "words",
        "room": "here",
        "question": "tell",
        "into": "1",
        "minutes": "10",
        "call": call_uid(stage),
    }
    before = fresh(incident, stage)
    response = as_(client, stage, "vera").post(f"{ROOM}/do/{deed}", fields)
    assert response.status_code in {403, 409}, words(response)
    after = fresh(incident, stage)
    assert (before.phase, before.severity_id, before.now_line) == (
        after.phase,
        after.severity_id,
        after.now_line,
    )
    with tenant_scope(stage.world.acme.tenant.pk):
        assert not TimelineEntry.objects.filter(actor_label="Vera").exists()


def test_who_reads_along_cannot_tell(client: Client, stage: Stage, incident: Incident) -> None:
    as_(client, stage, "vera")
    response = press(client, "tell", to="external", status="identified", external="Paying fails.")
    assert response.status_code == 403
    assert fresh(incident, stage).first_external_at is None


@pytest.mark.parametrize("deed", sorted(DEEDS))
def test_an_outsider_finds_no_button(client: Client, stage: Stage, incident: Incident, deed: str) -> None:
    as_(client, stage, "olga")
    assert client.post(f"/t/acme/i/1/do/{deed}", {"text": "x"}).status_code == 404
    assert client.post(f"/t/other/i/1/do/{deed}", {"text": "x"}).status_code == 404


def test_a_foreign_choice_does_not_exist_here(bram: Client, stage: Stage, incident: Incident) -> None:
    olga = stage.world.other.members["olga"]
    response = press(bram, "give_role", role=stage.roles["tech_lead"].uid, person=olga.uid)
    assert response.status_code == 422
    assert "That choice does not exist here." in words(response)


def test_a_deed_that_is_none_is_missing(bram: Client, incident: Incident) -> None:
    assert bram.post(f"{ROOM}/do/explode").status_code == 404


def test_a_form_from_elsewhere_is_refused(stage: Stage, incident: Incident) -> None:
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    as_(strict, stage, "bram")
    assert strict.post(f"{ROOM}/do/acknowledge").status_code == 403
    assert fresh(incident, stage).acknowledged_at is None


def test_the_big_button_tells_whoever_has_heard_nothing(
    bram: Client, incident: Incident, stage: Stage
) -> None:
    def big() -> str:
        html = bram.get(ROOM).content.decode()
        sheet = html[html.index('id="sheet-tell"') :]
        return re.findall(r'name="to" value="(\w+)"', sheet)[0]

    assert big() == "both"
    press(bram, "tell", to="external", status="identified", external="Paying fails.")
    assert big() == "internal"
    read_by_anna(stage)
    assert big() == "internal"
    press(bram, "tell", to="internal", internal="The database is full.")
    assert big() == "both"
