"""An acknowledgement that runs out and is renewed, several answers, a call that is given to somebody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership, Tenant
from incidents.models import Call, Incident
from incidents.operations.calls import call_in
from incidents.operations.cancelling import cancel
from incidents.operations.giving import give_call
from incidents.operations.having import somebody_has_it
from incidents.operations.renewing import keep_call
from incidents.operations.responding import acknowledge_call, acknowledge_incident, pass_on_call, snooze
from oncall.models import Escalation, Page, Step
from oncall.operations import testing
from tests.api.conftest import Caller, with_key  # noqa: F401  (a fixture)
from tests.conftest import Engine
from tests.incidents.leading import Lead
from tests.incidents.test_page_link import press, words
from tests.people import World

Key = Callable[..., Caller]
FROM_BELOW = {"renewed", "reassigned", "passed_on", "snoozed"}


def call_of(incident: Incident) -> Call:
    return Call.objects.select_related("escalation").get(incident=incident, kind="service")


def link(person: Membership) -> str:
    page = Page.objects.filter(membership=person).order_by("-id").first()
    assert page is not None
    return f"/p/{page.token}"


def subjects() -> list[tuple[str, str]]:
    """(to whom, subject) of every mail so far; clears the box."""
    found = [(sent.to[0].split("@")[0], sent.subject) for sent in mail.outbox]
    mail.outbox.clear()
    return found


@pytest.fixture
def taken(lead: Lead, engine: Engine) -> Incident:
    """Bram has it."""
    incident = lead.alerted(2)
    engine.run()
    person = lead.people["bram"]
    acknowledge_incident(incident=incident, membership=person, actor=lead.as_("bram"), now=lead.now)
    mail.outbox.clear()
    return incident


class TestStillOnIt:
    def test_it_lasts_from_then_again(self, lead: Lead, engine: Engine, taken: Incident) -> None:
        engine.clock.move(minutes=29)
        bram = lead.people["bram"]
        keep_call(call=call_of(taken), membership=bram, actor=lead.as_("bram"), now=lead.now)
        assert call_of(taken).escalation.ack_expires_at == lead.now + timedelta(minutes=30)
        assert lead.kinds(taken)[-1] == "renewed"

    def test_asked_before_it_runs_out_then_paged_again(
        self, lead: Lead, engine: Engine, taken: Incident
    ) -> None:
        engine.run_until(engine.clock.now() + timedelta(minutes=29))
        asked = subjects()
        assert [who for who, _subject in asked] == ["bram"]
        engine.run_until(engine.clock.now() + timedelta(minutes=2))
        assert call_of(taken).escalation.state == "paging"
        assert "bram" in [who for who, _subject in subjects()]

    def test_the_link_of_the_reminder_keeps_it(
        self, client: Client, lead: Lead, engine: Engine, taken: Incident
    ) -> None:
        engine.run_until(engine.clock.now() + timedelta(minutes=29))
        [asked] = mail.outbox
        address = link(lead.people["bram"])
        assert address in asked.body
        shown = press(client, address, "still_on_it")
        assert "Yours until 11:59" in shown
        engine.run_until(engine.clock.now() + timedelta(minutes=20))
        assert call_of(taken).escalation.state == "acknowledged"

    def test_once_it_ran_out_it_is_refused(self, lead: Lead, engine: Engine, taken: Incident) -> None:
        engine.clock.move(minutes=31)
        engine.run()
        bram = lead.people["bram"]
        with pytest.raises(Conflict):
            keep_call(call=call_of(taken), membership=bram, actor=lead.as_("bram"), now=lead.now)

    def test_on_one_that_is_over_it_is_refused(self, lead: Lead, taken: Incident) -> None:
        cancel(incident=taken, reason="false_alarm", actor=lead.as_("bram"), now=lead.now)
        bram = lead.people["bram"]
        with pytest.raises(Conflict):
            keep_call(call=call_of(taken), membership=bram, actor=lead.as_("bram"), now=lead.now)


class TestSeveral:
    @pytest.fixture
    def two(self, lead: Lead, engine: Engine) -> Incident:
        """Bram and Anna are called together, and both have to say so."""
        with acting(ENGINE, now=lead.now):
            first, second = Step.objects.filter(policy=lead.checkout.policy).order_by("position")
            for target in second.targets.all():
                target.step = first
                target.save()
            second.delete()
            first.answers_needed = 2
            first.save()
        incident = lead.alerted(2)
        engine.run()
        return incident

    def test_one_of_two_does_not_stop_it(
        self, client: Client, lead: Lead, engine: Engine, two: Incident
    ) -> None:
        shown = press(client, link(lead.people["bram"]), "ack")
        assert "You have it. 1 of 2 have it." in shown
        assert lead.again(two).acknowledged_at is not None  # theirs, and paging goes on
        assert somebody_has_it(lead.again(two))
        assert "1 of 2 have it. You too?" in words(client.get(link(lead.people["anna"])))
        shown = press(client, link(lead.people["anna"]), "ack")
        assert "You have it" in shown
        assert lead.again(two).acknowledged_at is not None
        assert "You have it" in words(client.get(link(lead.people["bram"])))

    def test_from_the_room_as_well(self, lead: Lead, two: Incident) -> None:
        bram = lead.people["bram"]
        acknowledge_incident(incident=two, membership=bram, actor=lead.as_("bram"), now=lead.now)
        assert lead.again(two).acknowledged_at is not None
        assert call_of(two).escalation.state == "paging"


class TestGiving:
    def give(self, lead: Lead, incident: Incident, *names: str, by: str = "marc", **given: Any) -> Call:
        people = [lead.people[name] for name in names]
        return give_call(call=call_of(incident), people=people, actor=lead.as_(by), now=lead.now, **given)

    def test_the_new_ones_are_paged_and_the_old_ones_hear_it(
        self, client: Client, lead: Lead, engine: Engine
    ) -> None:
        incident = lead.alerted(2)
        engine.run()
        mail.outbox.clear()
        engine.clock.move(minutes=1)
        self.give(lead, incident, "carla")
        engine.run()
        assert {who for who, _subject in subjects()} == {"bram", "carla"}
        assert "reassigned" in lead.kinds(incident)
        shown = words(client.get(link(lead.people["bram"])))
        assert "Not yours any more: given to Carla." in shown
        for deed in ("ack", "pass_on"):
            assert "Not yours any more: given to Carla." in press(client, link(lead.people["bram"]), deed)
        assert call_of(incident).escalation.state == "paging"
        press(client, link(lead.people["carla"]), "ack")
        assert "Not yours any more: Carla has it." in words(client.get(link(lead.people["bram"])))

    def test_who_had_it_has_it_no_more(self, lead: Lead, engine: Engine, taken: Incident) -> None:
        engine.clock.move(minutes=1)
        self.give(lead, taken, "carla")
        engine.run()
        assert (call_of(taken).answered_by, call_of(taken).escalation.state) == (None, "paging")

    def test_to_a_policy(self, lead: Lead, engine: Engine, taken: Incident) -> None:
        engine.clock.move(minutes=1)
        self.give(lead, taken, policy=lead.default_policy)
        engine.run()
        assert lead.paged(taken)[-1] == "anna"

    def test_to_nobody_is_refused(self, lead: Lead, taken: Incident) -> None:
        with pytest.raises(ValidationError):
            self.give(lead, taken)

    def test_who_only_reads_cannot(self, lead: Lead, taken: Incident) -> None:
        with pytest.raises(PermissionDenied):
            self.give(lead, taken, "carla", by="vera")

    def test_an_outsider_is_a_missing_person(self, lead: Lead, world: World, taken: Incident) -> None:
        outsider = world.other.members["olga"]
        with pytest.raises(Membership.DoesNotExist):
            give_call(call=call_of(taken), people=[outsider], actor=lead.as_("marc"), now=lead.now)
        assert call_of(taken).escalation.state == "acknowledged"

    def test_another_tenants_call_is_a_missing_one(
        self, lead: Lead, world: World, taken: Incident, in_scope: Any
    ) -> None:
        call, olga = call_of(taken), world.other.members["olga"]
        with in_scope(world.other.tenant), pytest.raises(Call.DoesNotExist):
            give_call(call=call, people=[olga], actor=olga.as_actor(), now=lead.now)

    def test_a_further_call_is_given_alone(self, lead: Lead, engine: Engine, taken: Incident) -> None:
        [call] = call_in(incident=taken, people=[lead.people["carla"]], actor=lead.as_("bram"), now=lead.now)
        engine.run()
        engine.clock.move(minutes=1)
        give_call(call=call, people=[lead.people["marc"]], actor=lead.as_("bram"), now=lead.now)
        engine.run()
        assert lead.states(taken) == ["acknowledged", "paging"]
        acknowledge_call(call=call, membership=lead.people["marc"], actor=lead.as_("marc"), now=lead.now)
        assert lead.states(taken) == ["acknowledged", "acknowledged"]


class TestFromBelow:
    """Done to the ladder alone: over the API, or by its own clock."""

    def test_given_over_the_api(
        self,
        lead: Lead,
        engine: Engine,
        taken: Incident,
        with_key: Key,  # noqa: F811
    ) -> None:
        engine.clock.move(minutes=1)
        at = f"escalations/{call_of(taken).escalation.uid}"
        answer = with_key("write").post(f"{at}/reassign", {"members": [lead.people["carla"].uid]})
        assert (answer.status_code, call_of(taken).answered_by) == (200, None)
        assert taken.timeline.get(kind="reassigned").text == "Checkout was given to Carla"
        assert not somebody_has_it(lead.again(taken))

    def test_kept_snoozed_and_passed_on_over_the_api(
        self,
        lead: Lead,
        engine: Engine,
        taken: Incident,
        with_key: Key,  # noqa: F811
    ) -> None:
        key, at = with_key("write"), f"escalations/{call_of(taken).escalation.uid}"
        key.post(f"{at}/renew", {})
        key.post(f"{at}/snooze", {"until": (lead.now + timedelta(hours=1)).isoformat()})
        assert lead.kinds(taken)[-2:] == ["renewed", "snoozed"]
        engine.clock.move(hours=1)
        engine.run()
        key.post(f"{at}/escalate", {"member": lead.people["bram"].uid})
        assert taken.timeline.order_by("id").last().text == "Bram passed it on"

    def test_run_out(self, lead: Lead, engine: Engine, taken: Incident) -> None:
        assert somebody_has_it(lead.again(taken))
        engine.clock.move(minutes=31)
        engine.run()
        assert (call_of(taken).answered_by, call_of(taken).escalation.state) == (None, "paging")
        last = taken.timeline.order_by("id").last()
        assert (last.kind, last.text) == ("paged", "Nobody said that work goes on: Checkout pages again")
        assert not somebody_has_it(lead.again(taken))

    def test_what_the_incident_does_itself_stands_there_once(
        self, lead: Lead, engine: Engine, taken: Incident
    ) -> None:
        bram = {"membership": lead.people["bram"], "actor": lead.as_("bram"), "now": lead.now}
        keep_call(call=call_of(taken), **bram)
        give_call(call=call_of(taken), people=[lead.people["carla"]], actor=lead.as_("bram"), now=lead.now)
        engine.run()
        engine.clock.move(seconds=10)
        carla = {"membership": lead.people["carla"], "actor": lead.as_("carla"), "now": lead.now}
        pass_on_call(call=call_of(taken), **carla)
        snooze(incident=taken, until=lead.now + timedelta(hours=1), actor=lead.as_("bram"), now=lead.now)
        said = [kind for kind in lead.kinds(taken) if kind in FROM_BELOW]
        assert said == ["renewed", "reassigned", "passed_on", "snoozed"]


class TestOfATest:
    def test_it_says_so_and_is_finished_here(
        self, client: Client, lead: Lead, engine: Engine, acme: Tenant
    ) -> None:
        bram = lead.people["bram"]
        testing.start_test(membership=bram, actor=bram.as_actor(), now=lead.now)
        engine.run()
        address = link(bram)
        shown = words(client.get(address))
        assert "This was a test. It reached you." in shown
        assert "I've got it" not in shown
        assert len(client.get(address).content) < 15_000
        press(client, address, "ack")
        assert Escalation.objects.get().state == "paging"
        assert "A page reaches you here." in press(client, address, "finish_test")
        assert Escalation.objects.get().end_reason == "answered"

    def test_a_page_is_not_finished_as_a_test(self, client: Client, lead: Lead, engine: Engine) -> None:
        incident = lead.alerted(2)
        engine.run()
        press(client, link(lead.people["bram"]), "finish_test")
        assert lead.states(incident) == ["paging"]
