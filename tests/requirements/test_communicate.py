"""Phase 4 and the last words, through the room and the API (R21 to R27, R42 to R44). N5: test_four_eyes."""

from datetime import timedelta
from typing import Any

from django.core import mail
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.models import ActionItem, Answer, MessageTemplate, Stakeholder, TimelineEntry
from incidents.operations.advancing import put_off
from incidents.operations.cancelling import cancel
from incidents.operations.channels import open_usual_room
from incidents.operations.declaring import declare_incident
from incidents.operations.roles import give_role
from statuspage.models import Notice, StatusPage, Update
from tests.browser.stage import Stage
from tests.conftest import Engine
from tests.requirements.night import ROOM, START, Night, night, stage

__all__ = ["night", "stage"]


# --- telling people fast --------------------------------------------------------------------------------
def test_r21_both_audiences_hear_by_one_button_and_the_moments_are_kept(night: Night) -> None:
    assert night.next_of("bram")["code"] in {"call_in", "tell"}
    night.engine.clock.move(minutes=6)
    response = night.press("bram", "tell", to="both", external=START, internal="We are on it.")
    assert "Told." in response.content.decode()
    row = night.row()
    assert row.confirmed_at is not None
    assert row.first_internal_at == row.first_external_at == night.now
    assert row.first_external_at - row.confirmed_at == timedelta(minutes=6)


def test_r21_a_false_alarm_is_an_exit_and_what_was_told_is_taken_back_by_the_manager(night: Night) -> None:
    night.press("carla", "tell", to="external", external=START)
    with tenant_scope(night.tenant.pk):
        bram = night.members["bram"].as_actor()
        cancel(incident=night.row(), reason="false_alarm", actor=bram, now=night.now)
    assert night.next_of("anna")["code"] == "withdraw"
    refused = night.press("carla", "withdraw")
    assert refused.status_code == 409
    assert "Bram" in refused.content.decode()
    night.press("bram", "withdraw")
    with tenant_scope(night.tenant.pk):
        notice = Notice.objects.get()
        assert notice.status == "resolved"
        assert "false alarm" in notice.updates.order_by("-id")[0].body


def test_r21_a_promised_update_is_chased_once_in_ten_minutes(night: Night) -> None:
    with tenant_scope(night.tenant.pk):
        carla = night.members["carla"]
        bram = night.members["bram"].as_actor()
        role = night.stage.roles["comms"]
        give_role(incident=night.row(), role=role, membership=carla, actor=bram, now=night.now)
    night.press("carla", "tell", to="external", external=START, next="30")
    assert night.row().chase_at == night.row().next_update_at
    night.run()
    mail.outbox.clear()
    night.engine.clock.move(minutes=30)
    night.run()
    letters = [one for one in mail.outbox if "promised word" in one.body]
    assert [one.to for one in letters] == [["carla@acme.test"]]
    assert "Update due: customers of INC-1 were promised word by 11:30." in letters[0].body
    night.engine.clock.move(minutes=5)
    night.run()
    assert len([one for one in mail.outbox if "promised word" in one.body]) == 1
    night.engine.clock.move(minutes=5)
    night.run()
    assert len([one for one in mail.outbox if "promised word" in one.body]) == 2
    with tenant_scope(night.tenant.pk):
        assert TimelineEntry.objects.filter(kind="reminded").count() == 2
    night.press("carla", "same_as_before")
    assert night.row().chase_at == night.now + timedelta(minutes=30)


def test_r21_held_back_until_a_time_is_said_and_reminded_of(night: Night) -> None:
    with tenant_scope(night.tenant.pk):
        until = night.now + timedelta(hours=3)
        marc = night.members["marc"].as_actor()
        put_off(incident=night.row(), question="tell", until=until, reason="legal", actor=marc, now=night.now)
    told = night.page("vera").split('id="r-told"')[1].split("</section>")[0]
    assert "Held back" in told
    assert "(legal), Marc" in told
    night.engine.clock.move(hours=3)
    night.run()
    assert any("held back until 14:00" in letter.body for letter in mail.outbox)


# --- the two goals --------------------------------------------------------------------------------------
def test_r22_an_internal_update_links_where_the_team_talks(night: Night) -> None:
    with tenant_scope(night.tenant.pk):
        open_usual_room(incident=night.row(), actor=night.members["bram"].as_actor(), now=night.now)
    night.press("bram", "tell", to="internal", internal="We are on it.")
    night.run()
    letter = next(one for one in mail.outbox if "We are on it." in one.body)
    assert "https://chat.acme.test/inc-1" in letter.body
    assert "/t/acme/i/1" in letter.body


def test_r23_customers_know_that_we_know(night: Night) -> None:
    night.press("carla", "tell", to="external", external=START)
    row = night.row()
    assert row.first_external_at == night.now
    assert row.notice is not None
    assert (row.notice.status, row.notice.next_update_at) == (
        "investigating",
        night.now + timedelta(minutes=30),
    )


def test_r24_one_page_for_each_audience(night: Night) -> None:
    night.press("bram", "tell", to="both", external=START, internal="The database is full.")
    with tenant_scope(night.tenant.pk):
        pages = {notice.page.kind: notice.updates.get().body for notice in Notice.objects.all()}
    assert pages == {"public": START, "internal": "The database is full."}


# --- the templates --------------------------------------------------------------------------------------
def test_r25_the_internal_start_template(night: Night) -> None:
    drafted = night.call("bram", "draft", audience="internal", kind="start").json()["message"]
    assert drafted["title"] == "INC-1 - SEV1 - Payments fail"
    assert drafted["body"] == (
        "We are investigating an incident that affects Checkout. "
        "Updates follow shortly, by e-mail and on the status page."
    )


def test_r26_the_external_start_template_names_public_components_and_is_warned_about_else(
    night: Night,
) -> None:
    drafted = night.call("bram", "draft", audience="external", kind="start").json()["message"]
    assert (drafted["title"], drafted["body"]) == ("Investigating issues with Checkout", START)
    assert drafted["warnings"] == []
    fields = {"external": "INC-1: Bram restarts db-7.prod.acme.internal, SEV1", "external_title": "Trouble"}
    preview = night.as_("carla").post(f"{ROOM}/tell/preview", fields).content.decode()
    for slip in ("INC-1", "Bram", "db-7.prod.acme.internal", "SEV1"):
        assert f"“{slip}”" in preview


def test_r25_r26_a_tenants_own_templates_stand_before_the_built_in_ones(night: Night) -> None:
    address = "/t/acme/api/v1/message_templates/"
    own = {"audience": "external", "kind": "start", "language": "en", "title": "{components}: trouble"}
    body = {**own, "body": "{components} has trouble. {more} {0.__class__}"}
    made = night.as_("anna").post(address, body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["sample"]["title"] == "Shop and Payments: trouble"
    assert night.as_("carla").post(address, body, content_type="application/json").status_code == 403
    ours = {**body, "kind": "final", "body": "{key} is over"}
    assert night.as_("anna").post(address, ours, content_type="application/json").status_code == 400
    drafted = night.call("carla", "draft", audience="external", kind="start").json()["message"]
    assert drafted["title"] == "Checkout: trouble"
    assert drafted["body"] == "Checkout has trouble. {more} {0.__class__}"
    with tenant_scope(night.tenant.pk):
        pk = MessageTemplate.objects.get().pk
    shown = night.as_("anna").get(f"/t/acme/admin/incidents/messagetemplate/{pk}/change/").content.decode()
    assert "Checkout has trouble." in shown
    assert "{more}" in shown


def test_r27_an_internal_update_also_goes_by_mail_to_colleagues_and_stakeholders(night: Night) -> None:
    address = "/t/acme/api/v1/stakeholders/"
    dirk = {"name": "Dirk", "email": "dirk@bank.test", "service": night.stage.checkout.uid, "language": "nl"}
    assert night.as_("marc").post(address, dirk, content_type="application/json").status_code == 201
    assert night.as_("marc").post(address, dirk, content_type="application/json").status_code == 400
    other = {**dirk, "email": "eva@bank.test", "service": night.stage.exports.uid}
    night.as_("marc").post(address, other, content_type="application/json")
    assert "5 colleagues" in night.page("bram")
    assert "1 stakeholder" in night.page("bram")
    night.press("bram", "tell", to="internal", internal="The database is full.", internal_nl="Vol.")
    night.run()
    letters = {letter.to[0]: letter for letter in mail.outbox}
    assert {f"{name}@acme.test" for name in night.members} <= set(letters)
    assert "eva@bank.test" not in letters
    outside = letters["dirk@bank.test"].body
    assert outside.startswith("Vol.")
    assert "Checkout" in outside
    assert "/t/acme" not in outside
    assert night.messages(audience="internal")[0].recipients == 6


# --- languages ------------------------------------------------------------------------------------------
def test_n8_words_in_two_languages_are_drafted_passed_on_and_mailed(night: Night) -> None:
    with tenant_scope(night.tenant.pk), acting(ENGINE, now=night.now):
        StatusPage.objects.update(more_languages=["nl"])
        user = night.members["vera"].user
        user.language = "nl"
        user.save()
    drafted = night.call("carla", "draft", audience="external", kind="start").json()["message"]
    dutch = drafted["translations"]["nl"]
    assert "Checkout" in dutch["body"]
    assert dutch["body"] != drafted["body"]
    page = night.page("carla")
    assert "Nederlands" in page
    night.press(
        "bram",
        "tell",
        to="both",
        external=START,
        external_title="Investigating issues with Checkout",
        external_nl=dutch["body"],
        external_title_nl=dutch["title"],
        internal="Full.",
        internal_nl="Vol.",
        internal_title_nl="Vol",
    )
    with tenant_scope(night.tenant.pk):
        update = Update.objects.get(notice__page__kind="public")
        assert update.translations == {"nl": {"body": dutch["body"]}}
        assert update.notice.translations == {"nl": {"title": dutch["title"]}}
    night.run()
    letters = {letter.to[0]: letter for letter in mail.outbox}
    assert letters["vera@acme.test"].body.startswith("Vol.")
    assert letters["anna@acme.test"].body.startswith("Full.")


# --- the last words -------------------------------------------------------------------------------------
def resolved(night: Night, **fields: Any) -> Any:
    said = {"over": "1", "imminent": "1", "send": "both", "postmortem": "yes"}
    return night.press("bram", "resolve", **{**said, **fields})


RESTORED = "Checkout: service is restored."
PROMISE = f"{RESTORED} We will publish what happened and what we change."


def test_r42_both_last_messages_go_out_with_resolving(night: Night) -> None:
    night.press("bram", "tell", to="both", external=START, internal="We are on it.")
    assert resolved(night, external=PROMISE, internal="Over.").status_code == 200
    finals = night.messages(kind="final")
    assert {(one.audience, one.body) for one in finals} == {("internal", "Over."), ("external", PROMISE)}
    assert night.row().chase_at is None


def test_r42_own_last_words_wait_for_a_reader_and_hold_nothing_up(night: Night) -> None:
    night.press("bram", "tell", to="both", external=START, internal="We are on it.")
    resolved(night, external="All works, with our thanks.", internal="Over.")
    assert night.row().resolved_at == night.now
    assert [one.published_at for one in night.messages(kind="final", audience="external")] == [None]
    assert night.next_of("anna")["code"] == "read"
    night.approve("anna")
    with tenant_scope(night.tenant.pk):
        assert Notice.objects.get(page__kind="public").status == "resolved"


def test_r43_the_internal_last_words_sum_it_up_and_say_that_nothing_follows(night: Night) -> None:
    with tenant_scope(night.tenant.pk), acting(ENGINE, now=night.now):
        row = night.row()
        row.cases = 14
        row.save()
        for question, choices, number in (
            ("impact", ["external"], None),
            ("experience", ["cannot_use"], None),
            ("reach", ["all"], 1200),
            ("factors", ["social"], None),
        ):
            Answer.objects.create(
                incident=row,
                question=question,
                choices=choices,
                number=number,
                answered_at=night.now,
                answered_by_label="Bram",
            )
    night.engine.clock.move(minutes=48)
    body = night.call("bram", "draft", audience="internal", kind="final").json()["message"]["body"]
    for said in (
        "INC-1 is resolved.",
        "Payments fail",
        "Checkout",
        "customers; cannot use it",
        "all; 1200",
        "48 minutes",
        "Support cases: 14.",
        "social media",
        "Customers noticed.",
        "nothing further follows",
    ):
        assert said in body, body


def test_r44_the_external_last_words_promise_a_postmortem_which_is_an_action_item(night: Night) -> None:
    night.press("bram", "tell", to="external", external=START)
    resolved(night, external=PROMISE, internal="Over.")
    (told,) = night.messages(kind="final", audience="external")
    assert (told.body, told.postmortem) == (PROMISE, True)
    with tenant_scope(night.tenant.pk):
        assert ActionItem.objects.filter(is_postmortem=True).count() == 1


def test_r44_or_do_not_in_the_second_variant(night: Night) -> None:
    night.press("bram", "tell", to="external", external=START)
    resolved(night, external=PROMISE, external_plain=RESTORED, internal="Over.", postmortem="no")
    (told,) = night.messages(kind="final", audience="external")
    assert (told.body, told.postmortem) == (RESTORED, False)
    with tenant_scope(night.tenant.pk):
        assert not ActionItem.objects.exists()


def test_r44_choosing_the_other_variant_in_the_tell_sheet_changes_the_words(night: Night) -> None:
    night.press("bram", "tell", to="external", external=START)
    resolved(night, send="later")
    night.press("carla", "tell", to="external", external=PROMISE, postmortem="no")
    (told,) = night.messages(kind="final", audience="external")
    assert (told.body, told.postmortem) == (RESTORED, False)


def test_private_words_go_to_the_circle_and_to_no_stakeholder(stage: Stage, engine: Engine) -> None:
    members, tenant = stage.world.acme.members, stage.world.acme.tenant
    with tenant_scope(tenant.pk):
        with acting(ENGINE, now=engine.clock.now()):
            Stakeholder.objects.create(name="Dirk", email="dirk@bank.test")
        declare_incident(
            text="Passwords leaked",
            service=stage.checkout,
            found_by="team",
            private=True,
            declared_by=members["anna"],
            actor=members["anna"].as_actor(),
            now=engine.clock.now(),
        )
        engine.run()
    mail.outbox.clear()
    client = Client(SERVER_NAME="localhost")
    client.force_login(members["anna"].user)
    client.post(f"{ROOM}/do/tell", {"to": "internal", "internal": "All of them."})
    with tenant_scope(tenant.pk):
        engine.run()
    assert mail.outbox
    assert "dirk@bank.test" not in {letter.to[0] for letter in mail.outbox}
