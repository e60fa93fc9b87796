"""Is it real, and how bad is it (R12 to R20)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, Severity, SeverityChange
from incidents.operations.assessing import confirm, set_severity
from incidents.operations.calls import call_in
from incidents.operations.cancelling import cancel
from incidents.operations.channels import set_channel
from incidents.operations.responding import acknowledge_incident, snooze
from oncall.models import Page, Step, StepTarget
from tests.conftest import Engine
from tests.incidents.leading import Lead, policy_for
from tests.people import World


def rate(lead: Lead, incident: Incident, rank: int, by: str = "marc", **given: object) -> Incident:
    return set_severity(
        incident=incident,
        severity=lead.sev[rank],
        actor=lead.as_(by),
        now=lead.now,
        **given,  # type: ignore[arg-type]
    )


def take(lead: Lead, incident: Incident, by: str = "bram") -> None:
    acknowledge_incident(incident=incident, membership=lead.people[by], actor=lead.as_(by), now=lead.now)


class TestConfirming:
    def test_r21_the_moment_and_what_customers_notice(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        engine.clock.move(minutes=3)
        confirm(incident=incident, customers_notice=True, actor=lead.as_("bram"), now=lead.now)
        known = lead.again(incident)
        assert (known.confirmed_at, known.customers_notice) == (lead.now, True)

    def test_a_second_call_keeps_the_moment(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted()
        first = confirm(incident=incident, customers_notice=None, actor=lead.as_("bram"), now=lead.now)
        engine.clock.move(minutes=3)
        confirm(incident=incident, customers_notice=False, actor=lead.as_("bram"), now=lead.now)
        known = lead.again(incident)
        assert (known.confirmed_at, known.customers_notice) == (first.confirmed_at, False)

    def test_the_same_answer_twice_is_one_entry(self, lead: Lead) -> None:
        incident = lead.alerted()
        for _ in range(2):
            confirm(incident=incident, customers_notice=True, actor=lead.as_("bram"), now=lead.now)
        assert lead.kinds(incident).count("confirmed") == 1

    def test_it_will_not_cancel_itself_any_more(self, lead: Lead) -> None:
        incident = lead.alerted()
        with acting(ENGINE, now=lead.now):
            Incident.objects.filter(pk=incident.pk).update(recovered_due_at=lead.now)
        confirm(incident=incident, customers_notice=True, actor=lead.as_("bram"), now=lead.now)
        assert lead.again(incident).recovered_due_at is None

    def test_a_confirmed_sev1_calls_the_roles_behind_it_once(self, lead: Lead) -> None:
        with acting(ENGINE, now=lead.now):
            role = lead.roles["comms"]
            role.policy = policy_for("Comms", lead.people["carla"])
            role.save()
        incident = lead.alerted(rank=1)
        for notice in (True, False):
            confirm(incident=incident, customers_notice=notice, actor=lead.as_("bram"), now=lead.now)
        assert [call.kind for call in lead.calls(incident)] == ["service", "role"]

    def test_not_what_is_over(self, lead: Lead) -> None:
        incident = lead.alerted()
        cancel(incident=incident, reason="false_alarm", actor=lead.as_("bram"), now=lead.now)
        with pytest.raises(Conflict):
            confirm(incident=incident, customers_notice=True, actor=lead.as_("bram"), now=lead.now)

    def test_not_by_a_viewer(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            confirm(incident=lead.alerted(), customers_notice=True, actor=lead.as_("vera"), now=lead.now)


class TestRaising:
    """Raised to a severity that pages: a new ladder in whatever state."""

    def test_acknowledged(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted(rank=2)
        engine.run()
        take(lead, incident)
        rate(lead, incident, 1)
        assert lead.states(incident) == ["paging"]
        assert lead.calls(incident)[0].escalation.card.severity_word == "SEV1"

    def test_held(self, lead: Lead, engine: Engine) -> None:
        lead.engine.clock.set(datetime(2026, 11, 28, 11, 0, tzinfo=UTC))
        incident = lead.alerted(rank=3)
        assert lead.calls(incident) == []
        rate(lead, incident, 1)
        engine.run()
        assert lead.paged(incident) == ["bram"]
        assert lead.again(incident).held_until is None

    def test_from_one_that_pages_softly_it_pages_loudly(self, lead: Lead) -> None:
        incident = lead.alerted(rank=3)  # in office hours
        assert lead.calls(incident)[0].escalation.urgency == "low"
        rate(lead, incident, 1)
        assert lead.calls(incident)[0].escalation.urgency == "high"

    def test_snoozed(self, lead: Lead) -> None:
        incident = lead.alerted(rank=2)
        until = lead.now + timedelta(hours=1)
        snooze(incident=incident, until=until, actor=lead.as_("bram"), now=lead.now)
        rate(lead, incident, 1)
        assert lead.states(incident) == ["paging"]

    def test_unknown_counts_as_sev2(self, lead: Lead) -> None:
        incident = lead.alerted(rank=None)
        take(lead, incident)
        rate(lead, incident, 2)
        assert lead.states(incident) == ["acknowledged"]
        rate(lead, incident, 1)
        assert lead.states(incident) == ["paging"]

    def test_the_first_severity_may_be_low_without_a_reason(self, lead: Lead) -> None:
        incident = lead.alerted(rank=None)
        assert rate(lead, incident, 3).severity == lead.sev[3]

    def test_every_ladder_gets_the_new_word(self, lead: Lead) -> None:
        incident = lead.alerted(rank=2)
        call_in(incident=incident, people=[lead.people["carla"]], actor=lead.as_("marc"), now=lead.now)
        rate(lead, incident, 1, provisional=True)
        assert [call.escalation.card.severity_word for call in lead.calls(incident)] == ["SEV1?", "SEV1?"]

    def test_a_worse_severity_promises_sooner(self, lead: Lead) -> None:
        incident = lead.alerted(rank=2)
        with acting(ENGINE, now=lead.now):
            Incident.objects.filter(pk=incident.pk).update(next_update_at=lead.now + timedelta(minutes=55))
        rate(lead, incident, 1)
        assert lead.again(incident).next_update_at == lead.now + timedelta(minutes=30)


class TestLowering:
    def test_asks_a_reason(self, lead: Lead) -> None:
        incident = lead.alerted(rank=1)
        with pytest.raises(ValidationError) as refused:
            rate(lead, incident, 2)
        assert list(refused.value.message_dict) == ["reason"]
        assert lead.again(incident).severity == lead.sev[1]

    def test_with_a_reason_pages_nobody(self, lead: Lead) -> None:
        incident = lead.alerted(rank=1)
        take(lead, incident)
        rate(lead, incident, 2, reason="only the app")
        assert lead.states(incident) == ["acknowledged"]
        assert SeverityChange.objects.get(incident=incident, ends_at=None).reason == "only the app"


class TestTheRecord:
    def test_the_intervals_touch_and_one_is_current(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted(rank=2)
        for rank, reason in ((1, ""), (3, "small after all"), (1, "")):
            engine.clock.move(minutes=5)
            rate(lead, incident, rank, reason=reason)
        changes = list(SeverityChange.objects.filter(incident=incident).order_by("id"))
        assert [change.severity.rank for change in changes] == [2, 1, 3, 1]
        assert all(one.ends_at == following.begins_at for one, following in pairwise(changes))
        assert [change.ends_at is None for change in changes] == [False, False, False, True]

    def test_the_same_again_only_confirms_it(self, lead: Lead) -> None:
        incident = lead.alerted(rank=1)
        take(lead, incident)
        rate(lead, incident, 1)
        known = lead.again(incident)
        assert (known.severity_word, known.assessed_at) == ("SEV1", lead.now)
        assert lead.states(incident) == ["acknowledged"]
        before = lead.told(incident)
        rate(lead, incident, 1)
        assert lead.told(incident) == before

    def test_a_confirmed_severity_and_a_place_make_it_assess(self, lead: Lead) -> None:
        incident = lead.alerted(rank=2)
        rate(lead, incident, 2)
        assert lead.again(incident).phase == "detected"  # no place to talk yet: HARD
        set_channel(incident=incident, kind="room", place="Room 3", actor=lead.as_("marc"), now=lead.now)
        assert lead.again(incident).phase == "assessing"


class TestOutsider:
    def test_anothers_incident_is_missing(self, lead: Lead, world: World) -> None:
        incident = lead.alerted()
        olga = world.other.members["olga"].as_actor()
        with tenant_scope(world.other.tenant.pk):
            for attempt in (
                lambda: confirm(incident=incident, customers_notice=True, actor=olga, now=lead.now),
                lambda: set_severity(incident=incident, severity=lead.sev[3], actor=olga, now=lead.now),
            ):
                with pytest.raises(Incident.DoesNotExist):
                    attempt()

    def test_anothers_severity_is_missing(self, lead: Lead, world: World) -> None:
        with tenant_scope(world.other.tenant.pk), acting(ENGINE, now=lead.now):
            theirs = Severity.objects.create(rank=1, word="P1", name="x", description="x")
        with pytest.raises(Severity.DoesNotExist):
            set_severity(incident=lead.alerted(), severity=theirs, actor=lead.as_("marc"), now=lead.now)

    def test_a_viewer_may_not(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            rate(lead, lead.alerted(), 1, by="vera")


class TestRaisingWhatOneHas:
    """Raising is one's own answer where the new ladder would page oneself and nobody else first."""

    def test_whoever_acknowledged_is_not_paged_by_their_own_tap(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted(rank=2)
        engine.run()
        take(lead, incident)
        pages = Page.objects.count()
        engine.clock.move(minutes=2)
        rate(lead, incident, 1, by="bram")
        engine.run()
        (call,) = lead.calls(incident)
        assert (call.escalation.state, call.escalation.acknowledged_at) == ("acknowledged", lead.now)
        assert call.escalation.run == 1  # a new ladder, which they hold
        assert Page.objects.count() == pages
        assert lead.again(incident).severity_word == "SEV1"

    def test_others_on_the_first_step_are_paged(self, lead: Lead, engine: Engine) -> None:
        with acting(ENGINE, now=lead.now):
            step = Step.objects.get(policy=lead.checkout.policy, position=1)
            StepTarget.objects.create(step=step, kind="person", membership=lead.people["marc"])
        incident = lead.alerted(rank=2)
        engine.run()
        take(lead, incident)
        rate(lead, incident, 1, by="bram")
        engine.run()
        assert lead.states(incident) == ["paging"]
        assert "marc" in lead.paged(incident)

    def test_who_has_not_got_it_is_paged_like_anybody(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare(severity=lead.sev[2], by="bram")
        rate(lead, incident, 1, by="bram")
        engine.run()
        assert lead.states(incident) == ["paging"]
        assert lead.paged(incident) == ["bram"]

    def test_a_manager_whom_the_ladder_would_not_page_has_it_paged(self, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted(rank=2)
        engine.run()
        take(lead, incident, by="marc")
        assert lead.managers(incident) == ["marc"]
        rate(lead, incident, 1, by="marc")
        engine.run()
        assert lead.states(incident) == ["paging"]
        assert "bram" in lead.paged(incident)

    def test_what_was_held_is_kept_by_the_manager_who_raises_it(self, lead: Lead, engine: Engine) -> None:
        lead.engine.clock.set(datetime(2026, 11, 28, 11, 0, tzinfo=UTC))
        incident = lead.alerted(rank=3)
        take(lead, incident)
        rate(lead, incident, 1, by="bram")
        engine.run()
        assert lead.states(incident) == ["acknowledged"]
        assert Page.objects.count() == 0
