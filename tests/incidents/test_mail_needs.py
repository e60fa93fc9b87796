"""A reminder whose work was done before it could be sent is not sent; one that is still needed is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from incidents.models import ActionItem, Incident, InternalMail, MailKind, Message
from incidents.operations import chasing, chasing_actions
from incidents.operations.actions import add_action, change_action, settle_action
from incidents.operations.advancing import put_off
from incidents.operations.asking import ask
from incidents.operations.mail_needs import NEEDS
from incidents.operations.mail_words import NUDGES
from incidents.operations.questions import answer_question
from incidents.operations.resolving import close, resolve
from incidents.operations.reviewing import approve, put_to_readers
from incidents.operations.roles import take_over
from tests.incidents.leading import Lead
from tests.incidents.telling import told

Deed = Callable[[Lead, Incident], Any]
WORDS = {"title": "Trouble", "body": "Our own words.", "components": {}, "status": ""}
SOON = timedelta(minutes=20)


def by(lead: Lead, name: str = "bram") -> dict[str, Any]:
    return {"actor": lead.as_(name), "now": lead.now}


def say(lead: Lead, incident: Incident, *, audience: str = "internal", **given: Any) -> Message:
    people = {"by": lead.people["bram"], "reader": lead.people["carla"]}
    promise = {"next_update_at": lead.now + SOON, "now": lead.now}
    return told(incident, **{**WORDS, "audience": audience, **promise, **people, **given})


def pass_by(lead: Lead, work: Any, by: timedelta) -> None:
    """Time passes and the deadline is worked; the mail server is not asked yet."""
    lead.engine.clock.move(seconds=by.total_seconds())
    assert work.run(lead.now) == 1


# --- what is asked for ----------------------------------------------------------------------------------
def owe_words(lead: Lead, incident: Incident) -> None:
    say(lead, incident)
    lead.engine.run()
    pass_by(lead, chasing.WORK, SOON)


def hold_back(lead: Lead, incident: Incident) -> None:
    put_off(incident=incident, question="tell", until=lead.now + SOON, reason="legal", **by(lead))
    pass_by(lead, chasing.WORK, SOON)


def wait_for_reader(lead: Lead, incident: Incident) -> None:
    put_to_readers(incident=incident, kind="start", next_update_at=None, **WORDS, **by(lead))


def ask_marc(lead: Lead, incident: Incident) -> None:
    ask(incident=incident, question="reach", membership=lead.people["marc"], **by(lead))


def be_late(lead: Lead, incident: Incident) -> None:
    today = lead.now.date()
    add_action(incident=incident, text="Alert on it", owner=lead.people["marc"], due_on=today, **by(lead))
    pass_by(lead, chasing_actions.WORK, timedelta(days=2))


# --- what makes it needless -----------------------------------------------------------------------------
def say_more(lead: Lead, incident: Incident) -> None:
    say(lead, incident, kind="update", body="We know more.")


def waive_the_last_words(lead: Lead, incident: Incident) -> None:
    over = {"impact_over_at": lead.now, "nothing_is_imminent": True, "internal": None, "external": None}
    resolve(incident=incident, **over, **by(lead))
    close(incident=incident, waived="nobody was told", **by(lead))


def tell_customers(lead: Lead, incident: Incident) -> None:
    say(lead, incident, audience="external")


def hold_back_further(lead: Lead, incident: Incident) -> None:
    put_off(incident=incident, question="tell", until=lead.now + SOON, reason="legal", **by(lead))


def read_it(lead: Lead, incident: Incident) -> None:
    waiting = Message.objects.get(incident=incident)
    approve(incident=incident, uid=waiting.uid, as_of=waiting.written_at, **by(lead, "carla"))


def end_it(lead: Lead, incident: Incident) -> None:
    over = {"impact_over_at": lead.now, "nothing_is_imminent": True, "internal": None, "external": None}
    resolve(incident=incident, **over, **by(lead))


def answer_it(lead: Lead, incident: Incident) -> None:
    answer_question(incident=incident, question="reach", choices=["all"], **by(lead))


def ask_anna(lead: Lead, incident: Incident) -> None:
    ask(incident=incident, question="reach", membership=lead.people["anna"], **by(lead))


def do_it(lead: Lead, incident: Incident) -> None:
    settle_action(item=ActionItem.objects.get(), state="done", **by(lead))


def change(lead: Lead, **to: Any) -> None:
    item = ActionItem.objects.get()
    kept = {"text": item.text, "owner": item.owner, "due_on": item.due_on}
    change_action(item=item, **{**kept, **to}, **by(lead))


def do_it_later(lead: Lead, incident: Incident) -> None:
    change(lead, due_on=lead.now.date())


def give_it_away(lead: Lead, incident: Incident) -> None:
    change(lead, owner=lead.people["anna"])


CASES = [
    ("update_due", owe_words, say_more),
    ("update_due", owe_words, waive_the_last_words),
    ("held_back", hold_back, tell_customers),
    ("held_back", hold_back, hold_back_further),
    ("review", wait_for_reader, read_it),
    ("review", wait_for_reader, end_it),
    ("asked", ask_marc, answer_it),
    ("asked", ask_marc, ask_anna),
    ("action_late", be_late, do_it),
    ("action_late", be_late, do_it_later),
    ("action_late", be_late, give_it_away),
]


@pytest.fixture
def incident(lead: Lead) -> Incident:
    incident = lead.declare(severity=lead.sev[2])
    take_over(incident=incident, **by(lead))
    lead.engine.run()
    return lead.again(incident)


def nudges(why: str) -> list[InternalMail]:
    return list(InternalMail.objects.filter(kind=MailKind.NUDGE, data__why=why).order_by("id"))


@pytest.mark.parametrize(("why", "begin", "done"), CASES)
def test_what_was_done_meanwhile_is_not_asked_for(
    lead: Lead, incident: Incident, why: str, begin: Deed, done: Deed
) -> None:
    begin(lead, incident)
    asked = nudges(why)
    assert asked
    done(lead, incident)
    lead.engine.run()
    for mail in asked:
        mail.refresh_from_db()
        assert (mail.sent_at, mail.retry_at, mail.problem) == (None, None, "nothing left to do")


@pytest.mark.parametrize(("why", "begin"), dict.fromkeys((why, begin) for why, begin, _done in CASES))
def test_what_is_still_to_be_done_is_asked_for(lead: Lead, incident: Incident, why: str, begin: Deed) -> None:
    begin(lead, incident)
    lead.engine.run()
    asked = nudges(why)
    assert asked
    assert all(mail.sent_at and not mail.problem for mail in asked)


def test_each_reminder_has_words_and_a_question_before_it_is_sent() -> None:
    assert NEEDS.keys() == NUDGES.keys()


def test_words_to_colleagues_do_not_still_the_reminder_of_customers(lead: Lead, incident: Incident) -> None:
    say(lead, incident, audience="external")
    lead.engine.run()
    pass_by(lead, chasing.WORK, SOON)
    say(lead, incident)
    lead.engine.run()
    assert [mail.sent_at is not None for mail in nudges("update_due")] == [True]
