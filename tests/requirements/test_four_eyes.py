"""Own words to customers are read by a second person before they go out (N5)."""

from django.core import mail

from config.tenancy.scoping import tenant_scope
from incidents.models import InternalMail, MailKind, TimelineEntry
from incidents.operations.assessing import set_severity
from statuspage.models import Update
from tests.requirements.night import OWN, ROOM, START, Night, night, stage

__all__ = ["night", "stage"]


def test_n5_draft_preview_second_reader_publish(night: Night) -> None:
    night.call("carla", "draft", audience="external", kind="start")
    preview = night.as_("carla").post(f"{ROOM}/tell/preview", {"external": OWN}).content.decode()
    assert OWN in preview
    assert "reads them first" in preview
    asked = night.own_words()
    assert "reads it first" in asked.content.decode()
    assert night.row().first_external_at is None
    waiting = night.page("anna")
    assert "Read and publish" in waiting
    assert OWN in waiting
    night.approve("anna")
    (told,) = night.messages(audience="external")
    assert (told.body, told.published_by_label, told.alone) == (OWN, "Anna", False)
    assert told.written_by == night.members["carla"]
    with tenant_scope(night.tenant.pk):
        assert Update.objects.get().body == OWN
        said = TimelineEntry.objects.filter(kind="message").get().text
    assert "written by Carla, read by Anna" in said


def test_n5_unedited_start_and_last_words_need_nobody(night: Night) -> None:
    assert night.press("carla", "tell", to="external", external=START).status_code == 200
    assert night.row().first_external_at == night.now


def test_n5_the_writer_cannot_approve_and_the_refusal_says_what_helps_and_when(night: Night) -> None:
    night.own_words("bram")
    refused = night.approve("bram")
    assert refused.status_code == 409
    text = refused.content.decode()
    assert "Anna" in text
    assert "alone from 11:05" in text
    assert night.row().first_external_at is None


def test_n5_after_five_minutes_the_manager_alone_marked_so(night: Night) -> None:
    night.own_words("bram", to="both", internal="We are on it.")
    assert night.next_of("bram")["code"] == "wait"
    night.engine.clock.move(minutes=5)
    assert night.next_of("bram")["words"].startswith("Publish alone")
    night.approve("bram")
    (told,) = night.messages(audience="external")
    assert told.alone
    with tenant_scope(night.tenant.pk):
        last = TimelineEntry.objects.filter(kind="message").order_by("-id")[0]
        assert "without a second reader" in last.text
    assert "without a second reader" in night.page("vera")


def test_n5_somebody_else_than_the_manager_never_alone(night: Night) -> None:
    night.own_words("carla")
    night.engine.clock.move(minutes=30)
    assert night.approve("carla").status_code == 409


def test_n5_sev3_waits_for_a_reader_however_long(night: Night) -> None:
    with tenant_scope(night.tenant.pk):
        set_severity(
            incident=night.row(),
            severity=night.stage.severities[3],
            reason="less",
            actor=night.members["bram"].as_actor(),
            now=night.now,
        )
    night.own_words("bram")
    night.engine.clock.move(hours=2)
    assert night.approve("bram").status_code == 409
    assert night.approve("anna").status_code == 200
    assert night.row().first_external_at == night.now


def test_n5_whoever_edits_becomes_the_writer(night: Night) -> None:
    night.own_words("carla")
    night.own_words("anna", external="Paying fails. We know why, and are on it.")
    assert night.approve("anna").status_code == 409
    assert night.approve("carla").status_code == 200


def test_n5_words_that_changed_since_they_were_read_are_refused(night: Night) -> None:
    night.own_words("carla")
    (old,) = night.messages(published_at=None)
    night.engine.clock.move(seconds=20)
    night.own_words("carla", external="Something else.")
    refused = night.press("anna", "approve", message=old.uid, as_of=old.written_at.isoformat())
    assert refused.status_code == 409
    assert "changed since" in refused.content.decode()


def test_n5_over_the_api_a_key_writes_and_a_person_reads(night: Night) -> None:
    words = {"kind": "start", "title": "Paying fails", "body": OWN}
    refused = night.call("carla", "messages", audience="external", **words)
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "needs_reader"
    assert night.call("carla", "ask_review", **words).status_code == 200
    (waiting,) = night.messages(published_at=None)
    as_of = waiting.written_at.isoformat()
    assert night.call("carla", "approve", message=waiting.uid, as_of=as_of).status_code == 409
    assert night.call("vera", "approve", message=waiting.uid, as_of=as_of).status_code == 403
    assert night.call("marc", "approve", message=waiting.uid, as_of=as_of).status_code == 200
    assert night.row().first_external_at == night.now


def test_n5_who_is_asked_gets_one_mail(night: Night) -> None:
    night.own_words("carla")
    night.run()
    asked = [letter for letter in mail.outbox if "asks you to read" in letter.body]
    assert [letter.to for letter in asked] == [["bram@acme.test"]]
    with tenant_scope(night.tenant.pk):
        assert InternalMail.objects.filter(kind=MailKind.NUDGE).count() == 1
