"""What every pager must pass, for ladders: HTTP in, time on, messages out, and nothing else was sent.

The fixture `wire` fails a test by whatever left the house and was not looked at.
"""

from typing import Any

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.operations.people import end_membership
from oncall.models import (
    Escalation,
    NotificationRule,
    Rotation,
    RotationMember,
    Step,
    StepTarget,
)
from oncall.operations import paging
from oncall.operations.reassigning import apply_policy
from tests.conftest import MovedClock
from tests.oncall.conftest import Pager, person
from tests.oncall.door import Door
from tests.oncall.policies import add_step, policy_of, step, team_of
from tests.oncall.wire import Wire
from tests.people import World


@pytest.fixture
def door(world: World, moved_clock: MovedClock, wire: Wire) -> Door:
    return Door(world, moved_clock, wire)


def opened(door: Door, *steps: Any, **fields: Any) -> Pager:
    with door.scope():
        door.open(policy_of(door.pager, *steps, **fields))
    return door.pager


# --- one page, several steps, several people ---


def test_simple_one_alert_one_page_one_answer(door: Door) -> None:
    opened(door, step("bram"))
    door.fires()
    assert door.heard() == ["bram [SEV1?]"]
    assert "You have it" in door.press("bram", "ack")
    door.later(minutes=24)
    assert door.heard() == []


def test_multistep_each_in_its_time_until_somebody_answers(door: Door) -> None:
    opened(door, step("bram", delay_minutes=3), step("marc", delay_minutes=7), step("carla"))
    door.fires()
    door.later(minutes=2)
    assert door.heard() == ["bram [SEV1?]"]
    door.later(minutes=1)
    assert door.heard() == ["marc [SEV1?]"]
    door.later(minutes=6)
    assert door.heard() == []
    door.press("marc", "ack")
    assert door.heard() == ["bram [Taken]"]
    door.later(minutes=10)
    assert door.heard() == []


def test_multiuser_all_are_paged_and_all_but_the_taker_hear_it(door: Door) -> None:
    with door.scope():
        team = team_of(door.pager, "marc", "carla")
    opened(door, step("bram", team))
    door.fires()
    assert door.heard() == ["bram [SEV1?]", "marc [SEV1?]", "carla [SEV1?]"]
    door.press("carla", "ack")
    assert sorted(door.heard()) == ["bram [Taken]", "marc [Taken]"]


def test_several_answers_are_needed_and_the_first_is_shown_as_having_it(door: Door) -> None:
    opened(door, step("bram", "marc", answers_needed=2), step("anna"))
    door.fires()
    assert door.heard() == ["bram [SEV1?]", "marc [SEV1?]"]
    door.press("bram", "ack")
    assert door.incident().acknowledged_at is not None
    door.later(minutes=5)
    assert door.heard() == ["anna [SEV1?]"]
    door.press("marc", "ack")
    assert str(door.escalation().acknowledged_by) == "Bram"
    assert door.heard() == ["anna [Taken]"]


# --- repeating ---


def test_repeat_as_often_as_it_says_then_the_loud_end(door: Door) -> None:
    opened(door, step("bram"), step("marc"), repeat=1)
    door.fires()
    door.later(minutes=19)
    assert door.heard() == ["bram [SEV1?]", "marc [SEV1?]"] * 2
    door.later(minutes=1)
    assert door.heard() == ["anna [Nobody answered]"]
    door.later(minutes=30)
    assert door.heard() == []


def test_for_ever_it_pages_on_until_somebody_answers(door: Door) -> None:
    opened(door, step("bram", delay_minutes=20), repeat_forever=True)
    door.fires()
    door.later(hours=2)
    assert door.heard() == ["bram [SEV1?]"] * 7
    door.press("bram", "ack")
    door.later(minutes=24)
    assert door.heard() == []


# --- what is changed under a running ladder ---


def test_a_gap_in_the_numbers_of_the_steps_is_no_gap_in_time(door: Door) -> None:
    opened(door, step("bram"))
    with door.scope():
        policy = door.escalation_policy()
        add_step(door.pager, policy, 7, step("carla"))
        add_step(door.pager, policy, 4, step("marc"))
    door.fires()
    door.later(minutes=10)
    assert door.heard() == ["bram [SEV1?]", "marc [SEV1?]", "carla [SEV1?]"]


def test_a_step_deleted_in_mid_run_is_still_climbed_and_by_the_next_alert_no_more(door: Door) -> None:
    pager = opened(door, step("bram"), step("marc"), step("carla"))
    door.fires()
    with door.scope(), acting(ENGINE, now=pager.now):
        gone = Step.objects.get(position=2)
        gone.targets.all().delete()
        gone.delete()
    door.later(minutes=10)
    assert door.heard() == ["bram [SEV1?]", "marc [SEV1?]", "carla [SEV1?]"]


def test_a_deleted_step_is_let_go_of_by_number_where_the_change_is_applied(door: Door) -> None:
    pager = opened(door, step("bram"), step("marc"), step("carla"), repeat=1)
    door.fires()
    with door.scope():
        with acting(ENGINE, now=pager.now):
            gone = Step.objects.get(position=3)
            gone.targets.all().delete()
            gone.delete()
        policy = door.escalation_policy()
        assert apply_policy(policy=policy, actor=person(door.people["marc"]), now=pager.now) == 1
    door.later(minutes=10)
    assert door.heard() == ["bram [SEV1?]", "marc [SEV1?]", "bram [SEV1?]"]


def test_a_user_who_leaves_in_mid_run_gives_way_at_once(door: Door) -> None:
    pager = opened(door, step("bram"), step("marc"), step("carla"))
    door.fires()
    with door.scope():
        owner = person(door.people["anna"])
        end_membership(membership=door.people["bram"], actor=owner, now=pager.now)
        door.run()
        end_membership(membership=door.people["carla"], actor=owner, now=pager.now)
    assert door.heard() == ["bram [SEV1?]", "marc [SEV1?]"]
    door.later(minutes=5)
    assert door.heard() == ["anna [Nobody answered]"]


def test_a_rotation_and_a_schedule_deleted_in_mid_run_are_empty_steps(door: Door) -> None:
    with door.scope():
        one, other = door.pager.schedule("marc", called="One"), door.pager.schedule("carla", called="Other")
        rotation = Rotation.objects.get(schedule=other)
    opened(door, step("bram"), step(rotation), step(one), step("anna"))
    door.fires()
    with door.scope(), acting(ENGINE, now=door.clock.now()):
        StepTarget.objects.exclude(kind="person").delete()
        RotationMember.objects.filter(rotation=rotation).delete()
        rotation.delete()
        one.delete()
    door.later(minutes=5)
    assert door.heard() == ["bram [SEV1?]", "anna [SEV1?]"]


def test_given_to_another_policy_in_mid_run_only_the_active_one_pages(door: Door) -> None:
    opened(door, step("bram"), step("marc"), step("anna"))
    door.fires()
    with door.scope():
        other = policy_of(door.pager, step("carla"), step("vera"), called="Other")
        paging.reassign(
            escalation_id=door.escalation().pk,
            policy=other,
            actor=person(door.people["bram"]),
            now=door.clock.now(),
        )
    door.run()
    assert door.heard() == ["bram [SEV1?]", "bram [Taken]", "carla [SEV1?]"]
    door.later(minutes=5)
    assert door.heard() == ["vera [SEV1?]"]
    door.press("carla", "ack")
    assert door.heard() == ["vera [Taken]"]
    door.later(minutes=20)
    assert door.heard() == []


def test_a_rule_added_after_the_cycle_began_counts_from_the_next_page_on(door: Door) -> None:
    opened(door, step("bram", delay_minutes=10), repeat=1)
    with door.scope():
        door.pager.contact("bram", address="bram@pager.test")
    door.fires()
    with door.scope():
        door.pager.contact("bram", address="second@pager.test", delay=2)
    door.later(minutes=9)
    assert door.heard() == ["bram [SEV1?]"]
    door.later(minutes=4)
    assert door.heard() == ["bram [SEV1?]", "second [SEV1?]"]


def test_empty_user_data_is_paged_by_the_address_they_sign_in_with(door: Door) -> None:
    opened(door, step("bram"))
    with door.scope(), acting(ENGINE, now=door.clock.now()):
        NotificationRule.objects.all().delete()
        user = door.people["bram"].user
        user.name = ""
        user.save()
    door.fires()
    assert door.heard() == ["bram [SEV1?]"]


# --- status, expiry, many ---


def test_status_updates_the_others_hear_who_has_it_that_it_runs_out_and_that_it_is_over(door: Door) -> None:
    opened(door, step("bram", "marc"))
    door.fires()
    assert door.heard() == ["bram [SEV1?]", "marc [SEV1?]"]
    door.press("bram", "ack")
    assert door.heard() == ["marc [Taken]"]
    door.later(minutes=25)
    assert door.heard() == ["bram [Still on it?]"]
    door.later(minutes=5)
    assert door.heard() == ["bram [SEV1?]", "marc [SEV1?]"]
    with door.scope():
        paging.stop(
            escalation_id=door.escalation().pk, reason="over", actor=ENGINE, now=door.clock.now(), tell=True
        )
    door.run()
    assert sorted(door.heard()) == ["bram [Over]", "marc [Over]"]
    door.later(hours=1)
    assert door.heard() == []


def test_who_says_that_they_are_still_on_it_is_left_in_peace(door: Door) -> None:
    opened(door, step("bram"), step("marc"))
    door.fires()
    door.press("bram", "ack")
    door.later(minutes=25)
    with door.scope():
        paging.renew_ack(
            escalation_id=door.escalation().pk,
            actor=person(door.people["bram"]),
            now=door.clock.now(),
            said=True,
        )
    door.later(minutes=24)
    assert door.heard() == ["bram [SEV1?]", "bram [Still on it?]"]


def test_many_alerts_are_one_incident_and_one_page_and_their_end_is_one_message(door: Door) -> None:
    opened(door, step("bram"), step("marc", delay_minutes=60))
    for number in range(20):
        door.fires(f"Errors{number}")
    assert door.heard() == ["bram [SEV1?]"]
    for number in range(20):
        door.clears(f"Errors{number}")
    door.later(minutes=4)
    assert door.heard() == []
    door.later(minutes=7)  # the second step in between; recovered by itself after ten quiet minutes
    assert sorted(door.heard()) == ["bram [Over]", "marc [Over]", "marc [SEV1?]"]
    door.later(hours=2)
    assert door.heard() == []


def test_a_ladder_that_began_before_an_upgrade_goes_on_after_it(door: Door) -> None:
    """Snapshot, event and page as the version before stored them: without any of the newer fields."""
    opened(door, step("bram"), step("marc"))
    door.fires()
    with door.scope():
        row = Escalation.objects.get()
        old = row.snapshot
        rungs = [{name: rung[name] for name in ("delay_minutes", "targets")} for rung in old["rungs"]]
        Escalation.objects.update(
            snapshot={"name": old["name"], "repeat": old["repeat"], "fallback": None, "rungs": rungs}
        )
    door.later(minutes=5)
    assert door.heard() == ["bram [SEV1?]", "marc [SEV1?]"]
    door.press("marc", "ack")
    assert door.heard() == ["bram [Taken]"]


# --- late and double answers ---


def test_two_taps_on_pass_on_skip_nobody(door: Door) -> None:
    opened(door, step("bram"), step("marc"), step("carla"))
    door.fires()
    drawn = door.clock.now().isoformat()
    door.later(seconds=20)
    door.press("bram", "pass_on", drawn=drawn)
    door.later(seconds=2)
    door.press("bram", "pass_on", drawn=drawn)
    assert door.heard() == ["bram [SEV1?]", "marc [SEV1?]"]


def test_a_late_pass_on_after_the_step_fired_by_itself_skips_nobody(door: Door) -> None:
    opened(door, step("bram"), step("marc"), step("carla"))
    door.fires()
    drawn = door.clock.now().isoformat()
    door.later(minutes=5)
    door.press("bram", "pass_on", drawn=drawn)
    assert door.heard() == ["bram [SEV1?]", "marc [SEV1?]"]
