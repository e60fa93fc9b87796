"""R2, R41 and R45, and what follows the emergency: postmortem, action items, playbook."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.models import ActionItem, PlaybookStep, Postmortem, Severity, TimelineEntry
from incidents.operations.tenants import create_tenant
from tests.browser.stage import Stage
from tests.conftest import Engine, MovedClock
from tests.requirements.test_assess import API, Desk
from tests.requirements.test_resolve import api, client, desk, end, only, stage, tell_both

__all__ = ["client", "desk", "stage"]
PAGE = "/t/acme/i/1/postmortem"


def version(desk: Desk) -> str:
    found = re.search(r'name="version" value="(\w+)"', desk.client.get(PAGE).content.decode())
    assert found
    return found[1]


def save(desk: Desk, body: str, **said: Any) -> Any:
    return desk.client.post(PAGE, {"do": "save", "body": body, "version": version(desk), **said})


# --- the emergency, and after it ----------------------------------------------------------------------------
def test_r2_the_postmortem_comes_after_the_emergency(desk: Desk) -> None:
    """From "it is broken" to "it works again": nothing of afterwards is asked for, or possible, before."""
    assert "postmortem" not in str(api(desk)["next_action"])
    assert save(desk, "Words").status_code == 303
    early = desk.client.post(PAGE, {"do": "publish", "body": "Words", "version": version(desk)})
    assert early.status_code == 409
    assert "INC-1 is not over yet." in early.content.decode()
    end(desk, send="later")
    assert api(desk)["next_action"]["code"] == "postmortem"
    assert save(desk, "Words", do="publish").status_code == 303
    assert only(desk, Postmortem).state == "published"


def test_r41_resolving_begins_the_postmortem(desk: Desk) -> None:
    """Five working days on, for the manager; the next action says so."""
    end(desk, send="later")
    owed = only(desk, Postmortem)
    assert (owed.state, owed.promised, owed.due_on) == ("owed", False, date(2026, 11, 30))
    assert owed.owner_id == desk.stage.world.acme.members["bram"].pk
    action = api(desk)["next_action"]
    assert (action["code"], action["words"], action["why"]) == (
        "postmortem",
        "Write the postmortem",
        "due 30 Nov",
    )
    assert "postmortem" in {one["code"] for one in end_of(desk)}


def end_of(desk: Desk) -> Any:
    desk.press("close", waived="small")
    return api(desk)["open_ends"]


def test_r41_none_is_owed_where_the_severity_asks_for_none(desk: Desk, stage: Stage) -> None:
    desk.press("severity", severity=stage.severities[3].uid, reason="Smaller")
    end(desk, send="later")
    assert api(desk)["facts"]["postmortem"] == ""
    assert api(desk)["next_action"]["code"] == "close"


def test_r41_it_may_be_waived_with_a_reason(desk: Desk) -> None:
    end(desk, send="later")
    refused = desk.client.post("/t/acme/i/1/do/waive_postmortem", {"reason": " "})
    assert refused.status_code == 422
    desk.press("waive_postmortem", reason="Same as INC-0")
    assert (only(desk, Postmortem).state, only(desk, Postmortem).waived_because) == (
        "waived",
        "Same as INC-0",
    )
    assert api(desk)["next_action"]["code"] == "close"
    desk.post("INC-1/reopen_postmortem/")
    assert only(desk, Postmortem).state == "owed"


def test_r45_every_step_is_traceable_in_one_place(desk: Desk) -> None:
    tell_both(desk)
    desk.press("note", kind="observation", text="The replica lags")
    desk.press("theory", text="The pool is full")
    desk.press("test", text="Double it")
    desk.press("decide", text="Double it for good")
    end(desk)
    with desk.scope():
        entries = list(TimelineEntry.objects.filter(incident__number=1))
    kinds = {entry.kind for entry in entries}
    assert {
        "declared", "acknowledged", "severity", "phase", "message", "observation", "theory", "experiment",
        "decision", "impact_over", "resolved", "postmortem", "action",
    } <= kinds  # fmt: skip
    assert all(entry.actor_label and entry.occurred_at and entry.recorded_at for entry in entries)
    told = desk.client.get(f"{API}INC-1/timeline/?limit=100").json()["results"]
    assert len(told) == len(entries)


def test_reopening_keeps_what_was_found_and_written(desk: Desk) -> None:
    desk.press("theory", text="The pool is full")
    end(desk, send="later")
    save(desk, "## What happened")
    desk.press("reopen", reason="It is back")
    assert desk.incident().phase == "resolving"
    assert only(desk, Postmortem).body == "## What happened"
    assert api(desk, "findings/")["theories"][0]["text"] == "The pool is full"
    end(desk, send="later")
    assert only(desk, Postmortem).state == "draft"


# --- the postmortem -----------------------------------------------------------------------------------------
def test_it_is_drafted_from_the_record_and_reading_writes_nothing(desk: Desk) -> None:
    desk.press("note", kind="observation", text="*Stars* <b>and</b> [brackets](x)")
    desk.press("theory", text="The pool is full")
    desk.press("settle_theory", theory=api(desk, "findings/")["theories"][0]["uid"], state="proven")
    tell_both(desk)
    desk.press("action", text="Alert on the pool", due_on="2026-12-01")
    end(desk)
    shown = desk.client.get(f"{PAGE}.md")
    assert shown["Content-Disposition"] == 'attachment; filename="inc-1-postmortem.md"'
    text = shown.content.decode()
    for words in (
        "# INC-1: Payments fail",
        "## Timeline",
        "## Cause\n\nThe pool is full",
        r"\*Stars\* \<b>and\</b> \[brackets\](x)",
        "## What we told people",
        "- [ ] Alert on the pool (2026-12-01)",
        "Severity at its worst: **SEV1**",
    ):
        assert words in text, text
    with desk.scope():
        assert Postmortem.objects.get().body == ""


def test_html_of_the_writer_and_pictures_from_outside_are_left_out(desk: Desk) -> None:
    body = (
        "# A\n<script>x</script>\n![p](https://evil.example/p.png) [j](javascript:x) [w](https://ok.example)"
    )
    for answer in (
        desk.client.post(f"{PAGE}/preview", {"body": body}),
        save(desk, body) and desk.client.get(f"{PAGE}/print"),
    ):
        html = answer.content.decode()
        assert "<script>x" not in html
        assert "<img" not in html
        assert 'href="javascript' not in html
        assert 'href="https://ok.example" rel="noopener noreferrer nofollow"' in html


def test_of_two_editors_the_second_hears_of_it_and_loses_nothing(desk: Desk) -> None:
    save(desk, "First")
    begun_from = version(desk)
    save(desk, "Hers")
    answer = desk.client.post(PAGE, {"do": "save", "body": "Mine", "version": begun_from})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else has changed it" in page
    assert ">Mine</textarea>" in page
    assert ">Hers</textarea>" in page
    assert only(desk, Postmortem).body == "Hers"
    again = re.search(r'name="version" value="(\w+)"', page)
    assert again
    desk.client.post(PAGE, {"do": "save", "body": "Mine", "version": again[1]})
    assert only(desk, Postmortem).body == "Mine"
    with desk.scope():
        assert [row.body for row in Postmortem.history.order_by("history_id")] == ["First", "Hers", "Mine"]


def test_published_it_is_read_only_until_it_is_opened_again(desk: Desk) -> None:
    tell_both(desk)
    end(desk)
    save(desk, "Words", do="publish")
    assert (only(desk, ActionItem).state, only(desk, Postmortem).state) == ("done", "published")
    assert "<textarea" not in desk.client.get(PAGE).content.decode()
    written = desk.post("INC-1/write_postmortem/", body="Other", version=api(desk, "postmortem/")["version"])
    assert written.status_code == 409
    desk.client.post(PAGE, {"do": "reopen"})
    assert (only(desk, ActionItem).state, only(desk, Postmortem).state) == ("open", "draft")


def test_who_reads_along_reads_it_and_changes_nothing(desk: Desk) -> None:
    save(desk, "Words")
    desk.as_("vera")
    page = desk.client.get(PAGE)
    assert "Words" in page.content.decode()
    assert "<textarea" not in page.content.decode()
    assert desk.client.post(PAGE, {"do": "save", "body": "x", "version": "x"}).status_code == 403


def test_an_outsider_and_a_private_one_are_the_same_nothing(desk: Desk) -> None:
    save(desk, "Words")
    desk.press("action", text="Something")
    desk.press("make_private")
    admin = f"/t/acme/admin/incidents/actionitem/{only(desk, ActionItem).pk}"
    addresses = (PAGE, f"{PAGE}.md", f"{PAGE}/print", f"{admin}/history/")
    assert {desk.client.get(address).status_code for address in addresses} == {200}
    desk.as_("vera")
    assert {desk.client.get(address).status_code for address in addresses} == {404}
    desk.client.force_login(desk.stage.world.other.members["olga"].user)
    assert {desk.client.get(address).status_code for address in addresses} == {404}


# --- action items -------------------------------------------------------------------------------------------
def test_an_action_item_is_somebodys_until_a_day(desk: Desk) -> None:
    anna = desk.stage.world.acme.members["anna"]
    desk.press("action", text="Alert on the pool")
    end(desk, send="later")
    assert api(desk)["facts"]["actions_unplanned"] == 1
    desk.press(
        "change_action",
        item=only(desk, ActionItem).uid,
        text="Alert on it",
        owner=anna.uid,
        due_on="2026-12-01",
    )
    item = only(desk, ActionItem)
    assert (item.text, item.owner_id, item.due_on) == ("Alert on it", anna.pk, date(2026, 12, 1))
    assert api(desk)["facts"]["actions_unplanned"] == 0
    desk.press("settle_action", item=item.uid, state="done")
    assert only(desk, ActionItem).ended_at is not None


def test_a_late_one_is_chased_the_morning_after_and_then_weekly(desk: Desk, moved_clock: MovedClock) -> None:
    """09:00 on the tenant's clock (Amsterdam), one mail each time, until it is done."""
    bram = desk.stage.world.acme.members["bram"]
    desk.press("action", text="Alert on the pool", owner=bram.uid, due_on="2026-11-24")
    end(desk, send="later")
    mail.outbox.clear()

    def late() -> list[str]:
        desk.run()
        return [letter.to[0] for letter in mail.outbox if letter.subject.startswith("Late since")]

    moved_clock.set(datetime(2026, 11, 25, 7, 59, tzinfo=UTC))
    assert late() == []
    moved_clock.set(datetime(2026, 11, 25, 8, 0, tzinfo=UTC))
    assert late() == ["bram@acme.test"]
    moved_clock.move(days=6, hours=23)
    assert late() == ["bram@acme.test"]
    moved_clock.move(hours=1)
    assert late() == ["bram@acme.test"] * 2
    desk.press("settle_action", item=only(desk, ActionItem).uid, state="done")
    moved_clock.move(days=30)
    assert late() == ["bram@acme.test"] * 2


def test_the_api_makes_lists_and_changes_them(desk: Desk, moved_clock: MovedClock) -> None:
    address = "/t/acme/api/v1/action-items/"
    made = desk.client.post(
        address,
        {"incident": "INC-1", "text": "Alert on the pool", "due_on": "2026-11-24"},
        content_type="application/json",
    )
    assert made.status_code == 201, made.content
    moved_clock.move(days=3)
    assert [one["text"] for one in desk.client.get(f"{address}?late=true").json()["results"]] == [
        "Alert on the pool"
    ]
    changed = desk.client.patch(
        f"{address}{made.json()['uid']}/", {"state": "done"}, content_type="application/json"
    )
    assert changed.json()["state"] == "done"
    assert desk.client.get(f"{address}?late=true").json()["results"] == []
    desk.client.force_login(desk.stage.world.acme.members["vera"].user)
    refused = desk.client.patch(
        f"{address}{made.json()['uid']}/", {"state": "open"}, content_type="application/json"
    )
    assert refused.status_code == 403


def test_the_admin_lists_mine_late_and_open(desk: Desk, moved_clock: MovedClock) -> None:
    bram = desk.stage.world.acme.members["bram"]
    desk.press("action", text="Alert on the pool", owner=bram.uid, due_on="2026-11-24")
    desk.press("action", text="Thank support")
    moved_clock.move(days=3)
    address = "/t/acme/admin/incidents/actionitem/"
    for filters, there, missing in (
        ("", {"Alert on the pool", "Thank support"}, set()),
        ("?mine=yes", {"Alert on the pool"}, {"Thank support"}),
        ("?state=late", {"Alert on the pool"}, {"Thank support"}),
        ("?state=open", {"Alert on the pool", "Thank support"}, set()),
        ("?state=over", set(), {"Alert on the pool", "Thank support"}),
    ):
        page = desk.client.get(address + filters).content.decode()
        assert there <= {text for text in there | missing if text in page}
        assert not {text for text in missing if text in page}, filters


# --- the playbook -------------------------------------------------------------------------------------------
@pytest.fixture
def steps(stage: Stage, desk: Desk, moved_clock: MovedClock) -> dict[str, PlaybookStep]:
    with desk.scope(), acting(ENGINE, now=moved_clock.now()):
        return {
            name: PlaybookStep.objects.create(text=name, **given)
            for name, given in {
                "Tell support": {"severity": stage.severities[1], "within_minutes": 15},
                "The way round": {"severity": stage.severities[3]},
                "Tell the authority": {"for_security": True, "within_minutes": 72 * 60},
            }.items()
        }


def test_the_playbook_counts_down_and_says_late(
    desk: Desk, steps: dict[str, PlaybookStep], moved_clock: MovedClock
) -> None:
    room = desk.room()
    assert "Tell support" in room
    assert "in 15 min" in room
    assert "The way round" not in room
    assert "Tell the authority" not in room
    moved_clock.move(minutes=25)
    assert "late 10 min" in desk.room()
    desk.press("tick", step=steps["Tell support"].uid)
    assert "late 10 min" not in desk.room()
    (item,) = api(desk, "playbook/")
    assert (item["done_by_label"], item["late"]) == ("Bram", False)
    desk.press("untick", step=steps["Tell support"].uid)
    with desk.scope():
        kept = TimelineEntry.objects.filter(kind="playbook").order_by("id")
        assert [entry.data["done"] for entry in kept] == [True, False]


def test_the_security_list_is_there_once_it_may_be_a_breach(
    desk: Desk, steps: dict[str, PlaybookStep], engine: Engine
) -> None:
    other = desk.post("INC-1/tick/", step=steps["Tell the authority"].uid)
    assert other.status_code == 400
    desk.press("answer", question="factors", choice="privacy")
    room = desk.room()
    assert "Security and privacy" in room
    assert "Tell the authority" in room
    due = {item["text"]: item["due_at"] for item in api(desk, "playbook/")}["Tell the authority"]
    assert datetime.fromisoformat(due) == desk.incident().declared_at + timedelta(hours=72)
    assert desk.post("INC-1/tick/", step=steps["Tell the authority"].uid).status_code == 200


def test_every_tenant_starts_with_a_playbook_in_its_language(db: None, moved_clock: MovedClock) -> None:
    made = create_tenant(
        slug="winkel",
        name="Winkel",
        owner_email="o@winkel.test",
        language="nl",
        actor=ENGINE,
        now=moved_clock.now(),
    )
    with tenant_scope(made.tenant.pk):
        steps = list(PlaybookStep.objects.all())
    assert {step.severity_id for step in steps if not step.for_security} == {
        severity.pk for severity in made_severities(made.tenant.pk)
    }
    clocks = {step.within_minutes for step in steps if step.for_security}
    assert {24 * 60, 72 * 60} <= clocks
    assert "Vertel support wat ze klanten antwoorden" in {step.text for step in steps}


def made_severities(tenant_id: int) -> list[Severity]:
    with tenant_scope(tenant_id):
        return list(Severity.objects.all())
