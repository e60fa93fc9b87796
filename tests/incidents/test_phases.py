"""The machine of the seven phases, pure (DESIGN, "The seven phases as a machine")."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents import phases
from incidents.models import Phase as Labels
from incidents.phases import (
    OPEN,
    ORDER,
    Facts,
    Phase,
    Question,
    Viewer,
    begun,
    furthest,
    hard_missing,
    next_action,
    open_ends,
    soft_missing,
    steps,
)

AT = datetime(2026, 11, 23, 3, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def facts(**known: Any) -> Facts:
    return Facts(**{"at": AT, "key": "INC-42", "declared_at": AT - 17 * MINUTE, **known})


def taken(**known: Any) -> Facts:
    """Acknowledged, real, with a place, a manager and a confirmed SEV1: nothing told, nobody called."""
    return facts(
        **{
            "acknowledged_at": AT,
            "confirmed_at": AT,
            "managers": 1,
            "places": frozenset({"chat", "video"}),
            "severity_rank": 1,
            "severity_word": "SEV1",
            "severity_provisional": False,
            **known,
        }
    )


def told(**known: Any) -> Facts:
    return taken(**{"told_internal_at": AT, "told_external_at": AT, "drafted": 2, **known})


def codes(missing: tuple[phases.Missing, ...]) -> set[str]:
    return {lacking.code for lacking in missing}


def states(known: Facts) -> str:
    return " ".join(step.state for step in steps(known))


def test_labels_of_the_model_are_those_of_the_machine() -> None:
    assert [label.value for label in Labels] == [phase.value for phase in Phase]


def test_r1_seven_phases_in_this_order() -> None:
    names = [str(step.name) for step in steps(facts())]
    assert names == ["detect", "channels", "assess", "communicate", "escalate", "delegate", "resolve"]


class TestHard:
    """Only the target's HARD facts bind."""

    @pytest.mark.parametrize(
        "target", [Phase.DETECTED, Phase.COORDINATING, Phase.ESCALATING, Phase.DELEGATING]
    )
    def test_some_need_nothing(self, target: Phase) -> None:
        assert hard_missing(target, facts()) == ()

    @pytest.mark.parametrize(
        ("target", "without", "code", "enough"),
        [
            (Phase.ASSESSING, {}, "place", {"places": frozenset({"room"})}),
            (Phase.COMMUNICATING, {}, "severity", {"severity_rank": 3}),
            (Phase.RESOLVING, {}, "manager", {"managers": 1}),
            (Phase.RESOLVING, {"managers": 2}, "manager", {"managers": 1}),
        ],
    )
    def test_one_fact_each(
        self, target: Phase, without: dict[str, Any], code: str, enough: dict[str, Any]
    ) -> None:
        assert codes(hard_missing(target, facts(**without))) == {code}
        assert hard_missing(target, facts(**enough)) == ()

    def test_r12_a_severity_may_be_provisional(self) -> None:
        assert hard_missing(Phase.COMMUNICATING, facts(severity_rank=1, severity_provisional=True)) == ()

    def test_r40_resolved_needs_both_confirmations_and_one_manager(self) -> None:
        nothing = codes(hard_missing(Phase.RESOLVED, facts()))
        assert nothing == {"manager", "impact_over", "nothing_imminent"}
        all_said = facts(managers=1, impact_over_at=AT, nothing_imminent_at=AT)
        assert hard_missing(Phase.RESOLVED, all_said) == ()

    def test_the_impact_is_over_after_it_started_and_not_in_the_future(self) -> None:
        said = facts(managers=1, nothing_imminent_at=AT, started_at=AT - MINUTE)
        for moment in (AT - 2 * MINUTE, AT + MINUTE):
            assert codes(hard_missing(Phase.RESOLVED, replace(said, impact_over_at=moment))) == {
                "impact_over_order"
            }
        assert hard_missing(Phase.RESOLVED, replace(said, impact_over_at=AT - MINUTE)) == ()

    def test_closed_needs_finals_the_notice_over_and_a_still_pager(self) -> None:
        loose = facts(told_internal_at=AT, told_external_at=AT, notice_open=True, ladders_running=1)
        assert codes(hard_missing(Phase.CLOSED, loose)) == {
            "final_internal",
            "final_external",
            "notice",
            "pager",
        }
        assert hard_missing(Phase.CLOSED, facts()) == ()

    def test_finals_can_be_waived_the_notice_cannot(self) -> None:
        waived = facts(told_external_at=AT, notice_open=True, finals_waived=True)
        assert codes(hard_missing(Phase.CLOSED, waived)) == {"notice"}

    def test_who_was_never_told_needs_no_final_message(self) -> None:
        assert codes(hard_missing(Phase.CLOSED, facts(told_internal_at=AT))) == {"final_internal"}


class TestSoft:
    def test_r8_one_of_video_and_chat_is_an_open_end_never_a_block(self) -> None:
        only_chat = facts(places=frozenset({"chat"}))
        assert codes(soft_missing(Phase.ASSESSING, only_chat)) == {"video"}
        assert hard_missing(Phase.ASSESSING, only_chat) == ()

    def test_a_room_is_as_good_as_a_video_meeting(self) -> None:
        assert soft_missing(Phase.ASSESSING, facts(places=frozenset({"chat", "room"}))) == ()

    def test_nobody_notices_excuses_the_words_for_customers_only(self) -> None:
        quiet = taken(customers_notice=False)
        assert codes(soft_missing(Phase.ESCALATING, quiet)) == {"told_internal"}

    def test_held_back_excuses_both(self) -> None:
        assert soft_missing(Phase.ESCALATING, taken(put_off=frozenset({Question.TELL}))) == ()

    def test_two_hats_are_a_hint(self) -> None:
        known = taken(has_tech_lead=True, has_comms=True, two_hats=True)
        assert codes(soft_missing(Phase.RESOLVING, known)) == {"two_hats"}

    def test_an_unconfirmed_incident_owes_nothing(self) -> None:
        assert open_ends(facts(managers=1)) == ()

    def test_what_a_jump_passed_over_is_an_open_end(self) -> None:
        jumped = facts(phase=Phase.RESOLVING, confirmed_at=AT, managers=1)
        assert {"place", "severity", "told_external", "tech_lead"} <= codes(open_ends(jumped))

    def test_each_open_end_stands_once(self) -> None:
        found = [lacking.code for lacking in open_ends(facts(phase=Phase.CLOSED))]
        assert len(found) == len(set(found))

    def test_public_words_of_a_cancelled_one_wait_to_be_withdrawn(self) -> None:
        assert codes(open_ends(facts(phase=Phase.CANCELLED, notice_open=True))) == {"notice"}


class TestTheLabel:
    @pytest.mark.parametrize(
        ("known", "label"),
        [
            (facts(), Phase.DETECTED),
            (facts(managers=1), Phase.COORDINATING),
            (facts(places=frozenset({"chat"})), Phase.COORDINATING),
            # Assessing needs a place: a severity alone does not move it.
            (facts(severity_rank=1, severity_provisional=False), Phase.DETECTED),
            (taken(), Phase.ASSESSING),
            (facts(places=frozenset({"room"}), answers=1), Phase.ASSESSING),
            (facts(places=frozenset({"room"}), severity_rank=1), Phase.COORDINATING),
            (taken(drafted=1), Phase.COMMUNICATING),
            # A draft without a severity stays where it is.
            (facts(drafted=1), Phase.DETECTED),
            (facts(calls_made=1), Phase.ESCALATING),
            (facts(roles_given=1), Phase.DELEGATING),
            (facts(roles_given=1, work=1), Phase.DELEGATING),
            (facts(managers=1, work=1), Phase.RESOLVING),
            # Only a person resolves.
            (taken(work=1, impact_over_at=AT, nothing_imminent_at=AT), Phase.RESOLVING),
        ],
    )
    def test_is_the_furthest_that_stands_and_has_begun(self, known: Facts, label: Phase) -> None:
        assert furthest(known) == label

    def test_ends_begin_by_a_person_only(self) -> None:
        everything = told(work=9, impact_over_at=AT, nothing_imminent_at=AT)
        assert not any(begun(phase, everything) for phase in Phase if phase not in OPEN)


# --- properties ---------------------------------------------------------------------------------------------
moments = st.one_of(st.none(), st.integers(-90, 90).map(lambda minutes: AT + minutes * MINUTE))
counts = st.integers(0, 3)
names = st.lists(st.sampled_from(["Anna", "Bram", "Eva"]), max_size=2).map(tuple)
any_facts = st.builds(
    Facts,
    at=st.just(AT),
    key=st.just("INC-42"),
    phase=st.sampled_from(Phase),
    viewer=st.one_of(st.none(), st.builds(Viewer, st.booleans(), st.booleans())),
    declared_at=st.just(AT - 17 * MINUTE),
    started_at=moments,
    acknowledged_at=moments,
    confirmed_at=moments,
    customers_notice=st.sampled_from([None, True, False]),
    held_until=moments,
    severity_rank=st.sampled_from([None, 1, 2, 3]),
    severity_word=st.sampled_from(["", "SEV1", "SEV2?"]),
    severity_provisional=st.booleans(),
    answers=counts,
    places=st.frozensets(st.sampled_from(["chat", "video", "room"])),
    managers=st.integers(0, 2),
    has_tech_lead=st.booleans(),
    has_comms=st.booleans(),
    two_hats=st.booleans(),
    roles_given=counts,
    callable_roles=names,
    here_without_role=names,
    first_ladder_runs=st.booleans(),
    nobody_answered=st.booleans(),
    ladders_running=counts,
    being_paged=names,
    paged_next=st.sampled_from(["", "Eva"]),
    paged_next_at=moments,
    calls_made=counts,
    calls_answered=counts,
    drafted=counts,
    told_internal_at=moments,
    told_external_at=moments,
    final_internal=st.booleans(),
    final_external=st.booleans(),
    finals_waived=st.booleans(),
    notice_open=st.booleans(),
    next_update_at=moments,
    work=counts,
    alerts=counts,
    alerts_firing=counts,
    alerts_clear_at=moments,
    impact_over_at=moments,
    nothing_imminent_at=moments,
    put_off=st.frozensets(st.sampled_from(sorted(Question))),
)
# One fact more each: what people and monitors add, never take away.
more = st.sampled_from(
    [
        lambda known: replace(known, places=known.places | {"chat"}),
        lambda known: replace(known, managers=1),
        lambda known: replace(known, severity_rank=2),
        lambda known: replace(known, severity_rank=1, severity_provisional=False),
        lambda known: replace(known, answers=known.answers + 1),
        lambda known: replace(known, drafted=known.drafted + 1),
        lambda known: replace(known, calls_made=known.calls_made + 1),
        lambda known: replace(known, roles_given=known.roles_given + 1),
        lambda known: replace(known, work=known.work + 1),
        lambda known: replace(known, confirmed_at=AT),
        lambda known: replace(known, told_internal_at=AT, told_external_at=AT),
    ]
)


@given(any_facts)
def test_the_label_never_violates_what_is_hard(known: Facts) -> None:
    label = furthest(known)
    assert label in OPEN
    assert hard_missing(label, known) == ()
    assert begun(label, known)


@given(any_facts, st.lists(more, max_size=6))
def test_adding_facts_never_moves_the_label_back(known: Facts, added: list[Any]) -> None:
    # Two managers cannot be: the database holds one.
    known = replace(known, managers=min(known.managers, 1))
    for add in added:
        before = furthest(known)
        known = add(known)
        assert ORDER[furthest(known)] >= ORDER[before]


@given(any_facts)
def test_no_later_phase_that_stands_and_has_begun_is_passed_over(known: Facts) -> None:
    label = furthest(known)
    later = [phase for phase in OPEN if ORDER[phase] > ORDER[label]]
    assert not any(begun(phase, known) and not hard_missing(phase, known) for phase in later)


@given(any_facts)
def test_there_is_always_exactly_one_next_action_with_words(known: Facts) -> None:
    action = next_action(known)
    assert str(action.words)
    assert 0 <= action.step <= 7
    assert (action.step == 0) == (known.phase not in OPEN)
    offered = [choice.code for choice in (*action.choices, *action.escapes)]
    assert len(offered) == len(set(offered))


@given(any_facts)
def test_at_most_one_step_is_now_and_every_state_has_a_word(known: Facts) -> None:
    found = steps(known)
    assert [step.number for step in found] == [1, 2, 3, 4, 5, 6, 7]
    assert sum(step.state == "now" for step in found) <= 1
    assert all(str(step.state_word) for step in found)


@given(any_facts)
def test_nothing_of_an_ended_incident_is_now_or_missing(known: Facts) -> None:
    ended = replace(known, phase=Phase.CANCELLED)
    assert {step.state for step in steps(ended)} <= {"done", "not_needed"}


class TestSteps:
    def test_a_new_incident(self) -> None:
        assert states(facts()) == "now later later later later later later"

    def test_real_and_led_with_nothing_told(self) -> None:
        assert states(taken(phase=Phase.ASSESSING)) == "done done done now later later later"

    def test_what_was_passed_over_is_missing(self) -> None:
        known = told(phase=Phase.DELEGATING, severity_provisional=True, calls_made=1, calls_answered=1)
        assert states(known) == "done done now done done missing later"

    def test_before_it_is_real_nothing_is_missing(self) -> None:
        known = facts(phase=Phase.ESCALATING, acknowledged_at=AT, managers=1, calls_made=1)
        assert "missing" not in states(known)

    def test_a_small_one_needs_no_further_people(self) -> None:
        known = told(phase=Phase.COMMUNICATING, severity_rank=3, severity_word="SEV3")
        assert states(known) == "done done done done not_needed not_needed now"

    def test_we_can_do_it_alone(self) -> None:
        known = told(phase=Phase.RESOLVING, put_off=frozenset({Question.ROLES}))
        assert states(known) == "done done done done not_needed not_needed now"

    def test_resolved(self) -> None:
        known = told(phase=Phase.RESOLVED, has_tech_lead=True, has_comms=True, calls_made=1, calls_answered=1)
        assert states(known) == "done done done done done done done"


class TestNextAction:
    """SCREENS 3.1: the first rule that fits wins."""

    @pytest.mark.parametrize(
        ("known", "viewer", "code", "step"),
        [
            (facts(first_ladder_runs=True, ladders_running=1), Viewer(is_paged=True), "acknowledge", 1),
            (facts(first_ladder_runs=True, ladders_running=1), Viewer(), "take", 1),
            (facts(held_until=AT + MINUTE), Viewer(), "take", 1),
            (facts(nobody_answered=True), Viewer(), "take", 1),
            (facts(acknowledged_at=AT, managers=1), Viewer(), "confirm", 1),
            (taken(places=frozenset()), Viewer(), "open_room", 2),
            (taken(severity_rank=None), Viewer(), "severity", 3),
            (taken(callable_roles=("Technical lead",)), Viewer(), "call_in", 5),
            (taken(), Viewer(), "tell", 4),
            (told(next_update_at=AT - 4 * MINUTE), Viewer(), "update", 4),
            (told(next_update_at=AT + 4 * MINUTE, here_without_role=("Bram",)), Viewer(), "give_role", 6),
            (told(online_without_role=("Bram",)), Viewer(), "give_role", 6),
            (taken(ladders_running=1), Viewer(is_paged=True, is_called_in=True), "coming", 5),
            (told(alerts=3, alerts_firing=0), Viewer(), "impact_over", 7),
            (told(alerts=3, alerts_firing=1), Viewer(), "observe", 7),
            (told(impact_over_at=AT), Viewer(), "resolve", 7),
            (told(severity_provisional=True), Viewer(), "confirm_severity", 3),
            (told(), Viewer(), "observe", 7),
            (facts(phase=Phase.RESOLVED), Viewer(), "close", 0),
            (facts(phase=Phase.RESOLVED, told_external_at=AT), Viewer(), "final_messages", 0),
            (facts(phase=Phase.CLOSED), Viewer(), "nothing", 0),
            (facts(phase=Phase.CANCELLED), Viewer(), "nothing", 0),
            (facts(phase=Phase.MERGED), Viewer(), "nothing", 0),
        ],
    )
    def test_rules(self, known: Facts, viewer: Viewer, code: str, step: int) -> None:
        action = next_action(known, viewer)
        assert (action.code, action.step) == (code, step)

    def test_the_viewer_of_the_facts_is_used(self) -> None:
        known = facts(first_ladder_runs=True, ladders_running=1, viewer=Viewer(is_paged=True))
        assert next_action(known).code == "acknowledge"
        assert next_action(known, Viewer()).code == "take"

    def test_a_further_ladder_does_not_hide_what_the_manager_has_to_do(self) -> None:
        known = taken(ladders_running=1, calls_made=1)
        assert next_action(known, Viewer(is_manager=True)).code == "tell"

    def test_a_ladder_that_pages_again_is_not_the_managers_to_take(self) -> None:
        known = taken(first_ladder_runs=True, ladders_running=1)
        assert next_action(known, Viewer(is_manager=True)).code == "tell"
        assert next_action(known, Viewer()).code == "take"

    def test_who_is_next_and_when_is_said(self) -> None:
        known = facts(
            first_ladder_runs=True, ladders_running=1, paged_next="Eva", paged_next_at=AT + 4 * MINUTE
        )
        action = next_action(known, Viewer(is_paged=True))
        assert action.why == "Eva in 4 min"
        assert [str(escape.words) for escape in action.escapes] == ["Not me: page Eva"]

    def test_nobody_is_offered_to_page_themselves(self) -> None:
        known = facts(
            first_ladder_runs=True,
            ladders_running=1,
            paged_next="Anna",
            paged_next_at=AT + 4 * MINUTE,
            paged_next_is_me=True,
        )
        action = next_action(known, Viewer(is_paged=True))
        assert action.why == "You again in 4 min"
        assert [str(escape.words) for escape in action.escapes] == ["Not me: page the next"]

    def test_how_others_are_being_called_is_said(self) -> None:
        how = ("Anna: e-mail sent 03:07",)
        known = facts(first_ladder_runs=True, ladders_running=1, being_paged=("Anna",), being_paged_how=how)
        assert next_action(known, Viewer()).why == "Calling Anna: e-mail sent 03:07"

    def test_a_call_in_is_answered_in_three_words(self) -> None:
        known = facts(ladders_running=1, paged_next="Eva", paged_next_at=AT + 4 * MINUTE)
        action = next_action(known, Viewer(is_paged=True, is_called_in=True))
        said = [str(action.words), *(str(escape.words) for escape in action.escapes)]
        assert said == ["Coming", "In 10 min", "Cannot: page Eva"]

    def test_a_role_that_somebody_has_is_not_offered(self) -> None:
        known = told(here_without_role=("Bram",), has_tech_lead=True)
        assert [choice.code for choice in next_action(known).choices] == ["comms", "helps"]

    def test_r21_why_it_is_time_to_tell(self) -> None:
        assert next_action(taken()).why == "Customers have heard nothing, 17 min"
        assert next_action(taken(customers_notice=False)).why == "Colleagues have heard nothing, 17 min"

    def test_nothing_to_tell_when_held_back(self) -> None:
        assert next_action(taken(put_off=frozenset({Question.TELL}))).code == "observe"

    def test_small_incidents_call_nobody_in(self) -> None:
        known = told(severity_rank=3, callable_roles=("Technical lead",))
        assert next_action(known).code == "observe"

    def test_alone_is_an_answer(self) -> None:
        known = told(callable_roles=("Technical lead",), put_off=frozenset({Question.ROLES}))
        assert next_action(known).code == "observe"

    def test_still_going_on_and_watching_are_answers(self) -> None:
        assert next_action(told(alerts=1, put_off=frozenset({Question.IMPACT}))).code == "observe"
        assert next_action(told(impact_over_at=AT, put_off=frozenset({Question.RESOLVE}))).code == "observe"

    def test_the_moment_of_the_alerts_is_offered_on_the_readers_clock(self) -> None:
        known = told(alerts=1, alerts_clear_at=AT + 23 * MINUTE, zone=ZoneInfo("Europe/Amsterdam"))
        assert [str(choice.words) for choice in next_action(known).choices][1] == "04:41 (alerts)"

    def test_is_it_real_has_three_answers(self) -> None:
        action = next_action(facts(acknowledged_at=AT, managers=1))
        assert [choice.code for choice in action.choices] == [
            "customers_notice",
            "not_noticed",
            "false_alarm",
        ]

    def test_held_says_until_when(self) -> None:
        known = facts(held_until=AT + timedelta(days=3), zone=ZoneInfo("Europe/Amsterdam"))
        assert next_action(known).why == "Held until Thu 04:18"
