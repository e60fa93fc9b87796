"""What was under way when a newer version came: rows as the first release wrote them go on."""

from typing import Any

from oncall.models import Escalation, Notification
from tests.oncall.scenarios.house import House, step
from tests.oncall.scenarios.named import scenario
from tests.oncall.wire import refuse

# Of oncall/ladder.py and operations/summons.py as they were first released.
RUNG = ("delay_minutes", "targets")
WHY = ("step", "next", "kind", "name", "until", "variant", "others", "try", "detail")


def as_first_released(house: House) -> None:
    with house.inside():
        for row in Escalation.objects.all():
            Escalation.objects.filter(pk=row.pk).update(snapshot=old_snapshot(row.snapshot))
        for row in Notification.objects.all():
            why = {name: row.why[name] for name in WHY if name in row.why}
            Notification.objects.filter(pk=row.pk).update(why=why, reply_code="")


def old_snapshot(stored: dict[str, Any]) -> dict[str, Any]:
    rungs = [{name: rung[name] for name in RUNG} for rung in stored["rungs"]]
    return {
        "name": stored["name"],
        "repeat": stored["repeat"],
        "rungs": rungs,
        "fallback": stored["fallback"],
    }


@scenario("in-flight across a migration")
def test_a_ladder_and_its_pages_in_flight_go_on(house: House) -> None:
    duty = house.schedule("bram")
    house.paged_by(step(duty), ["marc"], repeat=1)
    house.reached("bram", "email", ("push", 2))
    house.wire.answers("email", refuse(451))
    house.post_only()
    house.engine.run()  # the mail has failed once, and waits
    as_first_released(house)
    assert house.heard() == ["bram push page"]
    house.later(seconds=10)
    page = house.message("bram", "email", "For Bram: you are on call for Duty")
    as_first_released(house)
    house.later(minutes=5)
    assert house.heard() == ["marc email page"]
    house.later(minutes=5)
    assert sorted(house.heard()) == ["bram email page"]
    house.press(page, "ack")
    as_first_released(house)
    house.later(minutes=1)
    house.message("marc", "email", "INC-1 taken by Bram")
    house.later(minutes=24)
    assert sorted(house.heard()) == ["bram email reminder", "bram push reminder"]
