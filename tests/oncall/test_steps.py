"""Steps of every kind, as a ladder climbs them."""

from datetime import datetime, time
from typing import Any

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from oncall.models import Escalation, EscalationPolicy, EventKind, Notification, Rotation
from oncall.operations import auditing
from oncall.operations.paging import start_escalation
from oncall.operations.progress import held, next_in_line
from tests.oncall.conftest import CARD, MINUTE, Pager
from tests.oncall.policies import channel, heard, policy_of, step, team_of
from tests.oncall.wire import Wire


def weekdays(pager: Pager, *names: str) -> Any:
    """A schedule with somebody on call from 09:00 to 17:00 on weekdays in Amsterdam, and nobody else."""
    schedule = pager.schedule(*names, called="Office")
    with acting(ENGINE, now=pager.now):
        rotation = Rotation.objects.get(schedule=schedule)
        rotation.restrictions.create(days="12345", start=time(9), end=time(17))
    return schedule


def at_night(pager: Pager) -> None:
    pager.clock.set(datetime.fromisoformat("2026-11-24T03:00+01:00"))


def test_a_team_is_called_whole_and_whoever_joined_meanwhile_is_in_it(pager: Pager, wire: Wire) -> None:
    team = team_of(pager, "bram")
    pager.start(policy_of(pager, step("carla"), step(team)))
    assert heard(wire) == ["carla [SEV1?]"]
    with acting(ENGINE, now=pager.now):
        team.team_members.create(membership=pager.people["marc"])
    pager.later(minutes=5)
    assert heard(wire) == ["bram [SEV1?]", "marc [SEV1?]"]


def test_who_is_on_call_next_is_called_after_who_is_on_call_now(pager: Pager, wire: Wire) -> None:
    schedule = pager.schedule("bram", "marc", "carla")
    pager.start(policy_of(pager, step(schedule), step(("next", schedule))))
    assert heard(wire) == ["bram [SEV1?]"]
    pager.later(minutes=5)
    words = wire.take()[0].words
    assert "you are on call next for Checkout" in words


def test_a_rotation_is_its_holder_alone_whatever_lies_over_it(pager: Pager, wire: Wire) -> None:
    schedule = pager.schedule("bram", "marc")
    with acting(ENGINE, now=pager.now):
        over = Rotation.objects.create(
            schedule=schedule, name="Over", start_date=pager.now.date(), start_time=time(9), priority=5
        )
        over.participants.create(membership=pager.people["carla"], position=1)
    pager.start(policy_of(pager, step(Rotation.objects.get(name="Weekly")), step(schedule)))
    assert heard(wire) == ["bram [SEV1?]"]
    pager.later(minutes=5)
    assert heard(wire) == ["carla [SEV1?]"]


def test_one_in_turn_takes_the_next_with_each_ladder_and_passes_over_who_left(
    pager: Pager, wire: Wire
) -> None:
    policy = policy_of(pager, step("bram", "marc", "carla", strategy="in_turn", delay_minutes=600))
    for key, name in (("INC-1", "bram"), ("INC-2", "marc"), ("INC-3", "carla"), ("INC-4", "bram")):
        pager.start(policy, key=key)
        assert heard(wire) == [f"{name} [SEV1?]"], key
        pager.clock.move(minutes=6)  # beyond the window in which pages fold
    with acting(ENGINE, now=pager.now):
        pager.people["marc"].ended_at = pager.now
        pager.people["marc"].save()
    pager.start(policy, key="INC-5")
    assert heard(wire) == ["carla [SEV1?]"]
    assert EscalationPolicy.objects.get().ladders_begun == 5


def test_in_turn_each_further_round_takes_the_next(pager: Pager, wire: Wire) -> None:
    pager.start(policy_of(pager, step("bram", "marc", strategy="in_turn"), repeat=2))
    pager.later(minutes=5)
    pager.later(minutes=5)
    assert heard(wire) == ["bram [SEV1?]", "marc [SEV1?]", "bram [SEV1?]"]


def test_a_policy_without_turns_counts_nothing(pager: Pager, wire: Wire) -> None:
    pager.start(policy_of(pager, step("bram")))
    assert EscalationPolicy.objects.get().ladders_begun == 0
    heard(wire)


def test_a_channel_is_told_beside_people_and_hears_who_took_it_and_that_it_is_over(
    pager: Pager, wire: Wire
) -> None:
    escalation = pager.start(policy_of(pager, step("bram", channel(pager))))
    assert sorted(heard(wire)) == ["bram [SEV1?]", "slack"]
    pager.acknowledge(escalation, "bram")
    wire.expect("slack", "https://hooks.slack.com/services/T/B/ops", "taken by Bram")
    from oncall.operations import paging

    paging.stop(escalation_id=escalation.pk, reason="resolved", actor=ENGINE, now=pager.now, tell=True)
    pager.engine.run()
    assert sorted(heard(wire)) == ["bram [Over]", "slack"]


def test_a_channel_alone_wakes_nobody_so_the_last_resort_is_called_as_well(pager: Pager, wire: Wire) -> None:
    policy = policy_of(pager, step(channel(pager)), fallback=pager.people["marc"])
    pager.start(policy)
    assert sorted(heard(wire)) == ["marc [SEV1?]", "slack"]


def test_a_channel_before_people_is_told_and_takes_its_time(pager: Pager, wire: Wire) -> None:
    pager.start(policy_of(pager, step(channel(pager), delay_minutes=2), step("bram")))
    assert heard(wire) == ["slack"]
    pager.later(minutes=2)
    assert heard(wire) == ["bram [SEV1?]"]


def test_one_channel_in_two_steps_passed_over_together_is_told_once(pager: Pager, wire: Wire) -> None:
    ops, nobody = channel(pager), pager.schedule(called="Nobody")
    pager.start(policy_of(pager, step(nobody, ops), step(nobody, ops), step("bram", ops)))
    assert sorted(heard(wire)) == ["bram [SEV1?]", "slack"]


def test_an_empty_step_that_waits_takes_its_minutes(pager: Pager, wire: Wire) -> None:
    nobody = pager.schedule(called="Nobody")
    pager.start(policy_of(pager, step(nobody, if_empty="wait", delay_minutes=7), step("bram")))
    assert heard(wire) == []
    pager.later(minutes=7)
    assert heard(wire) == ["bram [SEV1?]"]


def test_where_all_steps_wait_for_nobody_the_last_resort_is_called_at_once(pager: Pager, wire: Wire) -> None:
    nobody = pager.schedule(called="Nobody")
    pager.start(policy_of(pager, step(nobody, if_empty="wait"), step(nobody, if_empty="wait")))
    assert heard(wire) == ["anna [SEV1?]"]


def test_a_held_step_is_fired_when_somebody_comes_on_call(pager: Pager, wire: Wire, caplog: Any) -> None:
    at_night(pager)
    escalation = pager.start(policy_of(pager, step(weekdays(pager, "bram"), if_empty="hold"), step("marc")))
    assert heard(wire) == []
    row = Escalation.objects.get()
    assert row.next_step_at == pager.now + 15 * MINUTE
    waiting = held(escalation=row)
    assert waiting is not None
    assert (waiting.step, waiting.why) == (1, "empty")
    assert waiting.until == datetime.fromisoformat("2026-11-24T09:00+01:00")
    line = next_in_line(escalation=row)
    assert line is not None
    assert (line.names, line.at) == (["Bram"], waiting.until)
    while pager.now < waiting.until - MINUTE:
        pager.later(minutes=15)
        if pager.now < waiting.until:
            assert auditing.audit(pager.now) == 0
            assert heard(wire) == []
    assert heard(wire) == ["bram [SEV1?]"]
    assert escalation.events.filter(kind=EventKind.HELD).count() == 1
    pager.later(minutes=5)
    assert heard(wire) == ["marc [SEV1?]"]


def test_held_for_who_is_never_on_call_it_goes_on(pager: Pager, wire: Wire) -> None:
    nobody = pager.schedule(called="Nobody")
    pager.start(policy_of(pager, step(nobody, if_empty="hold"), step("marc")))
    assert heard(wire) == ["marc [SEV1?]"]


def test_who_asks_for_more_gets_the_step_after_a_held_one(pager: Pager, wire: Wire) -> None:
    from oncall.operations import paging

    at_night(pager)
    escalation = pager.start(policy_of(pager, step(weekdays(pager, "bram"), if_empty="hold"), step("marc")))
    anna = pager.people["anna"]
    paging.pass_on(escalation_id=escalation.pk, membership=anna, actor=anna.as_actor(), now=pager.now)
    pager.engine.run()
    assert heard(wire) == ["marc [SEV1?]"]


def test_a_step_for_the_worst_is_passed_over_for_lesser_ones(pager: Pager, wire: Wire) -> None:
    policy = policy_of(pager, step("anna", severity_up_to=1), step("bram"))
    pager.start(policy, severity_rank=2)
    assert heard(wire) == ["bram [SEV1?]"]
    pager.start(policy, key="INC-43", severity_rank=1)
    assert heard(wire) == ["anna [SEV1?]"]


@pytest.mark.parametrize(
    ("moment", "who"), [("2026-11-24T03:00+01:00", "marc"), ("2026-11-24T10:00+01:00", "bram")]
)
def test_by_day_one_step_and_by_night_the_other(pager: Pager, wire: Wire, moment: str, who: str) -> None:
    hours = {"window_start": time(9), "window_end": time(17), "time_zone": "Europe/Amsterdam"}
    pager.clock.set(datetime.fromisoformat(moment))
    pager.start(
        policy_of(pager, step("bram", applies="within", **hours), step("marc", applies="outside", **hours))
    )
    assert heard(wire) == [f"{who} [SEV1?]"]


def test_a_step_is_waited_for_until_its_hours_begin(pager: Pager, wire: Wire) -> None:
    at_night(pager)
    hours = {"time_zone": "Europe/Amsterdam", "applies": "within", "if_closed": "wait"}
    pager.start(policy_of(pager, step("bram", **hours)))
    pager.engine.run_until(datetime.fromisoformat("2026-11-24T08:59+01:00"), 5 * MINUTE)
    assert heard(wire) == []
    pager.later(minutes=1)
    assert heard(wire) == ["bram [SEV1?]"]


def test_where_no_step_applies_the_last_resort_is_called(pager: Pager, wire: Wire) -> None:
    pager.start(policy_of(pager, step("bram", severity_up_to=1)), severity_rank=3)
    assert heard(wire) == ["anna [SEV1?]"]


def test_another_policy_stands_in_the_place_of_a_step(pager: Pager, wire: Wire) -> None:
    inner = policy_of(
        pager, step("marc", delay_minutes=2), step("carla", delay_minutes=2, severity_up_to=2), called="Inner"
    )
    outer = policy_of(
        pager, step("bram"), step(inner, delay_minutes=9, severity_up_to=1), step("anna"), called="Outer"
    )
    pager.start(outer)
    rungs = Escalation.objects.get().snapshot["rungs"]
    assert [(rung["delay_minutes"], rung["severity_up_to"]) for rung in rungs] == [
        (5, None),
        (2, 1),
        (9, 1),
        (5, None),
    ]
    for minutes in (5, 2, 9):
        pager.later(minutes=minutes)
    assert heard(wire) == [f"{name} [SEV1?]" for name in ("bram", "marc", "carla", "anna")]


def test_policies_that_lead_back_to_themselves_still_page_and_end(pager: Pager, wire: Wire) -> None:
    first = policy_of(pager, step("bram"), called="First")
    second = policy_of(pager, step("marc"), step(first), called="Second")
    from tests.oncall.policies import add_step

    add_step(pager, first, 2, step(second))
    pager.start(first)
    assert len(Escalation.objects.get().snapshot["rungs"]) == 3
    pager.later(minutes=5)
    assert heard(wire) == ["bram [SEV1?]", "marc [SEV1?]"]


def test_for_ever_means_for_ever(pager: Pager, wire: Wire) -> None:
    pager.start(policy_of(pager, step("bram", delay_minutes=60), repeat_forever=True))
    for _ in range(30):
        pager.later(minutes=60)
    assert heard(wire) == ["bram [SEV1?]"] * 31
    assert Escalation.objects.get().state == "paging"


def test_a_ladder_stored_by_an_older_version_goes_on(pager: Pager, wire: Wire) -> None:
    escalation = pager.start(policy_of(pager, step("bram"), step("marc")))
    old = {
        "name": "Standard",
        "repeat": 0,
        "fallback": None,
        "rungs": [
            {"delay_minutes": r["delay_minutes"], "targets": r["targets"]}
            for r in escalation.snapshot["rungs"]
        ],
    }
    Escalation.objects.update(snapshot=old)
    Notification.objects.update(why={"kind": "person", "name": "", "until": None, "variant": "page"})
    pager.later(minutes=5)
    pager.later(minutes=5)
    assert heard(wire) == ["bram [SEV1?]", "marc [SEV1?]", "anna [Nobody answered]"]


def test_low_urgency_starts_like_any_other(pager: Pager, wire: Wire) -> None:
    start_escalation(
        card=CARD, policy=policy_of(pager, step("bram")), urgency="low", actor=ENGINE, now=pager.now
    )
    pager.engine.run()
    assert heard(wire) == ["bram [SEV1?]"]
