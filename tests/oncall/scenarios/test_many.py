"""Many at once: a storm is one page, its end is said once, and what waited long is not a flood."""

import re
from collections import Counter
from itertools import cycle

from tests.oncall.scenarios.house import House, address_of, step
from tests.oncall.scenarios.named import scenario

TWELVE = [f"Service {number}" for number in range(1, 13)]


@scenario("many alerts, then close")
def test_twelve_services_are_one_page_and_one_word_that_it_is_over(house: House) -> None:
    for service in TWELVE:
        house.paged_by(["bram"], ["marc"], service=service)
    for service in TWELVE:
        house.post_only(service=service)
    house.run()
    page = house.message("bram", "email", "INC-1")
    assert house.heard() == []
    house.later(minutes=2)
    drawn = house.client.get(re.search(r"/p/\w+", page.sent.words)[0]).content.decode()  # type: ignore[index]
    listed = re.findall(r'name="also" value="(\w+)"', drawn)
    assert len(listed) == 11
    assert "You have it" in house.press(page, "ack", also=listed)  # type: ignore[arg-type]
    for service in TWELVE:
        house.post_only(service=service, action="resolve")
    house.run()
    house.later(minutes=9)
    assert house.heard() == []
    house.later(minutes=4)
    assert house.heard() == ["bram email over"]
    assert {incident.phase for incident in house.incidents()} == {"cancelled"}


@scenario("engine stopped for two hours, most resolved meanwhile")
def test_an_engine_that_slept_wakes_nobody_for_what_is_over(house: House) -> None:
    """Ten ladders run when it stops; six are false alarms by the time it is back, one is new and worse."""
    names = [f"Service {number}" for number in range(1, 11)]
    for service in [*names, "Worst"]:
        house.paged_by(["bram"], ["marc"], repeat=3, service=service)
    for service in names:
        house.post_only(service=service, severity="error")
    house.run()
    house.message("bram", "email", "INC-1")
    house.clock.move(minutes=60)
    house.post_only(service="Worst", severity="critical")
    for number in range(1, 7):
        house.deed("marc", f"i/{number}/do/false_alarm", run=False)
    house.clock.move(minutes=60)
    house.run()
    # 13:00. Those that are open come as one page to each whose turn it is, and the new one at once.
    house.message("bram", "email", "INC-7", "3 more pages wait behind this one")
    house.message("bram", "email", "[SEV1?] INC-11 Worst")
    house.message("marc", "email", "INC-7", "Your turn: Bram did not answer.")
    assert house.heard() == []
    house.later(minutes=1)
    house.message("bram", "email", "[Over] INC-1")  # of what he was paged for, once
    house.later(minutes=3, seconds=59)
    assert house.heard() == []  # the steps count from what was sent at 13:00
    house.later(seconds=1)
    told = house.wire.take()
    assert all("/p/" in sent.words and "INC-1 " not in sent.words for sent in told)
    assert any("INC-11" in sent.words and sent.to == "marc@acme.test" for sent in told)


@scenario("sixty alerts while a provider is down")
def test_sixty_alerts_without_a_carrier_reach_everybody(house: House) -> None:
    """Three for each of twenty services of five people, by text message; mail is what is left meanwhile."""
    people = ("bram", "marc", "carla", "vera", "anna")
    of = {}
    for name in people:
        house.reached(name, "sms")
        of[name] = house.paged_by(step(name, delay_minutes=300), service=name.title())
    services = [f"Service {number}" for number in range(1, 21)]
    for service, name in zip(services, cycle(people), strict=False):
        house.watched(service, of[name])
    house.wire.down("sms", minutes=30)
    for key in ("d1", "d2", "d3"):
        for service in services:
            house.post_only(key, service)
    house.run()
    house.later(seconds=20)
    told = house.wire.take()
    assert {(sent.method, sent.to) for sent in told} == {("email", f"{name}@acme.test") for name in people}
    for _ in range(13):  # an older page hides lesser ones for five minutes, so one comes every five
        house.clock.move(minutes=5, seconds=1)
        house.run()
        told += house.wire.take()
    times = Counter((sent.method, sent.to, key_of(sent.words)) for sent in told)
    assert max(times.values()) == 1, times.most_common(3)
    assert {key for _method, _to, key in times} == {f"INC-{number}" for number in range(1, 21)}
    assert {to for method, to, _key in times if method == "sms"} == {
        address_of(name, "sms") for name in people
    }


def key_of(words: str) -> str:
    found = re.search(r"INC-\d+", words)
    assert found, words
    return found[0]
