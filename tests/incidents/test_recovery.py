"""Unconfirmed and all clear for ten minutes: recovered by itself. Through the door."""

import pytest
from django.core import mail
from django.db import connection

from config import clock
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from incidents.models import Incident, Service
from incidents.operations import recovery
from incidents.operations.assessing import confirm
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, pages


@pytest.fixture
def shop(db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


def test_ten_minutes_after_the_all_clear_it_is_cancelled_and_those_paged_are_told(shop: Shop) -> None:
    shop.fire()
    shop.clear()
    mail.outbox.clear()
    shop.run_for(minutes=9)
    assert shop.incident().phase == "detected"
    shop.run_for(minutes=1)
    assert (shop.incident().phase, shop.incident().cancel_reason) == ("cancelled", "recovered")
    assert shop.timeline()[-1] == ("cancelled", "It recovered by itself.")
    shop.run_for(minutes=1)  # an address gets one message a minute
    [told] = [message for message in mail.outbox if "INC-1" in message.subject and "/p/" not in message.body]
    assert told.to == ["olga@shop.test"]
    mail.outbox.clear()
    shop.run_for(hours=1)
    assert mail.outbox == []


def test_one_that_fires_again_in_between_is_not_cancelled(shop: Shop) -> None:
    shop.fire()
    shop.clear()
    shop.run_for(minutes=9)
    shop.fire()
    shop.run_for(hours=1)
    assert shop.incident().phase == "detected"
    shop.clear()
    shop.run_for(minutes=9)
    assert shop.incident().phase == "detected"
    shop.run_for(minutes=1)
    assert shop.incident().phase == "cancelled"


def test_it_waits_for_the_last_alert(shop: Shop) -> None:
    shop.fire("Errors")
    shop.fire("Latency")
    shop.clear("Errors")
    shop.run_for(minutes=20)
    assert shop.incident().phase == "detected"
    shop.clear("Latency")
    shop.run_for(minutes=10)
    assert shop.incident().phase == "cancelled"


def test_a_second_all_clear_does_not_put_it_off(shop: Shop) -> None:
    shop.fire()
    shop.clear()
    shop.run_for(minutes=5)
    shop.clear()
    shop.run_for(minutes=5)
    assert shop.incident().phase == "cancelled"


def test_a_confirmed_one_is_resolved_by_people_only(shop: Shop) -> None:
    shop.fire()
    with shop.scope():
        confirm(incident=shop.incident(), customers_notice=True, actor=ENGINE, now=shop.clock.now())
    shop.clear()
    shop.run_for(minutes=30)
    assert shop.incident().is_open
    assert shop.incident().recovered_due_at is None


def test_confirmed_during_the_ten_minutes_it_stays(shop: Shop) -> None:
    shop.fire()
    shop.clear()
    shop.run_for(minutes=5)
    with shop.scope():
        confirm(incident=shop.incident(), customers_notice=True, actor=ENGINE, now=shop.clock.now())
    shop.run_for(minutes=30)
    assert shop.incident().is_open


def test_a_service_may_say_no(shop: Shop) -> None:
    with shop.scope(), acting(ENGINE, now=shop.clock.now()):
        service = Service.objects.get()
        service.recovers_alone = False
        service.save()
    shop.fire()
    shop.clear()
    shop.run_for(minutes=30)
    assert shop.incident().phase == "detected"


def test_after_it_recovered_the_same_alert_pages_anew(shop: Shop) -> None:
    shop.fire()
    shop.clear()
    shop.run_for(minutes=10)
    mail.outbox.clear()
    shop.fire()
    assert [incident.phase for incident in shop.incidents()] == ["cancelled", "detected"]
    assert len(pages()) == 1


def test_it_falls_due_when_it_should(shop: Shop) -> None:
    shop.fire()
    assert recovery.DEADLINES.next_due(clock.now()) is None
    shop.clear()
    due = shop.incident().recovered_due_at
    assert recovery.DEADLINES.next_due(clock.now()) == due
    assert recovery.DEADLINES.oldest_due(clock.now()) is None
    assert due is not None
    shop.clock.set(due)
    assert recovery.DEADLINES.oldest_due(clock.now()) == due


def test_two_engines_at_once_cancel_it_once(shop: Shop) -> None:
    shop.fire()
    shop.clear()
    now = shop.clock.move(minutes=10)
    assert [recovery.DEADLINES.run(now), recovery.DEADLINES.run(now)] == [1, 0]


def test_a_lost_deadline_is_found(shop: Shop) -> None:
    shop.fire()
    shop.clear()
    with shop.scope(), connection.cursor() as cursor:
        cursor.execute("UPDATE incidents_incident SET recovered_due_at = NULL")
    assert recovery.repair(shop.clock.now()) == 1
    assert recovery.repair(shop.clock.now()) == 0
    shop.run_for(minutes=10)
    assert shop.incident().phase == "cancelled"


def test_what_needs_no_deadline_is_left_alone(shop: Shop) -> None:
    shop.fire("Errors")
    assert recovery.repair(shop.clock.now()) == 0
    shop.clear("Errors")
    shop.run_for(minutes=10)
    assert recovery.repair(shop.clock.now()) == 0


def test_a_failing_one_does_not_stop_the_others(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Shop(shop.clock, "other")
    for each in (shop, other):
        each.fire()
        each.clear()
    cancel = recovery.cancel

    def fails_for_the_first(*, incident: Incident, **kwargs: object) -> Incident:
        if incident.tenant_id == shop.made.tenant.pk:
            raise ValueError("broken")
        return cancel(incident=incident, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(recovery, "cancel", fails_for_the_first)
    shop.run_for(minutes=10)
    assert (shop.incident().phase, other.incident().phase) == ("detected", "cancelled")
