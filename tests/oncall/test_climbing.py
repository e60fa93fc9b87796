"""A ladder from its first page to its loud end, with the clock moved."""

import pytest
from django.core import mail

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from oncall import signals
from oncall.models import Escalation, EscalationEvent, EscalationPolicy, Notification, Step
from tests.oncall.conftest import MINUTE, Pager, logged


@pytest.fixture
def exhausted() -> list[Escalation]:
    """Escalations for which escalation_exhausted was sent."""
    heard: list[Escalation] = []

    def hear(sender: object, escalation: Escalation, **kwargs: object) -> None:
        heard.append(escalation)

    signals.escalation_exhausted.connect(hear, weak=False)
    yield heard
    signals.escalation_exhausted.disconnect(hear)


def kinds(escalation: Escalation) -> list[str]:
    return list(EscalationEvent.objects.filter(escalation=escalation).values_list("kind", flat=True))


def test_the_first_step_pages_at_once_and_the_second_after_its_delay(pager: Pager) -> None:
    pager.start(pager.policy(["bram"], ["marc"]))
    assert pager.mailed() == ["bram"]
    pager.later(minutes=4, seconds=59)
    assert pager.mailed() == []
    pager.later(seconds=1)
    assert pager.mailed() == ["marc"]


def test_it_repeats_as_often_as_the_policy_says_and_then_ends_loudly(
    pager: Pager, exhausted: list[Escalation], caplog: pytest.LogCaptureFixture
) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"], repeat=1))
    for _ in range(3):
        pager.later(minutes=5)
    assert pager.mailed() == ["bram", "marc", "bram", "marc"]
    assert exhausted == []
    pager.later(minutes=5)
    # The owner hears by mail to the address she signs in with, incidents by the signal, and the log says so.
    assert pager.mails() == [("anna", "[Nobody answered] INC-42 Checkout: payments fail for all customers")]
    assert exhausted == [escalation]
    assert ("ERROR", "escalation_exhausted") in logged(caplog)
    assert kinds(escalation) == ["started", *["step"] * 4, "exhausted"]
    pager.later(hours=10)
    assert pager.mailed() == []


def test_a_later_mail_says_whose_turn_it_is_and_who_did_not_answer(pager: Pager) -> None:
    pager.start(pager.policy(["bram"], ["marc"], repeat=1))
    pager.later(minutes=5)
    assert "Your turn: Bram did not answer." in mail.outbox[-1].body
    pager.later(minutes=5)
    assert "Paged again, round 2: nobody has it." in mail.outbox[-1].body


def test_an_empty_step_is_passed_over_at_once(pager: Pager) -> None:
    nobody = pager.schedule(called="Nobody")
    escalation = pager.start(pager.policy([nobody], ["bram"]))
    assert pager.mailed() == ["bram"]
    assert kinds(escalation) == ["started", "skipped", "step"]


def test_where_every_step_is_empty_the_owners_are_paged_loudly(
    pager: Pager, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = pager.schedule(called="Nobody")
    pager.start(pager.policy([nobody], [nobody], repeat=1))
    assert pager.mails() == [("anna", "[SEV1?] INC-42 Checkout: payments fail for all customers")]
    assert ("ERROR", "nobody_on_call") in logged(caplog)


def test_where_every_step_is_empty_the_policy_s_fallback_comes_before_the_owners(pager: Pager) -> None:
    policy = pager.policy([pager.schedule(called="Nobody")])
    with acting(ENGINE, now=pager.now):
        policy.fallback = pager.people["carla"]
        policy.save()
    pager.start(policy)
    assert pager.mailed() == ["carla"]


def test_a_policy_without_steps_still_pages_somebody(pager: Pager) -> None:
    pager.start(pager.policy())
    assert pager.mailed() == ["anna"]


def test_a_person_who_left_is_not_paged_and_the_next_is_paged_at_once(pager: Pager) -> None:
    policy = pager.policy(["bram"], ["marc"])
    with acting(ENGINE, now=pager.now):
        pager.people["bram"].ended_at = pager.now
        pager.people["bram"].save()
    pager.start(policy)
    assert pager.mailed() == ["marc"]


def test_a_person_who_left_between_step_and_send_is_not_mailed(pager: Pager) -> None:
    pager.contact("bram", delay=2)
    escalation = pager.start(pager.policy(["bram"], ["marc"]))
    with acting(ENGINE, now=pager.now):
        pager.people["bram"].ended_at = pager.now
        pager.people["bram"].save()
    pager.later(minutes=3)
    assert pager.states(escalation) == ["skipped"]


def test_an_edit_of_the_policy_does_not_move_a_running_ladder(pager: Pager) -> None:
    policy = pager.policy(["bram"], ["marc"])
    pager.start(policy)
    with acting(ENGINE, now=pager.now):
        for step in Step.objects.filter(policy=policy):
            step.targets.all().delete()
            step.delete()
        EscalationPolicy.objects.get(pk=policy.pk).delete()
    pager.later(minutes=5)
    assert pager.mailed() == ["bram", "marc"]


def test_a_schedule_deleted_under_a_running_ladder_is_an_empty_step_not_a_stop(pager: Pager) -> None:
    schedule = pager.schedule("carla")
    policy = pager.policy(["bram"], [schedule], ["marc"])
    pager.start(policy)
    with acting(ENGINE, now=pager.now):
        Step.objects.get(policy=policy, position=2).targets.all().delete()
        schedule.delete()
    pager.later(minutes=5)
    assert pager.mailed() == ["bram", "marc"]


def test_an_engine_that_slept_for_hours_fires_one_step_and_counts_from_there(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"], ["carla"]))
    pager.later(hours=2)
    assert pager.mailed() == ["bram", "marc"]
    assert Escalation.objects.get(pk=escalation.pk).next_step_at == pager.now + 5 * MINUTE


def test_a_person_in_a_step_twice_is_paged_once(pager: Pager) -> None:
    escalation = pager.start(pager.policy([pager.schedule("bram"), "bram"]))
    assert pager.mailed() == ["bram"]
    assert Notification.objects.filter(escalation=escalation).count() == 1


def test_own_rules_decide_how_and_when_and_by_urgency(pager: Pager) -> None:
    pager.contact("bram", address="first@pager.test")
    pager.contact("bram", address="second@pager.test", delay=3)
    pager.contact("bram", address="low@pager.test", urgency="low")
    pager.start(pager.policy(["bram"], ["marc"], delay=30))
    assert pager.mailed() == ["first"]
    pager.later(minutes=3)
    assert pager.mailed() == ["second"]


def test_a_second_run_of_the_same_due_step_does_nothing(pager: Pager) -> None:
    escalation = pager.start(pager.policy(["bram"], ["marc"]), run=False)
    pager.engine.run()
    pager.engine.run()
    assert Notification.objects.filter(escalation=escalation).count() == 1
