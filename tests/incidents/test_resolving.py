"""The end of the emergency (R40 to R44), and its return."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, Message
from incidents.operations.cancelling import cancel
from incidents.operations.resolving import close, impact_over, nothing_imminent, reopen, resolve
from incidents.operations.responding import acknowledge_incident
from incidents.refusals import PhaseRefused
from statuspage.models import Notice
from tests.conftest import Engine
from tests.incidents.leading import Lead
from tests.incidents.telling import told
from tests.people import World

# As the template has it: nobody has to read it first.
RESTORED = "Website: service is restored. We will publish what happened and what we change."


def led(lead: Lead, **given: object) -> Incident:
    """Open, real, with Bram as manager."""
    incident = lead.declare(severity=lead.sev[1], **given)
    lead.engine.run()
    bram = lead.people["bram"]
    return acknowledge_incident(incident=incident, membership=bram, actor=bram.as_actor(), now=lead.now)


def tell(lead: Lead, incident: Incident, audience: str, **given: object) -> Message:
    components = {lead.component.uid: "major_outage"} if audience == "external" else {}
    words = {"audience": audience, "components": components} | given
    return told(incident, by=lead.people["bram"], reader=lead.people["anna"], now=lead.now, **words)


def end(lead: Lead, incident: Incident, by: str = "bram", **given: object) -> Incident:
    words = {
        "impact_over_at": lead.now,
        "internal": None,
        "external": None,
        "nothing_is_imminent": True,
    }
    return resolve(incident=incident, actor=lead.as_(by), now=lead.now, **(words | given))  # type: ignore[arg-type]


class TestTheTwoConfirmations:
    def test_r40_each_is_said_by_somebody_and_recorded(self, lead: Lead, engine: Engine) -> None:
        incident = led(lead)
        ended = lead.now
        engine.clock.move(minutes=5)
        impact_over(incident=incident, at=ended, actor=lead.as_("bram"), now=lead.now)
        nothing_imminent(incident=incident, actor=lead.as_("marc"), now=lead.now)
        known = lead.again(incident)
        assert (known.impact_over_at, known.nothing_imminent_at) == (ended, lead.now)
        entries = incident.timeline.filter(kind="impact_over").order_by("id")
        assert [(entry.actor_label, entry.occurred_at) for entry in entries] == [
            ("Bram", ended),
            ("Marc", lead.now),
        ]

    def test_it_can_be_taken_back(self, lead: Lead) -> None:
        incident = led(lead)
        impact_over(incident=incident, at=lead.now, actor=lead.as_("bram"), now=lead.now)
        nothing_imminent(incident=incident, actor=lead.as_("bram"), now=lead.now)
        impact_over(incident=incident, at=None, actor=lead.as_("bram"), now=lead.now)
        known = lead.again(incident)
        assert (known.impact_over_at, known.nothing_imminent_at) == (None, None)

    def test_not_before_it_started_or_in_the_future(self, lead: Lead) -> None:
        incident = led(lead, started_at=lead.now - timedelta(minutes=5))
        for moment in (lead.now - timedelta(minutes=6), lead.now + timedelta(minutes=1)):
            with pytest.raises(ValidationError):
                impact_over(incident=incident, at=moment, actor=lead.as_("bram"), now=lead.now)
            with pytest.raises(ValidationError):
                end(lead, incident, impact_over_at=moment)

    def test_the_database_holds_the_order_as_well(self, lead: Lead) -> None:
        incident = led(lead, started_at=lead.now)
        with pytest.raises(IntegrityError), transaction.atomic(), acting(ENGINE, now=lead.now):
            Incident.objects.filter(pk=incident.pk).update(impact_over_at=lead.now - timedelta(minutes=1))

    def test_the_same_moment_twice_is_one_entry(self, lead: Lead) -> None:
        incident = led(lead)
        for _ in range(2):
            impact_over(incident=incident, at=lead.now, actor=lead.as_("bram"), now=lead.now)
        assert lead.kinds(incident).count("impact_over") == 1


class TestResolving:
    def test_r40_all_that_is_missing_is_said_at_once(self, lead: Lead) -> None:
        incident = lead.declare()
        with pytest.raises(PhaseRefused) as refused:
            end(lead, incident, impact_over_at=None, nothing_is_imminent=False)
        assert {lacking.code for lacking in refused.value.missing} == {
            "manager",
            "impact_over",
            "nothing_imminent",
        }
        assert set(refused.value.fields) == {"manager", "impact_over", "nothing_imminent"}
        assert lead.again(incident).is_open

    def test_what_was_said_before_is_kept(self, lead: Lead, engine: Engine) -> None:
        incident = led(lead)
        ended = lead.now
        impact_over(incident=incident, at=ended, actor=lead.as_("bram"), now=lead.now)
        nothing_imminent(incident=incident, actor=lead.as_("bram"), now=lead.now)
        engine.clock.move(minutes=5)
        end(lead, incident, impact_over_at=None, nothing_is_imminent=False)
        known = lead.again(incident)
        assert (known.phase, known.impact_over_at, known.resolved_at) == ("resolved", ended, lead.now)

    def test_the_pager_stops_and_those_paged_hear_that_it_is_over(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare(severity=lead.sev[1])
        engine.run()
        marc = lead.people["marc"]
        acknowledge_incident(incident=incident, membership=marc, actor=marc.as_actor(), now=lead.now)
        for _ in range(2):  # an address gets one message a minute: the page, who has it, that it is over
            engine.clock.move(minutes=1)
            engine.run()
        mail.outbox.clear()
        end(lead, incident)
        engine.run()
        assert lead.states(incident) == ["stopped"]
        over = [letter for letter in mail.outbox if letter.subject.startswith("[Over]")]
        assert [letter.to for letter in over] == [["bram@acme.test"]]

    def test_r42_both_final_messages_in_one_go(self, lead: Lead, engine: Engine) -> None:
        incident = led(lead)
        tell(lead, incident, "internal")
        tell(lead, incident, "external")
        engine.run()
        mail.outbox.clear()
        end(lead, incident, internal="It is over.", external=RESTORED)
        known = lead.again(incident)
        assert known.notice is not None
        assert known.internal_notice is not None
        assert (known.notice.status, known.internal_notice.status) == ("resolved", "resolved")
        lead.component.refresh_from_db()
        assert lead.component.status == "operational"
        facts = lead.facts(incident)
        assert (facts.final_internal, facts.final_external, facts.notice_open) == (True, True, False)
        engine.run()
        assert any("It is over." in letter.body for letter in mail.outbox)

    def test_words_can_follow_later(self, lead: Lead) -> None:
        incident = led(lead)
        tell(lead, incident, "external")
        end(lead, incident)
        assert lead.again(incident).phase == "resolved"
        assert lead.facts(incident).notice_open
        tell(lead, incident, "external", kind="final", status="resolved", components={})
        assert not lead.facts(incident).notice_open

    def test_one_transaction_words_that_cannot_go_out_resolve_nothing(self, lead: Lead) -> None:
        incident = led(lead)
        with pytest.raises(ValidationError):
            end(lead, incident, internal="It is over.", external=" ")
        assert lead.again(incident).is_open
        assert lead.states(incident) == ["acknowledged"]
        assert not Message.objects.filter(published_at__isnull=False).exists()

    def test_a_second_call_changes_nothing(self, lead: Lead, engine: Engine) -> None:
        incident = led(lead)
        end(lead, incident)
        before = lead.told(incident)
        engine.clock.move(minutes=1)
        end(lead, incident)
        assert lead.told(incident) == before

    def test_the_person_is_on_record_not_the_record(self, lead: Lead) -> None:
        incident = led(lead)
        end(lead, incident, by="marc")
        assert ("resolved", "Marc") in lead.told(incident)
        assert incident.history.filter(phase="resolved").get().actor_label == "Marc"

    def test_words_need_the_permission_to_publish(self, lead: Lead) -> None:
        incident = led(lead)
        mute = replace(lead.as_("bram"), grants=frozenset({"incidents.respond"}))
        with pytest.raises(PermissionDenied):
            resolve(
                incident=incident,
                impact_over_at=lead.now,
                nothing_is_imminent=True,
                internal="x",
                external=None,
                actor=mute,
                now=lead.now,
            )
        assert lead.again(incident).is_open

    def test_a_cancelled_one_cannot_be_resolved(self, lead: Lead) -> None:
        incident = led(lead)
        cancel(incident=incident, reason="false_alarm", actor=lead.as_("bram"), now=lead.now)
        with pytest.raises(Conflict):
            end(lead, incident)


class TestClosing:
    def test_with_nothing_told_it_closes(self, lead: Lead) -> None:
        incident = led(lead)
        end(lead, incident)
        close(incident=incident, actor=lead.as_("bram"), now=lead.now)
        known = lead.again(incident)
        assert (known.phase, known.closed_at) == ("closed", lead.now)

    def test_not_while_a_final_message_is_owed(self, lead: Lead) -> None:
        incident = led(lead)
        tell(lead, incident, "internal")
        end(lead, incident)
        with pytest.raises(PhaseRefused) as refused:
            close(incident=incident, actor=lead.as_("bram"), now=lead.now)
        assert [lacking.code for lacking in refused.value.missing] == ["final_internal"]

    def test_unless_it_is_waived_with_a_reason(self, lead: Lead) -> None:
        incident = led(lead)
        tell(lead, incident, "internal")
        end(lead, incident)
        close(incident=incident, waived="told in the room", actor=lead.as_("bram"), now=lead.now)
        assert lead.again(incident).finals_waived == "told in the room"

    def test_a_refused_waiver_is_not_kept(self, lead: Lead) -> None:
        incident = led(lead)
        tell(lead, incident, "external")
        end(lead, incident)
        with pytest.raises(PhaseRefused):
            close(incident=incident, waived="why not", actor=lead.as_("bram"), now=lead.now)
        assert lead.again(incident).finals_waived == ""

    def test_not_from_an_open_phase(self, lead: Lead) -> None:
        with pytest.raises(PhaseRefused):
            close(incident=led(lead), actor=lead.as_("bram"), now=lead.now)

    def test_a_second_call_changes_nothing(self, lead: Lead) -> None:
        incident = led(lead)
        end(lead, incident)
        for _ in range(2):
            close(incident=incident, actor=lead.as_("bram"), now=lead.now)
        assert lead.kinds(incident).count("closed") == 1


class TestReopening:
    @pytest.mark.parametrize("closed", [False, True])
    def test_from_resolved_and_from_closed(self, lead: Lead, engine: Engine, closed: bool) -> None:
        incident = led(lead)
        end(lead, incident)
        if closed:
            close(incident=incident, actor=lead.as_("bram"), now=lead.now)
        engine.clock.move(minutes=30)
        reopen(incident=incident, reason="It is back", actor=lead.as_("marc"), now=lead.now)
        known = lead.again(incident)
        assert known.phase == "resolving"
        assert (known.resolved_at, known.closed_at, known.impact_over_at) == (None, None, None)
        assert ("reopened", "Marc") in lead.told(incident)

    def test_customers_who_were_told_get_a_draft_that_says_so(self, lead: Lead) -> None:
        incident = led(lead)
        tell(lead, incident, "external")
        end(lead, incident, external=RESTORED)
        reopen(incident=incident, reason="It is back", actor=lead.as_("bram"), now=lead.now)
        drafted = Message.objects.get(incident=incident, published_at=None)
        assert (drafted.audience, drafted.kind) == ("external", "update")
        assert "too early" in drafted.body

    def test_a_final_message_from_before_does_not_count(self, lead: Lead, engine: Engine) -> None:
        incident = led(lead)
        tell(lead, incident, "external")
        end(lead, incident, external=RESTORED)
        engine.clock.move(minutes=30)
        reopen(incident=incident, reason="It is back", actor=lead.as_("bram"), now=lead.now)
        assert not lead.facts(incident).final_external

    def test_publishing_again_opens_the_notice_again(self, lead: Lead) -> None:
        incident = led(lead)
        tell(lead, incident, "external")
        end(lead, incident, external=RESTORED)
        reopen(incident=incident, reason="It is back", actor=lead.as_("bram"), now=lead.now)
        tell(lead, incident, "external", kind="update")
        assert Notice.objects.get(page=lead.public).resolved_at is None

    def test_from_cancelled_it_pages_where_nobody_had_it(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.run()
        cancel(incident=incident, reason="recovered", actor=ENGINE, now=lead.now)
        reopen(incident=incident, reason="It is real", actor=lead.as_("marc"), now=lead.now)
        known = lead.again(incident)
        assert (known.phase, known.cancelled_at, known.cancel_reason) == ("detected", None, "")
        assert lead.states(incident) == ["paging"]

    def test_needs_a_reason(self, lead: Lead) -> None:
        incident = led(lead)
        end(lead, incident)
        with pytest.raises(ValidationError):
            reopen(incident=incident, reason=" ", actor=lead.as_("bram"), now=lead.now)

    def test_an_open_one_stays_as_it_is(self, lead: Lead) -> None:
        incident = led(lead)
        before = lead.told(incident)
        reopen(incident=incident, reason="x", actor=lead.as_("bram"), now=lead.now)
        assert lead.told(incident) == before


class TestOutsider:
    def test_anothers_incident_is_missing(self, lead: Lead, world: World) -> None:
        incident, olga = led(lead), world.other.members["olga"].as_actor()
        with tenant_scope(world.other.tenant.pk):
            for attempt in (
                lambda: impact_over(incident=incident, at=lead.now, actor=olga, now=lead.now),
                lambda: nothing_imminent(incident=incident, actor=olga, now=lead.now),
                lambda: resolve(
                    incident=incident,
                    impact_over_at=lead.now,
                    internal=None,
                    external=None,
                    nothing_is_imminent=True,
                    actor=olga,
                    now=lead.now,
                ),
                lambda: close(incident=incident, actor=olga, now=lead.now),
                lambda: reopen(incident=incident, reason="x", actor=olga, now=lead.now),
            ):
                with pytest.raises(Incident.DoesNotExist):
                    attempt()
        assert lead.again(incident).is_open

    def test_a_viewer_may_not(self, lead: Lead) -> None:
        incident = led(lead)
        vera = lead.as_("vera")
        for attempt in (
            lambda: impact_over(incident=incident, at=lead.now, actor=vera, now=lead.now),
            lambda: nothing_imminent(incident=incident, actor=vera, now=lead.now),
            lambda: end(lead, incident, by="vera"),
            lambda: close(incident=incident, actor=vera, now=lead.now),
            lambda: reopen(incident=incident, reason="x", actor=vera, now=lead.now),
        ):
            with pytest.raises(PermissionDenied):
                attempt()
