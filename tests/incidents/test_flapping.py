"""What fires again soon after it cleared: flapping, the same alert again, and how long silence lasts."""

from datetime import timedelta

import pytest

from config.tenancy.audit import acting
from incidents.adapters import Action, IncomingAlert
from incidents.operations.alerts import take_alerts, trigger_alert
from incidents.operations.ledger import Report
from incidents.operations.sources import save_source
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, pages
from tests.incidents.test_grouping import service_of, source_of


@pytest.fixture
def shop(db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


def flap(shop: Shop, times: int) -> None:
    for _time in range(times):
        shop.fire()
        shop.clock.move(minutes=2)
        shop.clear()
        shop.clock.move(minutes=2)


class TestFlapping:
    def test_each_return_within_half_an_hour_counts_and_the_third_is_said_once(self, shop: Shop) -> None:
        flap(shop, 6)
        assert [found.flaps for found in shop.alerts()] == [0, 1, 2, 3, 4, 5]
        said = [text for _kind, text in shop.timeline() if text.startswith("Flapping")]
        assert said == ["Flapping, it fires again and again: Errors is bad"]
        assert len(shop.incidents()) == 1

    def test_recovery_waits_thirty_minutes_for_it(self, shop: Shop) -> None:
        flap(shop, 4)
        shop.run_for(minutes=20)
        assert shop.incident().is_open
        shop.run_for(minutes=10)
        assert shop.incident().phase == "cancelled"

    def test_what_comes_back_after_half_an_hour_does_not_flap(self, shop: Shop) -> None:
        flap(shop, 1)
        shop.clock.move(minutes=30)
        shop.fire()
        assert [found.flaps for found in shop.alerts()] == [0, 0]


class TestReopening:
    def test_within_the_window_it_is_the_same_alert_and_pages_nobody(self, shop: Shop) -> None:
        source_of(shop, reopen_minutes=5)
        shop.fire()
        shop.clock.move(minutes=1)
        shop.clear()
        due = shop.incident().recovered_due_at
        shop.clock.move(minutes=3)
        shop.fire()
        [only] = shop.alerts()
        assert (only.status, only.count, only.resolved_at, only.flaps) == ("triggered", 2, None, 1)
        assert due is not None
        assert shop.incident().recovered_due_at is None
        assert shop.timeline()[-1] == ("alert", "Fires again: Errors is bad")
        assert len(pages()) == 1

    def test_later_or_of_an_incident_that_is_over_it_is_a_new_one(self, shop: Shop) -> None:
        source_of(shop, reopen_minutes=20)
        shop.fire()
        shop.clock.move(minutes=1)
        shop.clear()
        shop.run_for(minutes=11)
        assert shop.incident().phase == "cancelled"
        shop.fire()
        assert (len(shop.alerts()), len(shop.incidents())) == (2, 2)


class TestSilence:
    def test_a_source_goes_before_the_hours_of_its_service(self, shop: Shop) -> None:
        service_of(shop, alerts_end_after_hours=5)
        source_of(shop, quiet_ends_after_minutes=15)
        shop.fire()
        shop.clock.move(minutes=14)
        shop.fire()
        shop.run_for(minutes=14)
        assert shop.alerts()[0].is_open
        shop.run_for(minutes=1)
        assert not shop.alerts()[0].is_open
        assert ("alert", "Went quiet: Errors is bad") in shop.timeline()

    def test_changed_at_the_source_it_holds_for_what_is_open(self, shop: Shop) -> None:
        shop.fire()
        for minutes, lasts in ((30, timedelta(minutes=30)), (None, None)):
            with shop.scope():
                shop.made.source.quiet_ends_after_minutes = minutes
                owner = shop.made.owner.as_actor()
                save_source(source=shop.made.source, actor=owner, now=shop.clock.now())
            silent_at = shop.alerts()[0].silent_at
            assert silent_at == (shop.clock.now() + lasts if lasts else None)


class TestTests:
    def test_one_pages_nobody_and_ends_by_itself(self, shop: Shop) -> None:
        trigger(shop, is_test=True)
        [only] = shop.alerts()
        assert (only.is_test, only.incident, only.count) == (True, None, 1)
        shop.run_for(minutes=61)
        assert not shop.alerts()[0].is_open
        assert (shop.incidents(), pages()) == ([], [])

    def test_a_real_one_with_its_key_is_heard_and_a_test_never_silences_one(self, shop: Shop) -> None:
        trigger(shop, is_test=True)
        trigger(shop)
        assert len(pages()) == 1
        trigger(shop, is_test=True)
        assert [(found.is_test, found.count) for found in shop.alerts()] == [(True, 1), (False, 2)]


class TestNotes:
    def test_is_on_the_record_of_the_incident_by_the_monitor(self, shop: Shop) -> None:
        trigger(shop)
        say(shop, "key", "Restarted it")
        assert shop.timeline()[-1] == ("alert", "Restarted it")

    def test_about_nothing_open_it_is_dropped(self, shop: Shop) -> None:
        say(shop, "other", "Restarted it")
        assert shop.timeline() == []


def trigger(shop: Shop, *, is_test: bool = False) -> None:
    incoming = IncomingAlert(Action.TRIGGER, "key", title="Errors", severity="critical", is_test=is_test)
    with shop.scope():
        source = shop.made.source
        trigger_alert(source=source, incoming=incoming, actor=source.as_actor(), now=shop.clock.now())
    shop.run()


def say(shop: Shop, key: str, note: str) -> None:
    report = Report(IncomingAlert(Action.NOTE, key, note=note), shop.clock.now())
    with shop.scope():
        source, now = shop.made.source, shop.clock.now()
        with acting(source.as_actor(), now=now):
            take_alerts(source=source, reports=[report], actor=source.as_actor(), now=now)
