"""A security incident that stays private: five taps, and no word of it outside the circle."""

from collections.abc import Callable

import pytest
from django.core import mail

from incidents.models import Incident
from tests.browser.conftest import PHONE, Person
from tests.browser.stage import Stage
from tests.conftest import Engine

pytestmark = pytest.mark.usefixtures("in_acme")
WORDS = "Somebody reads our customers' mail"


def test_a_security_incident_stays_private_in_five_taps(
    stage: Stage, someone: Callable[..., Person], engine: Engine
) -> None:
    bram = someone(size=PHONE)
    bram.sign_in("bram@acme.test", "/t/acme/admin/")
    bram.start()
    bram.tap("Declare")
    bram.write("input[name=text]", WORDS)
    bram.tap("Private")
    bram.tap("Declare and page")
    bram.sees("Private: who may read it")
    bram.page.locator("#circle-person").select_option(label="Vera")
    bram.taps += 1
    bram.page.locator("#do-add-to-circle").click()
    bram.taps += 1
    bram.page.locator("#r-circle", has_text="added by Bram").wait_for()
    assert bram.taps <= 5
    assert bram.errors == [], bram.errors
    engine.run()
    assert Incident.objects.get().private
    assert mail.outbox
    assert not [one for one in mail.outbox if "customers' mail" in f"{one.subject} {one.body}"]
    marc = someone(size=PHONE)
    marc.sign_in("marc@acme.test", "/t/acme/admin/")
    marc.sees("and 1 private incident")
    assert WORDS not in marc.page.content()
    marc.go("/t/acme/admin/incidents/incident/")
    marc.sees("INC-1")
    assert WORDS not in marc.page.content()
    vera = someone(size=PHONE)
    vera.sign_in("vera@acme.test", "/t/acme/i/1")
    vera.sees(WORDS)
