"""Findings, action items, playbook, postmortem: what each refuses, what a second call does, who may not."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.scoping import tenant_scope
from incidents.draft_postmortem import plain
from incidents.markdown import render
from incidents.models import ActionItem, Incident, Observation, PlaybookStep, Postmortem, TimelineEntry
from incidents.operations.actions import add_action, change_action, settle_action
from incidents.operations.calls import call_in
from incidents.operations.findings import because, confirm_observation, decide, observe
from incidents.operations.playbook import tick, untick
from incidents.operations.postmortem_record import draft_of_record
from incidents.operations.postmortems import (
    publish_postmortem,
    reopen_postmortem,
    save_postmortem,
    version_of,
    waive_postmortem,
)
from incidents.operations.roles import end_role, give_role
from incidents.operations.standing import actor_in
from incidents.operations.theories import begin_experiment, end_experiment, settle_theory, state_theory
from incidents.outcome import outcome
from tests.incidents.leading import Lead
from tests.people import World


@pytest.fixture
def incident(lead: Lead) -> Incident:
    return lead.declare(severity=lead.sev[1])


def by(lead: Lead, name: str = "bram") -> dict[str, Any]:
    return {"actor": lead.as_(name), "now": lead.now}


class TestTheLoop:
    def test_a_reason_reads_the_same_on_the_timeline_and_in_the_postmortem(
        self, lead: Lead, incident: Incident
    ) -> None:
        decide(incident=incident, text="Double it", why="it is full", **by(lead))
        theory = state_theory(incident=incident, text="The pool", **by(lead))
        settle_theory(theory=theory, state="proven", why="it is full", **by(lead))
        said = [entry.text for entry in TimelineEntry.objects.filter(incident=incident).order_by("id")]
        drafted = draft_of_record(incident, lead.now)
        decision, verdict = because("Double it", "it is full"), because("Proven: The pool", "it is full")
        assert decision == "Double it, because it is full"
        assert decision in said
        assert verdict in said
        assert decision in drafted
        assert because("The pool: proven", "it is full") in drafted
        assert because("Double it", "") == "Double it"

    def test_each_writes_one_typed_entry_that_names_its_row(self, lead: Lead, incident: Incident) -> None:
        made = (
            observe(incident=incident, text="Red", **by(lead)),
            state_theory(incident=incident, text="The pool", **by(lead)),
            begin_experiment(incident=incident, text="Double it", **by(lead)),
            decide(incident=incident, text="Double it", **by(lead)),
        )
        kinds = ("observation", "theory", "experiment", "decision")
        for row, kind in zip(made, kinds, strict=True):
            entry = TimelineEntry.objects.get(incident=incident, kind=kind)
            assert (entry.data["uid"], entry.actor_label) == (row.uid, "Bram")
        facts = lead.facts(incident)
        assert (facts.work, facts.observations, facts.theories_open, facts.experiments_open) == (4, 1, 1, 1)

    def test_a_second_call_changes_nothing(self, lead: Lead, incident: Incident) -> None:
        seen = observe(incident=incident, text="Red", **by(lead))
        theory = state_theory(incident=incident, text="The pool", **by(lead))
        test = begin_experiment(incident=incident, text="Double it", theory=theory, **by(lead))
        for _ in range(2):
            confirm_observation(observation=seen, **by(lead, "anna"))
            settle_theory(theory=theory, state="proven", why="x", **by(lead))
            end_experiment(experiment=test, verdict="supports", result="y", **by(lead))
        assert len(lead.kinds(incident)) == len(set(TimelineEntry.objects.values_list("id", flat=True)))
        assert lead.kinds(incident).count("theory") == 2
        assert lead.kinds(incident).count("experiment") == 2
        assert lead.kinds(incident).count("observation") == 2

    def test_what_ended_otherwise_is_a_conflict(self, lead: Lead, incident: Incident) -> None:
        test = begin_experiment(incident=incident, text="Double it", **by(lead))
        end_experiment(experiment=test, verdict="supports", **by(lead))
        with pytest.raises(Conflict):
            end_experiment(experiment=test, verdict="refutes", **by(lead))

    def test_a_theory_opens_again(self, lead: Lead, incident: Incident) -> None:
        theory = state_theory(incident=incident, text="The pool", **by(lead))
        settle_theory(theory=theory, state="proven", **by(lead))
        assert settle_theory(theory=theory, state="open", **by(lead)).settled_at is None

    def test_nothing_from_the_future_nothing_empty_nothing_of_another_incident(
        self, lead: Lead, incident: Incident
    ) -> None:
        other = state_theory(incident=lead.declare("Other"), text="x", **by(lead))
        for refused in (
            lambda: observe(
                incident=incident, text="x", occurred_at=lead.now + timedelta(minutes=1), **by(lead)
            ),
            lambda: observe(incident=incident, text=" ", **by(lead)),
            lambda: decide(incident=incident, text="x" * 1001, **by(lead)),
            lambda: begin_experiment(incident=incident, text="x", theory=other, **by(lead)),
            lambda: settle_theory(theory=other, state="maybe", **by(lead)),
        ):
            with pytest.raises(ValidationError):
                refused()

    def test_a_key_is_nobody_and_confirms_nothing(self, lead: Lead, incident: Incident) -> None:
        seen = observe(incident=incident, text="Red", **by(lead))
        with pytest.raises(ValidationError):
            confirm_observation(observation=seen, actor=ENGINE, now=lead.now)
        assert Observation.objects.get().confirmed_at is None


class TestAfterwards:
    def test_an_owner_can_read_the_incident_and_a_day_is_to_come(self, lead: Lead) -> None:
        private = lead.declare(private=True, by="marc")
        today = lead.now.date()
        with pytest.raises(ValidationError):
            add_action(incident=private, text="x", owner=lead.people["vera"], **by(lead, "marc"))
        with pytest.raises(ValidationError):
            add_action(incident=private, text="x", due_on=today - timedelta(days=1), **by(lead, "marc"))
        add_action(incident=private, text="x", owner=lead.people["marc"], due_on=today, **by(lead, "marc"))
        assert ActionItem.objects.get().chase_at is not None

    def test_ticking_twice_is_one_tick(self, lead: Lead, incident: Incident) -> None:
        with acting(ENGINE, now=lead.now):
            step = PlaybookStep.objects.create(text="Tell support", severity=lead.sev[1])
        for deed in (tick, tick, untick, untick):
            deed(incident=incident, step=step, **by(lead))
        assert lead.kinds(incident).count("playbook") == 2
        assert lead.facts(incident).playbook_open == 1

    def test_a_waived_one_has_a_reason_and_a_published_one_is_not_waived(
        self, lead: Lead, incident: Incident
    ) -> None:
        with pytest.raises(ValidationError):
            waive_postmortem(incident=incident, reason=" ", **by(lead))
        with pytest.raises(ValidationError):
            publish_postmortem(incident=incident, **by(lead))
        row = save_postmortem(incident=incident, body="x", version="new", **by(lead))
        assert save_postmortem(incident=incident, body="x", version="old", **by(lead)).pk == row.pk
        assert version_of(row) != version_of(None)
        waive_postmortem(incident=incident, reason="small", **by(lead))
        reopen_postmortem(incident=incident, **by(lead))
        assert Postmortem.objects.get().state == "draft"

    def test_who_was_called_in_writes_it_and_does_not_publish_it(
        self, lead: Lead, incident: Incident
    ) -> None:
        call_in(incident=incident, people=[lead.people["vera"]], **by(lead, "marc"))
        vera = {"actor": actor_in(incident, lead.as_("vera")), "now": lead.now}
        save_postmortem(incident=incident, body="x", version="new", **vera)
        for deed in (publish_postmortem, reopen_postmortem):
            with pytest.raises(PermissionDenied):
                deed(incident=incident, **vera)
        given = {"incident": incident, "membership": lead.people["vera"], **by(lead, "marc")}
        for role in ("tech_lead", "comms"):
            give_role(role=lead.roles[role], **given)
            lent = {"actor": actor_in(incident, lead.as_("vera")), "now": lead.now}
            with pytest.raises(Conflict, match="not over yet"):
                publish_postmortem(incident=incident, **lent)
            reopen_postmortem(incident=incident, **lent)
            end_role(role=lead.roles[role], **given)


class TestOutsider:
    def test_each_deed_needs_its_permission(self, lead: Lead, incident: Incident) -> None:
        for deed in self.deeds(lead, incident, by(lead, "vera")):
            with pytest.raises(PermissionDenied):
                deed()

    def test_the_other_tenants_people_find_nothing(
        self, lead: Lead, world: World, incident: Incident
    ) -> None:
        olga = world.other.members["olga"]
        deeds = self.deeds(lead, incident, {"actor": olga.as_actor(), "now": lead.now})
        with tenant_scope(world.other.tenant.pk):
            for deed in deeds:
                with pytest.raises(Incident.DoesNotExist):
                    deed()

    def deeds(self, lead: Lead, incident: Incident, who: dict[str, Any]) -> Any:
        seen = observe(incident=incident, text="Red", **by(lead))
        theory = state_theory(incident=incident, text="The pool", **by(lead))
        test = begin_experiment(incident=incident, text="Double it", **by(lead))
        item = add_action(incident=incident, text="x", **by(lead))
        with acting(ENGINE, now=lead.now):
            step = PlaybookStep.objects.create(text="Tell support", severity=lead.sev[1])
        return [
            lambda: observe(incident=incident, text="x", **who),
            lambda: confirm_observation(observation=seen, **who),
            lambda: decide(incident=incident, text="x", **who),
            lambda: state_theory(incident=incident, text="x", **who),
            lambda: settle_theory(theory=theory, state="proven", **who),
            lambda: begin_experiment(incident=incident, text="x", **who),
            lambda: end_experiment(experiment=test, verdict="unclear", **who),
            lambda: add_action(incident=incident, text="x", **who),
            lambda: change_action(item=item, text="y", owner=None, due_on=None, **who),
            lambda: settle_action(item=item, state="done", **who),
            lambda: tick(incident=incident, step=step, **who),
            lambda: untick(incident=incident, step=step, **who),
            lambda: save_postmortem(incident=incident, body="x", version="new", **who),
            lambda: publish_postmortem(incident=incident, **who),
            lambda: reopen_postmortem(incident=incident, **who),
            lambda: waive_postmortem(incident=incident, reason="x", **who),
        ]


class TestPure:
    @pytest.mark.parametrize(
        "text",
        [
            "1. a",
            "- a",
            "# a",
            "> a",
            "*a* _b_ `c` ~~d~~",
            "[a](https://b)",
            "<b>a</b>",
            "a &amp; b",
            r"a\*b",
        ],
    )
    def test_what_people_wrote_formats_nothing(self, text: str) -> None:
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert render(plain(text)) == f"<p>{escaped}</p>\n"

    def test_the_worst_severity_is_the_worst_that_was_certain(self, lead: Lead) -> None:
        given = {"started": lead.now, "over": lead.now, "answers": {}, "cases": 0, "iterations": 0}
        known = outcome(severities=[(1, "SEV1", True), (2, "SEV2", False), (3, "SEV3", False)], **given)
        assert known.worst == "SEV2"
        assert outcome(severities=[(1, "SEV1", True)], **given).worst == "SEV1"
