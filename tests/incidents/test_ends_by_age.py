"""What ends by its age: alerts their source is silent about, unconfirmed incidents nobody touches."""

from datetime import timedelta

import pytest
from django.core import mail

from config.tenancy.actors import ENGINE
from incidents.models import Incident, Service
from incidents.operations.assessing import confirm
from incidents.operations.notes import add_note
from incidents.operations.services import save_service
from tests.conftest import Engine, MovedClock
from tests.incidents.leading import Lead
from tests.incidents.shop import Shop, pages


@pytest.fixture
def shop(db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


def change(service: Service, lead: Lead, **changes: object) -> None:
    for name, value in changes.items():
        setattr(service, name, value)
    save_service(service=service, actor=ENGINE, now=lead.now)


def of(shop: Shop, **changes: object) -> None:
    with shop.scope():
        for name, value in changes.items():
            setattr(shop.made.service, name, value)
        save_service(service=shop.made.service, actor=ENGINE, now=shop.clock.now())


class TestAlertsThatWentQuiet:
    def test_are_clear_and_their_incident_follows(self, shop: Shop) -> None:
        of(shop, alerts_end_after_hours=2)
        shop.fire()
        shop.clock.move(hours=1)
        shop.fire()  # it speaks: two hours from here
        shop.clock.move(minutes=119)
        shop.run()
        assert shop.alerts()[0].is_open
        shop.clock.move(minutes=1)
        shop.run()
        assert not shop.alerts()[0].is_open
        assert ("alert", "Went quiet: Errors is bad") in shop.timeline()
        shop.clock.move(minutes=10)
        shop.run()
        assert shop.incident().phase == "cancelled"

    def test_a_confirmed_incident_stays_peoples(self, shop: Shop) -> None:
        of(shop, alerts_end_after_hours=1)
        shop.fire()
        with shop.scope():
            owner = shop.made.owner.as_actor()
            confirm(incident=shop.incident(), customers_notice=None, actor=owner, now=shop.clock.now())
        shop.clock.move(hours=3)
        shop.run()
        assert (shop.incident().is_open, shop.alerts()[0].is_open) == (True, False)

    def test_switched_on_later_it_holds_for_what_is_open(self, shop: Shop) -> None:
        shop.fire()
        of(shop, alerts_end_after_hours=1)
        assert shop.alerts()[0].silent_at == shop.clock.now() + timedelta(hours=1)
        of(shop, alerts_end_after_hours=None)
        assert shop.alerts()[0].silent_at is None

    def test_off_by_default(self, shop: Shop) -> None:
        shop.fire()
        assert shop.alerts()[0].silent_at is None

    def test_clear_it_has_no_deadline_left(self, shop: Shop) -> None:
        of(shop, alerts_end_after_hours=1)
        shop.fire()
        shop.clear()
        assert shop.alerts()[0].silent_at is None


class TestUntouched:
    @pytest.fixture
    def incident(self, lead: Lead, engine: Engine) -> Incident:
        change(lead.checkout, lead, unconfirmed_end_after_hours=4)
        incident = lead.alerted(1)
        engine.run()
        return incident

    def test_it_ends_and_who_was_paged_is_told(self, lead: Lead, engine: Engine, incident: Incident) -> None:
        engine.clock.move(hours=4)
        mail.outbox.clear()
        engine.run()
        found = lead.again(incident)
        assert (found.phase, found.cancel_reason) == ("cancelled", "recovered")
        over = [sent.to[0] for sent in mail.outbox if sent.subject.startswith("[Over]")]
        assert over == ["bram@acme.test"]

    def test_a_note_is_a_touch(self, lead: Lead, engine: Engine, incident: Incident) -> None:
        engine.clock.move(hours=3)
        add_note(incident=incident, text="Looking", actor=lead.as_("bram"), now=lead.now)
        engine.clock.move(hours=3)
        engine.run()
        assert lead.again(incident).untouched_ends_at == lead.now + timedelta(hours=1)
        engine.clock.move(hours=1)
        engine.run()
        assert lead.again(incident).phase == "cancelled"

    def test_confirmed_it_never_ends_by_itself(self, lead: Lead, engine: Engine, incident: Incident) -> None:
        confirm(incident=incident, customers_notice=None, actor=lead.as_("bram"), now=lead.now)
        assert lead.again(incident).untouched_ends_at is None
        engine.clock.move(hours=9)
        engine.run()
        assert lead.again(incident).is_open

    def test_a_change_holds_for_what_is_open(self, lead: Lead, incident: Incident) -> None:
        change(lead.checkout, lead, unconfirmed_end_after_hours=None)
        assert lead.again(incident).untouched_ends_at is None
        change(lead.checkout, lead, unconfirmed_end_after_hours=1)
        assert lead.again(incident).untouched_ends_at == lead.now + timedelta(hours=1)


def test_what_fires_on_after_it_ended_is_heard_again(shop: Shop) -> None:
    of(shop, unconfirmed_end_after_hours=1)
    shop.fire()
    shop.clock.move(hours=2)
    shop.run()
    assert shop.incident().phase == "cancelled"
    mail.outbox.clear()
    shop.fire()
    assert (len(shop.incidents()), len(pages())) == (2, 1)
