"""How people without a rule are reached, and who would not be woken tonight, and why."""

from datetime import timedelta

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from oncall.models import Absence, ContactMethod, NotificationRule, Override, PagerProfile
from oncall.operations.preflight import who_cannot_be_woken
from oncall.operations.profiles import add_rule, move_rule, remove_rule
from oncall.operations.reach import reach_of
from tests.conftest import START
from tests.oncall.conftest import Pager, person
from tests.oncall.wire import Wire
from tests.people import World

NUMBER = "+31612345678"
DAY = timedelta(hours=24)


def without_rules(pager: Pager, **given: str) -> ContactMethod:
    contact = pager.contact("bram", **given)
    with acting(ENGINE, now=pager.now):
        for rule in NotificationRule.objects.filter(contact=contact):
            rule.delete()
    return contact


def reached(pager: Pager, urgency: str = "high") -> tuple[str, list[str]]:
    bram = pager.people["bram"].pk
    reach = reach_of([bram], urgency=urgency)[bram]
    return reach.source, [f"{way.method} {way.delay_minutes}" for way in reach.ways]


def test_by_their_rules_else_the_other_ones_else_every_contact_else_mail(pager: Pager, wire: Wire) -> None:
    assert reached(pager) == ("own_mail", ["email 0"])
    without_rules(pager, kind="sms", address=NUMBER)
    without_rules(pager, kind="push", address="https://ntfy.sh/bram")
    assert reached(pager) == ("contacts", ["sms 0", "push 0"])
    pager.contact("bram", kind="voice", address=NUMBER, delay=3, urgency="low")
    assert reached(pager) == ("other_urgency", ["voice 3"])
    pager.contact("bram", delay=1)
    assert reached(pager) == ("rules", ["email 1"])
    assert reached(pager, "low") == ("rules", ["voice 3"])


def test_whoever_has_no_rule_is_woken_all_the_same(
    pager: Pager, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    without_rules(pager, kind="sms", address=NUMBER)
    pager.start(pager.policy(["bram"], delay=60))
    wire.expect("sms", NUMBER, "INC-42")
    assert "paged_without_rule" in caplog.text


def test_a_rule_added_after_the_page_holds_from_the_next_step_on(pager: Pager, wire: Wire) -> None:
    pager.contact("bram")
    pager.start(pager.policy(["bram"], delay=10, repeat=1))
    wire.expect("email", "bram@pager.test")
    bram = pager.people["bram"]
    contact = without_rules(pager, kind="push", address="https://ntfy.sh/bram")
    mine = {"actor": person(bram), "now": pager.now}
    rule = add_rule(membership=bram, urgency="high", contact=contact, delay_minutes=2, **mine)
    assert add_rule(membership=bram, urgency="high", contact=contact, delay_minutes=2, **mine) == rule
    pager.later(minutes=9)
    wire.silence()
    pager.later(minutes=1)
    wire.expect("email", "bram@pager.test")
    pager.later(minutes=2)
    wire.expect("push", "https://ntfy.sh/bram")
    moved = move_rule(rule=rule, delay_minutes=0, **mine)
    assert moved.delay_minutes == 0
    remove_rule(rule=moved, **mine)
    assert NotificationRule.objects.count() == 1


def test_a_rule_by_somebody_elses_contact_is_refused(pager: Pager, world: World) -> None:
    from django.core.exceptions import ValidationError

    contact = pager.contact("anna")
    bram = pager.people["bram"]
    given = {"urgency": "high", "contact": contact, "delay_minutes": 0, "now": pager.now}
    with pytest.raises(ValidationError):
        add_rule(membership=bram, actor=person(bram), **given)
    olga = world.other.members["olga"]
    with tenant_scope(world.other.tenant.pk), pytest.raises(ValidationError):
        add_rule(membership=olga, actor=person(olga), **given)


# --- tonight --------------------------------------------------------------------------------------------


def found(pager: Pager) -> list[tuple[str, str, bool]]:
    rows = who_cannot_be_woken(begins_at=pager.now, ends_at=pager.now + DAY, now=pager.now)
    return [(str(row.membership), row.why, row.doubt) for row in rows]


def has_tested(pager: Pager, name: str) -> None:
    with acting(ENGINE, now=pager.now):
        PagerProfile.objects.create(membership=pager.people[name], tested_at=pager.now)


def test_who_would_wake_up_is_not_in_it(pager: Pager, wire: Wire) -> None:
    pager.schedule("bram")
    pager.contact("bram", kind="sms", address=NUMBER)
    assert found(pager) == [("Bram", "Never tested: nobody knows whether a page arrives.", True)]
    has_tested(pager, "bram")
    assert found(pager) == []


def test_each_reason_has_its_words(pager: Pager, wire: Wire, settings: object) -> None:
    pager.schedule("bram")
    assert found(pager) == [("Bram", "No contact method.", False)]
    contact = pager.contact("bram", kind="sms", address=NUMBER)
    has_tested(pager, "bram")

    def change(**fields: object) -> None:
        with acting(ENGINE, now=pager.now):
            for name, value in fields.items():
                setattr(contact, name, value)
            contact.save()

    change(verified_at=None)
    assert found(pager) == [("Bram", "No contact method is verified.", False)]
    change(verified_at=pager.now, disabled_at=pager.now)
    assert found(pager) == [("Bram", "Every verified contact method is switched off.", False)]
    change(disabled_at=None)
    settings.TWILIO_ACCOUNT_SID = ""
    assert found(pager) == [("Bram", "This installation cannot send: TWILIO_ACCOUNT_SID is not set.", False)]


def test_a_mail_wakes_nobody_and_a_missing_rule_is_said(pager: Pager, wire: Wire) -> None:
    pager.schedule("bram")
    has_tested(pager, "bram")
    pager.contact("bram")
    assert found(pager) == [("Bram", "By e-mail only: that wakes nobody.", True)]
    with acting(ENGINE, now=pager.now):
        ContactMethod.objects.get().delete()
    without_rules(pager, kind="sms", address=NUMBER)
    assert found(pager) == [("Bram", "no rule: by every verified contact method", True)]


def test_whoever_was_put_on_call_while_away(pager: Pager, wire: Wire) -> None:
    schedule = pager.schedule("marc")
    pager.contact("bram", kind="sms", address=NUMBER)
    pager.contact("marc", kind="push", address="https://ntfy.sh/marc")
    has_tested(pager, "bram")
    has_tested(pager, "marc")
    bram = pager.people["bram"]
    with acting(ENGINE, now=pager.now):
        Absence.objects.create(membership=bram, starts_at=START, ends_at=START + DAY)
        Override.objects.create(
            schedule=schedule,
            kind="add",
            membership=bram,
            starts_at=START + timedelta(hours=2),
            ends_at=START + timedelta(hours=4),
        )
    (row,) = who_cannot_be_woken(begins_at=START, ends_at=START + DAY, now=pager.now)
    assert (str(row.membership), row.why) == ("Bram", "On call while away.")
    assert (row.starts_at, row.ends_at) == (START + timedelta(hours=2), START + timedelta(hours=4))


def test_the_outsider_is_not_in_it(pager: Pager, world: World, wire: Wire) -> None:
    pager.schedule("bram")
    with tenant_scope(world.other.tenant.pk):
        assert found(pager) == []
