"""The label follows the facts; people may jump ahead; what is forbidden is said in words."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_fsm import TransitionNotAllowed, can_proceed, has_transition_perm

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.facts import facts_of
from incidents.facts.label import label_facts
from incidents.models import Incident, TimelineEntry
from incidents.operations.advancing import FORWARD, move_to, put_off
from incidents.operations.assessing import set_severity
from incidents.operations.calls import call_in
from incidents.operations.channels import set_channel
from incidents.operations.findings import write_down
from incidents.operations.messages import draft_message
from incidents.operations.notes import add_note, set_now_line
from incidents.operations.responding import acknowledge_incident
from incidents.operations.roles import give_role
from incidents.operations.theories import begin_experiment, state_theory
from incidents.phases import Facts, Phase, begun, furthest, hard_missing
from incidents.refusals import PhaseRefused
from tests.conftest import Engine
from tests.incidents.leading import Lead
from tests.people import World


def jump(lead: Lead, incident: Incident, phase: str, by: str = "bram") -> Incident:
    return move_to(incident=incident, phase=phase, actor=lead.as_(by), now=lead.now)


def note(lead: Lead, incident: Incident, kind: str, by: str = "bram") -> Any:
    return write_down(
        incident=incident, text="replica 40 s behind", kind=kind, actor=lead.as_(by), now=lead.now
    )


class TestByTheRecord:
    def test_r1_the_whole_way(self, lead: Lead, engine: Engine) -> None:
        """Each fact moves the label to its phase, in the order of the guide."""
        incident = lead.alerted(rank=2)
        bram, carla = lead.people["bram"], lead.people["carla"]
        actor, now = bram.as_actor(), lead.now
        seen = [lead.again(incident).phase]
        for deed in (
            lambda: acknowledge_incident(incident=incident, membership=bram, actor=actor, now=now),
            lambda: set_channel(incident=incident, kind="room", place="3", actor=actor, now=now),
            lambda: set_severity(incident=incident, severity=lead.sev[2], actor=actor, now=now),
            lambda: draft_message(incident=incident, audience="internal", kind="start", actor=actor, now=now),
            lambda: call_in(incident=incident, people=[carla], actor=actor, now=now),
            lambda: give_role(
                incident=incident, role=lead.roles["comms"], membership=carla, actor=actor, now=now
            ),
            lambda: note(lead, incident, "observation"),
        ):
            deed()
            seen.append(lead.again(incident).phase)
        assert seen == [
            "detected",
            "coordinating",
            "coordinating",
            "assessing",
            "communicating",
            "escalating",
            "delegating",
            "resolving",
        ]
        moves = [label for kind, label in lead.told(incident) if kind == "phase"]
        assert set(moves) == {"by the record"}
        history = incident.history.filter(phase="resolving").earliest("history_id")
        assert (history.actor_label, history.actor_kind) == ("by the record", "engine")

    def test_a_note_is_not_yet_work_a_decision_is(self, lead: Lead) -> None:
        incident = lead.alerted()
        acknowledge_incident(
            incident=incident, membership=lead.people["bram"], actor=lead.as_("bram"), now=lead.now
        )
        note(lead, incident, "note")
        assert lead.again(incident).phase == "coordinating"
        note(lead, incident, "decision")
        assert lead.again(incident).phase == "resolving"

    def test_without_a_manager_work_does_not_make_it_resolving(self, lead: Lead) -> None:
        incident = lead.alerted()
        note(lead, incident, "observation")
        assert lead.again(incident).phase == "detected"


class TestJumping:
    def test_only_the_targets_hard_facts_bind(self, lead: Lead) -> None:
        incident = jump(lead, lead.alerted(), "delegating")
        assert lead.again(incident).phase == "delegating"
        assert ("phase", "Bram") in lead.told(incident)

    def test_what_is_missing_is_said_in_words(self, lead: Lead) -> None:
        incident = lead.alerted()
        with pytest.raises(PhaseRefused) as refused:
            jump(lead, incident, "resolving")
        assert refused.value.fields == {"manager": ["There is no incident manager yet."]}
        assert str(refused.value) == "There is no incident manager yet."
        assert lead.again(incident).phase == "detected"

    def test_a_jump_is_not_taken_back_by_the_record(self, lead: Lead) -> None:
        incident = jump(lead, lead.alerted(), "delegating")
        set_channel(incident=incident, kind="room", place="3", actor=lead.as_("bram"), now=lead.now)
        assert lead.again(incident).phase == "delegating"

    def test_a_second_tap_changes_nothing(self, lead: Lead) -> None:
        incident = jump(lead, lead.alerted(), "delegating")
        before = lead.told(incident)
        jump(lead, incident, "delegating")
        assert lead.told(incident) == before

    @pytest.mark.parametrize("phase", ["coordinating", "detected", "resolved", "closed", "merged", "x"])
    def test_no_way_back_and_no_way_around_the_buttons(self, lead: Lead, phase: str) -> None:
        incident = jump(lead, lead.alerted(), "delegating")
        with pytest.raises(PhaseRefused):
            jump(lead, incident, phase)
        assert lead.again(incident).phase == "delegating"

    def test_a_viewer_may_not(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            jump(lead, lead.alerted(), "delegating", by="vera")


class TestTheMachineItself:
    def test_without_facts_nothing_proceeds(self, lead: Lead) -> None:
        incident = lead.alerted()
        for name in (*FORWARD.values(), "to_resolved", "to_closed"):
            assert not can_proceed(getattr(incident, name))

    def test_conditions_are_the_hard_facts(self, lead: Lead) -> None:
        incident = lead.alerted()
        incident.facts = Facts(at=lead.now)
        assert can_proceed(incident.begin_delegating)
        assert not can_proceed(incident.begin_assessing)
        incident.facts = Facts(at=lead.now, places=frozenset({"chat"}))
        assert can_proceed(incident.begin_assessing)

    def test_permission_is_asked_apart(self, lead: Lead) -> None:
        incident = lead.alerted()
        incident.facts = Facts(at=lead.now)
        assert has_transition_perm(incident.begin_delegating, lead.as_("bram"))
        assert not has_transition_perm(incident.begin_delegating, lead.as_("vera"))

    def test_the_label_cannot_be_written_past_it(self, lead: Lead) -> None:
        incident = lead.alerted()
        with pytest.raises(AttributeError):
            incident.phase = Phase.RESOLVED

    @pytest.mark.parametrize("phase", ["resolved", "closed", "cancelled", "merged", "nonsense"])
    def test_the_database_holds_labels_to_their_facts(self, lead: Lead, phase: str) -> None:
        incident = lead.alerted()
        with pytest.raises(IntegrityError), transaction.atomic():
            Incident.objects.filter(pk=incident.pk).update(phase=phase)

    def test_a_row_can_be_read_again(self, lead: Lead) -> None:
        incident = lead.alerted()
        jump(lead, incident, "delegating")
        incident.refresh_from_db()
        assert incident.phase == "delegating"

    def test_transitions_from_an_end_lead_nowhere_but_back(self, lead: Lead) -> None:
        incident = lead.alerted()
        incident.to_cancelled(lead.now, "recovered", None)
        incident.facts = Facts(at=lead.now, managers=1, places=frozenset({"chat"}))
        with pytest.raises(TransitionNotAllowed):
            incident.begin_resolving()
        assert can_proceed(incident.reopen_ended)


class TestPuttingOff:
    def test_later_is_an_answer_until_then(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        until = lead.now + timedelta(minutes=10)
        put_off(
            incident=incident,
            question="tell",
            until=until,
            reason="security",
            actor=lead.as_("bram"),
            now=lead.now,
        )
        assert lead.facts(incident).put_off == {"tell"}
        engine.clock.set(until)
        assert lead.facts(incident).put_off == frozenset()
        assert incident.timeline.get(kind="put_off").text == "security"

    def test_not_needed_is_for_good(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        put_off(incident=incident, question="roles", until=None, actor=lead.as_("bram"), now=lead.now)
        engine.clock.move(days=9)
        assert lead.facts(incident).put_off == {"roles"}

    def test_only_known_questions_and_moments_to_come(self, lead: Lead) -> None:
        incident = lead.alerted()
        for question, until in (("weather", None), ("tell", lead.now)):
            with pytest.raises(ValidationError):
                put_off(
                    incident=incident, question=question, until=until, actor=lead.as_("bram"), now=lead.now
                )


class TestNotes:
    def test_late_entry(self, lead: Lead) -> None:
        incident = lead.alerted()
        then = lead.now - timedelta(minutes=20)
        entry = add_note(
            incident=incident, text="Saw it first", occurred_at=then, actor=lead.as_("bram"), now=lead.now
        )
        assert (entry.occurred_at, entry.recorded_at) == (then, lead.now)

    def test_not_from_the_future_not_empty_not_of_another_kind(self, lead: Lead) -> None:
        incident = lead.alerted()
        for given in (
            {"text": "x", "occurred_at": lead.now + timedelta(minutes=1)},
            {"text": " "},
            {"text": "x", "kind": "resolved"},
        ):
            with pytest.raises(ValidationError):
                write_down(incident=incident, actor=lead.as_("bram"), now=lead.now, **given)

    def test_a_communicator_writes_notes_a_viewer_does_not(self, lead: Lead) -> None:
        incident = lead.alerted()
        assert note(lead, incident, "note", by="carla").actor_label == "Carla"
        with pytest.raises(PermissionDenied):
            note(lead, incident, "note", by="vera")

    def test_the_record_cannot_be_rewritten(self, lead: Lead) -> None:
        entry = note(lead, lead.alerted(), "note")
        for attempt in (
            lambda: TimelineEntry.objects.filter(pk=entry.pk).update(text="never happened"),
            lambda: TimelineEntry.objects.filter(pk=entry.pk).delete(),
        ):
            with pytest.raises(Exception, match="append-only"), transaction.atomic():
                attempt()

    def test_r36_one_sentence_on_top(self, lead: Lead) -> None:
        incident = lead.alerted()
        for _ in range(2):
            set_now_line(incident=incident, text=" Roll back\n4.2 ", actor=lead.as_("bram"), now=lead.now)
        assert lead.again(incident).now_line == "Roll back 4.2"
        assert lead.kinds(incident).count("now") == 1
        with pytest.raises(ValidationError):
            set_now_line(incident=incident, text="x" * 201, actor=lead.as_("bram"), now=lead.now)


class TestFacts:
    def test_the_number_of_statements_does_not_grow(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.run()
        small = lead.again(incident)
        with CaptureQueriesContext(connection) as few:
            facts_of(small, membership=lead.people["bram"], now=lead.now)
        call_in(
            incident=incident,
            people=[lead.people[name] for name in ("anna", "marc", "carla")],
            actor=lead.as_("marc"),
            now=lead.now,
        )
        engine.run()
        for _ in range(5):
            lead.alert_on(incident)
            note(lead, incident, "observation")
        for kind in ("chat", "video"):
            set_channel(incident=incident, kind=kind, place="x", actor=lead.as_("bram"), now=lead.now)
        big = lead.again(incident)
        with CaptureQueriesContext(connection) as many:
            facts_of(big, membership=lead.people["bram"], now=lead.now)
        assert len(many) == len(few) <= 15
        with CaptureQueriesContext(connection) as plain:
            facts_of(big, now=lead.now)
        assert len(plain) <= 12

    def test_who_is_being_paged_and_who_is_next(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.run()
        facts = lead.facts(incident, viewer="bram")
        assert facts.viewer is not None
        assert facts.viewer.is_paged
        assert (facts.being_paged, facts.paged_next) == (("Bram",), "Anna")
        assert facts.paged_next_at == lead.now + timedelta(minutes=5)
        other = lead.facts(incident, viewer="marc").viewer
        assert other is not None
        assert not other.is_paged


class TestOutsider:
    def test_anothers_incident_is_missing(self, lead: Lead, world: World) -> None:
        incident, olga = lead.alerted(), world.other.members["olga"].as_actor()
        with tenant_scope(world.other.tenant.pk):
            for attempt in (
                lambda: move_to(incident=incident, phase="delegating", actor=olga, now=lead.now),
                lambda: put_off(incident=incident, question="tell", until=None, actor=olga, now=lead.now),
                lambda: add_note(incident=incident, text="x", actor=olga, now=lead.now),
                lambda: set_now_line(incident=incident, text="x", actor=olga, now=lead.now),
            ):
                with pytest.raises(Incident.DoesNotExist):
                    attempt()
        assert len(lead.told(incident)) == 2  # declared, paging


def test_history_needs_an_actor(lead: Lead) -> None:
    incident = lead.alerted()
    with pytest.raises(Exception, match="outside"):
        incident.save()
    with acting(ENGINE, now=lead.now):
        incident.save()


class TestTheLabelsOwnFacts:
    """One statement reads what moves the label; whatever it says, all the facts together say as well."""

    def same(self, lead: Lead, incident: Incident) -> Phase:
        row = lead.again(incident)
        few, all_of_them = label_facts(row, lead.now), facts_of(row, now=lead.now)
        for phase in FORWARD:
            assert begun(phase, few) == begun(phase, all_of_them), phase
            assert [one.code for one in hard_missing(phase, few)] == [
                one.code for one in hard_missing(phase, all_of_them)
            ], phase
        return furthest(few)

    def test_after_each_step_of_a_whole_incident(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted(rank=None)
        engine.run()
        bram = {"actor": lead.as_("bram"), "now": lead.now}
        steps = [
            lambda: acknowledge_incident(incident=incident, membership=lead.people["bram"], **bram),
            lambda: set_channel(incident=incident, kind="chat", place="#shop", **bram),
            lambda: set_severity(incident=incident, severity=lead.sev[1], **bram),
            lambda: draft_message(incident=incident, audience="internal", kind="start", **bram),
            lambda: call_in(incident=incident, people=[lead.people["anna"]], **bram),
            lambda: give_role(
                incident=incident, role=lead.roles["tech_lead"], membership=lead.people["anna"], **bram
            ),
            lambda: note(lead, incident, "observation"),
        ]
        seen = [self.same(lead, incident)]
        for step in steps:
            step()
            seen.append(self.same(lead, incident))
        assert seen == [
            Phase.DETECTED,
            Phase.COORDINATING,
            Phase.COORDINATING,
            Phase.ASSESSING,
            Phase.COMMUNICATING,
            Phase.ESCALATING,
            Phase.DELEGATING,
            Phase.RESOLVING,
        ]

    @pytest.mark.parametrize("kind", ["observation", "decision"])
    def test_each_of_the_loop_begins_it(self, lead: Lead, engine: Engine, kind: str) -> None:
        incident = lead.alerted()
        acknowledge_incident(
            incident=incident, membership=lead.people["bram"], actor=lead.as_("bram"), now=lead.now
        )
        note(lead, incident, kind)
        assert self.same(lead, incident) == Phase.RESOLVING

    def test_a_theory_and_an_experiment_begin_it_too(self, lead: Lead, engine: Engine) -> None:
        for begin in (state_theory, begin_experiment):
            incident = lead.alerted()
            acknowledge_incident(
                incident=incident, membership=lead.people["bram"], actor=lead.as_("bram"), now=lead.now
            )
            begin(incident=incident, text="The replica lags", actor=lead.as_("bram"), now=lead.now)
            assert self.same(lead, incident) == Phase.RESOLVING

    def test_it_is_one_statement(self, lead: Lead) -> None:
        row = lead.again(lead.alerted())
        with CaptureQueriesContext(connection) as asked:
            label_facts(row, lead.now)
        assert len(asked) == 1
