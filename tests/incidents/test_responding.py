"""Answers to a page: I have it, coming, not me, undo, later."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from config.tenancy.actors import ENGINE, Actor
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.scoping import tenant_scope
from incidents.models import Alert, Incident, RoleAssignment
from incidents.operations.assessing import confirm
from incidents.operations.calls import call_in
from incidents.operations.cancelling import cancel
from incidents.operations.cards import card_of
from incidents.operations.messages import publish_message
from incidents.operations.notes import add_note
from incidents.operations.responding import (
    acknowledge_call,
    acknowledge_incident,
    pass_on_call,
    snooze,
    undo_acknowledge,
)
from incidents.operations.roles import hand_over
from oncall.operations import paging
from tests.conftest import Engine
from tests.incidents.leading import Lead
from tests.people import World


def acknowledge(lead: Lead, incident: Incident, by: str) -> Incident:
    member = lead.people[by]
    return acknowledge_incident(incident=incident, membership=member, actor=member.as_actor(), now=lead.now)


class TestAcknowledging:
    def test_stops_the_ladder_and_stamps_the_moment(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.run()
        engine.clock.move(minutes=2)
        acknowledge(lead, incident, "bram")
        assert lead.states(incident) == ["acknowledged"]
        assert lead.again(incident).acknowledged_at == lead.now
        engine.clock.move(minutes=10)
        engine.run()
        assert lead.paged(incident) == ["bram"]

    def test_r35_the_first_to_acknowledge_is_the_manager(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.run()
        acknowledge(lead, incident, "bram")
        given = RoleAssignment.objects.get(incident=incident)
        assert (given.is_manager, given.by_record, given.membership) == (True, True, lead.people["bram"])
        assert ("role", "Muster") in lead.told(incident)

    def test_a_second_call_changes_nothing(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.run()
        acknowledge(lead, incident, "bram")
        before = lead.told(incident)
        engine.clock.move(minutes=1)
        acknowledge(lead, incident, "marc")
        assert lead.told(incident) == before
        assert lead.managers(incident) == ["bram"]

    def test_a_manager_who_was_given_it_stays(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        hand_over(incident=incident, to=lead.people["marc"], actor=lead.as_("anna"), now=lead.now)
        acknowledge(lead, incident, "bram")
        assert lead.managers(incident) == ["marc"]

    def test_the_database_holds_one_manager(self, lead: Lead) -> None:
        incident = lead.alerted()
        acknowledge(lead, incident, "bram")
        with pytest.raises(IntegrityError), transaction.atomic(), acting(ENGINE, now=lead.now):
            RoleAssignment.objects.create(
                incident=incident,
                role=lead.roles["tech_lead"],
                membership=lead.people["marc"],
                is_manager=True,
                given_at=lead.now,
            )

    def test_r6_a_big_incident_gets_its_usual_places(self, lead: Lead) -> None:
        lead.usual_rooms()
        incident = lead.alerted(rank=1)
        acknowledge(lead, incident, "bram")
        places = {channel.kind: channel.place for channel in incident.channels.all()}
        assert places == {
            "video": "https://meet.example.org/inc-1",
            # A template is text: nothing else in it is interpreted.
            "chat": "https://chat.example.org/inc-1/{0.__class__}",
        }
        assert lead.again(incident).channels_ready_at == lead.now

    def test_a_small_one_does_not(self, lead: Lead) -> None:
        lead.usual_rooms()
        incident = lead.alerted(rank=3)
        acknowledge(lead, incident, "bram")
        assert not incident.channels.exists()

    def test_its_alerts_are_acknowledged(self, lead: Lead) -> None:
        incident = lead.alerted()
        ringing, over = (
            lead.alert_on(incident),
            lead.alert_on(incident, status="resolved", resolved_at=lead.now),
        )
        acknowledge(lead, incident, "bram")
        assert Alert.objects.get(pk=ringing.pk).status == "acknowledged"
        assert Alert.objects.get(pk=over.pk).status == "resolved"

    def test_the_label_follows_by_the_record(self, lead: Lead) -> None:
        incident = lead.alerted()
        acknowledge(lead, incident, "bram")
        assert lead.again(incident).phase == "coordinating"
        assert ("phase", "by the record") in lead.told(incident)
        assert "by the record" in incident.history.values_list("actor_label", flat=True)

    def test_only_ladders_that_call_this_person(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        call_in(incident=incident, people=[lead.people["carla"]], actor=lead.as_("marc"), now=lead.now)
        engine.run()
        acknowledge(lead, incident, "carla")
        assert lead.states(incident) == ["paging", "acknowledged"]

    def test_who_was_not_paged_takes_the_incidents_own_ladder(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        call_in(incident=incident, people=[lead.people["carla"]], actor=lead.as_("marc"), now=lead.now)
        engine.run()
        acknowledge(lead, incident, "marc")
        assert lead.states(incident) == ["acknowledged", "paging"]

    def test_one_that_nobody_answered_can_still_be_taken(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.run_until(lead.now + timedelta(minutes=15), step=timedelta(minutes=1))
        assert lead.states(incident) == ["exhausted"]
        assert "exhausted" in lead.kinds(incident)
        assert lead.facts(incident).nobody_answered
        acknowledge(lead, incident, "marc")
        assert lead.managers(incident) == ["marc"]

    def test_an_ended_one_has_nothing_to_take(self, lead: Lead) -> None:
        incident = lead.alerted()
        cancel(incident=incident, reason="recovered", actor=ENGINE, now=lead.now)
        with pytest.raises(Conflict):
            acknowledge(lead, incident, "bram")

    def test_a_viewer_who_was_not_paged_may_not(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            acknowledge(lead, lead.alerted(), "vera")

    def test_who_was_paged_may_whatever_the_role(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        call_in(incident=incident, people=[lead.people["vera"]], actor=lead.as_("marc"), now=lead.now)
        engine.run()
        acknowledge(lead, incident, "vera")
        assert lead.states(incident) == ["paging", "acknowledged"]

    def test_the_pagers_own_answer_reaches_the_incident(self, lead: Lead, engine: Engine) -> None:
        """The signal alone: as a chat button or a webhook of the pager would answer."""
        incident = lead.alerted()
        engine.run()
        paging.acknowledge(
            escalation_id=lead.calls(incident)[0].escalation_id,
            membership=lead.people["bram"],
            actor=lead.as_("bram"),
            now=lead.now,
        )
        assert lead.managers(incident) == ["bram"]
        assert lead.again(incident).phase == "coordinating"

    def test_a_ladder_of_no_incident_is_left_alone(self, lead: Lead) -> None:
        escalation = paging.page_people(
            card=card_of(lead.alerted()),
            memberships=[lead.people["bram"]],
            urgency="high",
            actor=ENGINE,
            now=lead.now,
        )
        paging.acknowledge(
            escalation_id=escalation.pk,
            membership=lead.people["bram"],
            actor=lead.as_("bram"),
            now=lead.now,
        )
        assert not RoleAssignment.objects.exists()


class TestWorkGoesOn:
    def test_any_act_of_any_responder_renews_what_was_acknowledged(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        acknowledge(lead, incident, "bram")
        for _ in range(3):
            engine.clock.move(minutes=20)
            add_note(incident=incident, text="Still at it", actor=lead.as_("marc"), now=lead.now)
            engine.run()
        assert lead.states(incident) == ["acknowledged"]

    def test_once_real_the_promised_update_is_the_clock(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted(rank=2)
        acknowledge(lead, incident, "bram")
        confirm(incident=incident, customers_notice=True, actor=lead.as_("bram"), now=lead.now)
        publish_message(
            incident=incident,
            audience="internal",
            kind="start",
            status="",
            title="x",
            body="x",
            components={},
            next_update_at=None,
            actor=lead.as_("bram"),
            now=lead.now,
        )
        engine.clock.move(minutes=59)
        engine.run()
        assert lead.states(incident) == ["acknowledged"]
        engine.clock.move(minutes=1)
        engine.run()
        assert lead.states(incident) == ["paging"]

    def test_silence_lets_it_run_out(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        acknowledge(lead, incident, "bram")
        engine.clock.move(minutes=31)
        engine.run()
        assert lead.states(incident) == ["paging"]

    def test_the_engine_does_not_renew(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        acknowledge(lead, incident, "bram")
        engine.clock.move(minutes=20)
        add_note(incident=incident, text="x", actor=ENGINE, now=lead.now)
        engine.clock.move(minutes=11)
        engine.run()
        assert lead.states(incident) == ["paging"]


class TestPassingOn:
    def test_the_next_is_paged_at_once(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.run()
        (call,) = lead.calls(incident)
        pass_on_call(call=call, membership=lead.people["bram"], actor=lead.as_("bram"), now=lead.now)
        engine.run()
        assert lead.paged(incident) == ["bram", "anna"]
        assert ("passed_on", "Bram") in lead.told(incident)

    def test_a_late_tap_skips_nobody_and_is_not_on_record(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.run()
        drawn = lead.now - timedelta(minutes=1)
        (call,) = lead.calls(incident)
        pass_on_call(
            call=call,
            membership=lead.people["bram"],
            actor=lead.as_("bram"),
            now=lead.now,
            asked_at=drawn,
        )
        engine.run()
        assert lead.paged(incident) == ["bram"]
        assert "passed_on" not in lead.kinds(incident)


class TestUndo:
    def test_within_ten_minutes_it_pages_again_and_the_manager_is_none(
        self, lead: Lead, engine: Engine
    ) -> None:
        incident = lead.alerted()
        engine.run()
        acknowledge(lead, incident, "bram")
        engine.clock.move(minutes=9)
        bram = lead.people["bram"]
        undo_acknowledge(incident=incident, membership=bram, actor=bram.as_actor(), now=lead.now)
        assert lead.states(incident) == ["paging"]
        assert lead.managers(incident) == []
        assert lead.again(incident).acknowledged_at is None
        engine.run()
        assert lead.paged(incident) == ["bram", "anna"]

    def test_the_label_stays_where_it_was(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        acknowledge(lead, incident, "bram")
        bram = lead.people["bram"]
        undo_acknowledge(incident=incident, membership=bram, actor=bram.as_actor(), now=lead.now)
        assert lead.again(incident).phase == "coordinating"

    def test_later_it_is_refused(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        acknowledge(lead, incident, "bram")
        engine.clock.move(minutes=11)
        bram = lead.people["bram"]
        with pytest.raises(Conflict):
            undo_acknowledge(incident=incident, membership=bram, actor=bram.as_actor(), now=lead.now)

    def test_what_another_took_is_not_undone(self, lead: Lead) -> None:
        incident = lead.alerted()
        acknowledge(lead, incident, "bram")
        marc = lead.people["marc"]
        with pytest.raises(Conflict):
            undo_acknowledge(incident=incident, membership=marc, actor=marc.as_actor(), now=lead.now)
        assert lead.managers(incident) == ["bram"]

    def test_while_another_is_coming_it_stays_acknowledged(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        call_in(incident=incident, people=[lead.people["carla"]], actor=lead.as_("marc"), now=lead.now)
        engine.run()
        first = lead.now
        acknowledge(lead, incident, "bram")
        engine.clock.move(minutes=1)
        acknowledge(lead, incident, "carla")
        bram = lead.people["bram"]
        undo_acknowledge(incident=incident, membership=bram, actor=bram.as_actor(), now=lead.now)
        assert lead.again(incident).acknowledged_at == first


class TestSnooze:
    def test_quiet_until_then_from_the_first_step(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.run()
        acknowledge(lead, incident, "bram")
        snooze(
            incident=incident,
            until=lead.now + timedelta(minutes=15),
            actor=lead.as_("bram"),
            now=lead.now,
        )
        assert lead.states(incident) == ["snoozed"]
        mail.outbox.clear()
        engine.clock.move(minutes=15)
        engine.run()
        assert lead.states(incident) == ["paging"]
        assert [letter.to for letter in mail.outbox] == [["bram@acme.test"]]

    def test_not_into_the_past(self, lead: Lead) -> None:
        with pytest.raises(ValidationError):
            snooze(incident=lead.alerted(), until=lead.now, actor=lead.as_("bram"), now=lead.now)


class TestOutsider:
    def test_every_answer_to_anothers_incident_is_missing(self, lead: Lead, world: World) -> None:
        incident = lead.alerted()
        (call,) = lead.calls(incident)
        olga = world.other.members["olga"]
        who: dict[str, Membership | Actor | object] = {
            "membership": olga,
            "actor": olga.as_actor(),
            "now": lead.now,
        }
        with tenant_scope(world.other.tenant.pk):
            for attempt in (
                lambda: acknowledge_incident(incident=incident, **who),
                lambda: undo_acknowledge(incident=incident, **who),
                lambda: acknowledge_call(call=call, **who),
                lambda: pass_on_call(call=call, **who),
                lambda: snooze(
                    incident=incident,
                    until=lead.now + timedelta(hours=1),
                    actor=olga.as_actor(),
                    now=lead.now,
                ),
            ):
                with pytest.raises((Incident.DoesNotExist, type(call).DoesNotExist)):
                    attempt()
        assert lead.states(incident) == ["paging"]

    def test_anothers_person_cannot_be_the_one_who_has_it(self, lead: Lead, world: World) -> None:
        with pytest.raises(Membership.DoesNotExist):
            acknowledge_incident(
                incident=lead.alerted(),
                membership=world.other.members["olga"],
                actor=lead.as_("marc"),
                now=lead.now,
            )
