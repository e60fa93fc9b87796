"""What is meant to be silent: maintenance, quiet hours, a test to an address that was switched off."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.oncall.scenarios.house import House, step
from tests.oncall.scenarios.named import scenario

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def maintain(house: House, mode: str, minutes: int = 60) -> None:
    begins, ends = (
        moment.astimezone(AMSTERDAM) for moment in (house.now, house.now + timedelta(minutes=minutes))
    )
    house.api(
        "bram", "maintenance-windows", name="Deploy", services=[house.services["Checkout"].uid], mode=mode,
        time_zone="Europe/Amsterdam", start_date=begins.date().isoformat(), start_time=f"{begins:%H:%M}",
        end_date=ends.date().isoformat(), end_time=f"{ends:%H:%M}",
    )  # fmt: skip


@scenario("maintenance blocks create")
def test_suppressed_alerts_open_nothing_and_page_nobody(house: House) -> None:
    maintain(house, "suppress")
    for key in ("d1", "d2", "d1"):
        house.alert(key)
    assert house.incidents() == []
    house.clear("d1")
    house.clear("d2")
    house.later(hours=2)
    assert (house.heard(), house.incidents()) == ([], [])


@scenario("maintenance blocks escalate")
def test_a_ladder_that_runs_climbs_no_further(house: House) -> None:
    house.alert()
    assert house.heard() == ["bram email page"]
    house.later(minutes=2)
    maintain(house, "no_page")
    house.alert("d2")
    house.later(minutes=20)
    assert house.heard() == []
    house.clear("d1")
    house.clear("d2")
    house.later(minutes=45)
    assert house.heard() == ["bram email over"]


@scenario("maintenance ends: what still fires pages")
def test_at_its_end_what_still_fires_pages_from_the_first_step(house: House) -> None:
    house.paged_by(["carla"], service="Exports")
    house.alert()
    assert house.heard() == ["bram email page"]
    house.later(minutes=2)
    maintain(house, "no_page")
    house.alert(service="Exports")
    assert house.heard() == ["carla email page"]  # another service is not in it
    house.later(minutes=5)
    assert house.heard() == ["anna email nobody"]
    house.later(minutes=54)
    assert house.heard() == []
    house.later(minutes=2)
    assert house.heard() == ["bram email page"]
    house.later(minutes=5)
    assert house.heard() == ["anna email page"]


@scenario("quiet hours digest")
def test_what_is_not_urgent_waits_for_the_morning_and_comes_in_one_message(house: House) -> None:
    for service in ("One", "Two", "Three", "Loud"):
        house.paged_by(step("bram", delay_minutes=720), service=service)
        with house.inside():
            house.services[service].urgency = "high" if service == "Loud" else "low"
            house.services[service].save()
    house.api("bram", "pager-profile", quiet_start="22:00", quiet_end="07:00")
    house.clock.set(datetime(2026, 11, 24, 1, 0, tzinfo=UTC))
    for service in ("One", "Two", "Three"):
        house.alert(service=service, severity="error")
    house.alert(service="Loud", severity="error")
    house.message("bram", "email", "INC-4 Loud")
    house.clear(service="Two")
    house.until(datetime(2026, 11, 24, 5, 59, 59, tzinfo=UTC))
    assert house.heard() == []
    house.later(seconds=1)
    digest = house.message(
        "bram", "email", "2 pages waited for the end of your quiet hours.", "INC-1", "INC-3"
    )
    assert "INC-2" not in digest.sent.words
    house.later(hours=2)
    assert house.heard() == []


@scenario("contact disabled while a test is queued")
def test_a_test_does_not_go_where_it_must_not_go_any_more(house: House) -> None:
    [number] = house.reached("bram", "sms")
    house.api("bram", "pager-profile/test", run=False)
    house.api("bram", f"contact-methods/{number.uid}/switch-off", run=False)
    house.run()
    assert house.heard() == ["bram email test"]
    house.later(minutes=20)
    assert house.heard() == []
