"""My pager in a real browser: from a number to a tested pager in place; both pages in all their looks."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from config.tenancy.scoping import tenant_scope
from oncall.models import ContactMethod, Notification
from oncall.operations.receiving import note_receipt
from oncall.replies import receipt_of
from tests.browser.conftest import DESK, PHONE, Person
from tests.browser.looking import look, look_all_round
from tests.browser.stage import Stage
from tests.conftest import Engine, MovedClock
from tests.oncall.wire import Wire, installed

NUMBER = "+31612345678"
# What one touches, and is smaller than a thumb.
SMALL = """() => [...document.querySelectorAll(
    'main a, main button, main summary, main input:not([type=hidden]), main select')]
    .filter(one => one.offsetParent !== null && !one.closest('.chip'))
    .map(one => [one.getBoundingClientRect().height, one.outerHTML.slice(0, 90)])
    .filter(([height]) => height < 47.5)"""


@pytest.fixture
def wire(moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Wire:
    return installed(moved_clock, monkeypatch, settings)


def test_from_a_number_to_a_tested_pager_without_leaving_the_page(
    someone: Callable[..., Person], stage: Stage, engine: Engine, moved_clock: MovedClock, wire: Wire
) -> None:
    problems: list[str] = []
    bram = someone(size=PHONE)
    bram.sign_in("bram@acme.test", "/t/acme/pager")
    bram.start()
    bram.tap("Add a way to reach me")
    bram.page.select_option("select[name=kind]", "sms")
    bram.write("input[name=address]", "+31 6 1234 5678")
    bram.tap("Add, and send a code")
    bram.sees("A code is on its way to +31…78")
    engine.run()
    found = re.search(r"\b[0-9]{6}\b", wire.expect("sms", NUMBER).sent.words)
    assert found
    look(bram, "pager-code-390", problems)
    bram.write("input[name=code]", found[0])
    bram.tap("Confirm", "button")
    bram.sees("+31…78 is confirmed.")
    bram.tap("Add to high urgency")
    bram.page.select_option("details[open] select[name=contact]", label="SMS +31612345678")
    bram.page.locator("details[open] .chip", has_text="2").first.click()
    bram.page.locator("details[open] button", has_text="Add").first.click()
    bram.sees("+2 min")
    bram.tap("Test my pager", "button")
    bram.sees("A test is under way")
    engine.run()
    call = wire.expect("sms", NUMBER, "TEST for Bram")
    with tenant_scope(stage.world.acme.tenant.pk):
        row = Notification.objects.get(provider_id=call.sid)
        delivered = receipt_of({"MessageStatus": "delivered"})
        note_receipt(notification_id=row.pk, receipt=delivered, now=moved_clock.now())
    bram.sees("delivered")  # by itself, within five seconds
    assert bram.loads == 0
    look(bram, "pager-test-390", problems)
    wire.take()
    assert not problems, "\n".join(problems)


def test_both_pages_in_all_their_looks(
    someone: Callable[..., Person], stage: Stage, moved_clock: MovedClock, wire: Wire
) -> None:
    from datetime import time

    from config.tenancy.actors import ENGINE
    from config.tenancy.audit import acting
    from oncall.models import NotificationRule, PagerProfile

    now, problems = moved_clock.now(), list[str]()
    anna = stage.world.acme.members["anna"]
    with tenant_scope(stage.world.acme.tenant.pk), acting(ENGINE, now=now):
        given = [
            ("sms", NUMBER, 0, True),
            ("voice", NUMBER, 2, True),
            ("push", "https://ntfy.sh/a", 5, False),
        ]
        for kind, address, delay, on in given:
            contact = ContactMethod.objects.create(
                membership=anna,
                kind=kind,
                address=address,
                verified_at=now,
                disabled_at=None if on else now,
                disabled_reason="" if on else "HTTP 410",
            )
            NotificationRule.objects.create(
                membership=anna, urgency="high", contact=contact, delay_minutes=delay
            )
        PagerProfile.objects.create(membership=anna, quiet_start=time(22), quiet_end=time(7))
    person = someone(size=DESK)
    person.sign_in("anna@acme.test", "/t/acme/pager")
    look_all_round(person, "pager", problems)
    person.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    look_all_round(person, "pager-open", problems)
    small = person.page.evaluate(SMALL)
    assert not small, small
    person.go("/t/acme/pager/preflight")
    look_all_round(person, "preflight", problems)
    assert not problems, "\n".join(problems)
