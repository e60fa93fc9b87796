"""Opening and declaring: one row, a number, somebody called (R3, R4, R18, R19)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Membership
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, Service, SeverityChange, TimelineEntry
from incidents.operations.cards import card_of, refresh_cards
from incidents.operations.holding import page_now
from incidents.operations.opening import open_incident
from incidents.operations.responding import acknowledge_incident
from oncall.models import EscalationPolicy
from tests.conftest import Engine
from tests.incidents.leading import Lead, policy_for
from tests.people import World


class TestDeclaring:
    def test_r4_one_call_returns_a_key_numbered_per_tenant(self, lead: Lead) -> None:
        first, second = lead.declare(), lead.declare("Search is slow")
        assert (first.key, second.key) == ("INC-1", "INC-2")

    def test_numbers_of_another_tenant_begin_at_one(self, lead: Lead, world: World) -> None:
        lead.declare()
        with tenant_scope(world.other.tenant.pk):
            other = open_incident(
                summary="Down",
                service=None,
                severity=None,
                provisional=True,
                found_by="team",
                actor=ENGINE,
                now=lead.now,
            )
        assert other.key == "INC-1"

    def test_a_rolled_back_opening_leaves_no_gap(self, lead: Lead) -> None:
        with transaction.atomic():
            lead.declare()
            transaction.set_rollback(True)
        assert lead.declare().number == 1

    def test_r3_who_found_it_and_via_what_is_on_record(self, lead: Lead) -> None:
        incident = lead.declare(found_by="customer", found_via="https://social.example/1")
        entry = TimelineEntry.objects.filter(incident=incident, kind="declared").get()
        assert entry.data == {"found_by": "customer", "found_via": "https://social.example/1"}
        assert entry.actor_label == "Marc"

    def test_a_person_who_declares_confirms_it(self, lead: Lead) -> None:
        assert lead.declare().confirmed_at == lead.now

    def test_not_sure_leaves_it_unconfirmed(self, lead: Lead) -> None:
        assert lead.declare(not_sure=True).confirmed_at is None

    def test_r18_a_provisional_severity_can_be_said_at_once(self, lead: Lead) -> None:
        incident = lead.declare(severity=lead.sev[1])
        assert incident.severity_word == "SEV1?"
        change = SeverityChange.objects.get(incident=incident)
        assert (change.severity, change.provisional, change.ends_at) == (lead.sev[1], True, None)

    def test_a_second_call_with_the_same_key_is_the_same_incident(self, lead: Lead) -> None:
        first = lead.declare(idempotency_key="abc")
        assert lead.declare("Other words", idempotency_key="abc") == first
        assert Incident.objects.count() == 1

    def test_two_incidents_cannot_have_the_same_key(self, lead: Lead) -> None:
        lead.declare(idempotency_key="abc")
        with pytest.raises(IntegrityError), acting(ENGINE, now=lead.now):
            open_incident(
                summary="x",
                service=None,
                severity=None,
                provisional=True,
                found_by="team",
                idempotency_key="abc",
                actor=ENGINE,
                now=lead.now,
            )

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"text": "  "}, "text"),
            ({"text": "x" * 301}, "text"),
            ({"found_by": "a ghost"}, "found_by"),
            ({"started_at": "tomorrow"}, "started_at"),
        ],
    )
    def test_what_cannot_be_is_refused_by_field(
        self, lead: Lead, given: dict[str, object], field: str
    ) -> None:
        if "started_at" in given:
            given = {"started_at": lead.now + timedelta(days=1)}
        with pytest.raises(ValidationError) as refused:
            lead.declare(**given)
        assert list(refused.value.message_dict) == [field]

    def test_a_viewer_may_declare_and_it_pages(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare(by="vera")
        engine.run()
        assert lead.paged(incident) == ["bram"]

    def test_nobody_declares_without_the_permission(self, lead: Lead) -> None:
        lead.people["vera"].ended_at = lead.now
        with pytest.raises(PermissionDenied):
            lead.declare(by="vera", actor=lead.as_("vera"))


class TestWhoIsPaged:
    def test_the_services_own_policy(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        engine.run()
        assert lead.paged(incident) == ["bram"]
        assert [call.kind for call in lead.calls(incident)] == ["service"]

    def test_no_service_pages_the_default_policy(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare(service=None)
        engine.run()
        assert lead.paged(incident) == ["anna"]
        assert [call.kind for call in lead.calls(incident)] == ["default"]

    def test_no_policy_at_all_pages_the_owners(self, lead: Lead, engine: Engine) -> None:
        with acting(ENGINE, now=lead.now):
            EscalationPolicy.objects.filter(is_default=True).update(is_default=False)
        incident = lead.declare(service=None)
        engine.run()
        assert lead.paged(incident) == ["anna"]

    def test_unknown_severity_counts_as_sev2(self, lead: Lead) -> None:
        incident = lead.declare(severity=None)
        card = card_of(incident)
        assert (card.severity_rank, card.severity_word) == (2, "SEV?")
        assert lead.states(incident) == ["paging"]

    def test_the_card_carries_an_alert_that_was_hung_on_it(self, lead: Lead) -> None:
        incident = lead.alerted()
        lead.alert_on(incident, summary="df says 100 %", runbook_url="https://wiki.example/disk")
        refresh_cards(incident=incident, actor=ENGINE, now=lead.now)
        card = lead.calls(incident)[0].escalation.card
        assert card.detail == "df says 100 %\nRunbook: https://wiki.example/disk"

    def test_a_confirmed_sev1_calls_the_roles_behind_it(self, lead: Lead, engine: Engine) -> None:
        _give_comms_somebody(lead)
        incident = lead.declare(severity=lead.sev[1])
        engine.run()
        assert lead.paged(incident) == ["bram", "carla"]
        assert lead.again(incident).phase == "detected"  # by the record: nobody called in further people

    def test_an_unconfirmed_alert_wakes_nobody_else(self, lead: Lead, engine: Engine) -> None:
        _give_comms_somebody(lead)
        incident = lead.alerted(rank=1)
        engine.run()
        assert lead.paged(incident) == ["bram"]


class TestHeld:
    """SEV3 answers in office hours (R19)."""

    def test_outside_office_hours_nobody_is_paged_and_one_mail_goes_out(
        self, lead: Lead, engine: Engine
    ) -> None:
        _friday_evening(lead)
        incident = lead.declare(severity=lead.sev[3])
        engine.run()
        assert lead.calls(incident) == []
        assert [letter.to for letter in mail.outbox] == [["bram@acme.test"]]
        assert "held" in mail.outbox[0].subject
        assert "Mon" in mail.outbox[0].body

    def test_it_pages_when_the_office_opens_if_it_is_still_open(self, lead: Lead, engine: Engine) -> None:
        _friday_evening(lead)
        incident = lead.declare(severity=lead.sev[3])
        monday = lead.again(incident).held_until
        assert monday is not None
        assert f"{monday:%a %H:%M}" == "Mon 08:00"  # nine in Amsterdam, in winter
        engine.clock.set(monday - timedelta(seconds=1))
        engine.run()
        assert lead.calls(incident) == []
        engine.clock.set(monday)
        engine.run()
        assert lead.paged(incident) == ["bram"]
        assert lead.again(incident).held_until is None

    def test_inside_office_hours_it_pages_at_once(self, lead: Lead) -> None:
        assert lead.states(lead.declare(severity=lead.sev[3])) == ["paging"]

    def test_a_team_without_office_days_is_paged_at_once(self, lead: Lead) -> None:
        with acting(ENGINE, now=lead.now):
            lead.team.office_days = ""
            lead.team.save()
        assert lead.states(lead.declare(severity=lead.sev[3])) == ["paging"]

    def test_what_was_taken_meanwhile_is_not_paged(
        self, lead: Lead, engine: Engine, bram: Membership
    ) -> None:
        _friday_evening(lead)
        incident = lead.declare(severity=lead.sev[3])
        acknowledge_incident(incident=incident, membership=bram, actor=bram.as_actor(), now=lead.now)
        engine.clock.move(days=4)
        engine.run()
        assert lead.calls(incident) == []
        assert lead.managers(incident) == ["bram"]

    def test_page_now_ends_the_hold(self, lead: Lead, engine: Engine, bram: Membership) -> None:
        _friday_evening(lead)
        incident = lead.declare(severity=lead.sev[3])
        page_now(incident=incident, actor=bram.as_actor(), now=lead.now)
        engine.run()
        assert lead.paged(incident) == ["bram"]
        assert lead.again(incident).held_until is None

    def test_page_now_is_not_for_viewers(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            page_now(incident=lead.declare(), actor=lead.as_("vera"), now=lead.now)


class TestPrivate:
    def test_the_pager_learns_no_title_service_or_detail(self, lead: Lead) -> None:
        incident = lead.declare("Passwords leaked", private=True)
        lead.alert_on(incident, summary="dump found")
        card = card_of(incident)
        assert (card.title, card.service, card.detail, card.private) == ("", "", "", True)

    def test_only_the_circle_sees_it(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare("Passwords leaked", private=True, by="marc")
        assert _who_sees(lead, incident) == {"marc"}
        engine.run()
        assert _who_sees(lead, incident) == {"marc", "bram"}

    def test_an_api_key_sees_no_private_one(self, lead: Lead) -> None:
        lead.declare(private=True)
        public = lead.declare()
        assert list(Incident.objects.visible_to(None)) == [public]

    def test_the_outsider_sees_nothing(self, lead: Lead, world: World) -> None:
        lead.declare()
        with tenant_scope(world.other.tenant.pk):
            assert not Incident.objects.visible_to(world.other.members["olga"]).exists()


class TestOutsider:
    def test_anothers_service_is_missing(self, lead: Lead, world: World) -> None:
        olga = world.other.members["olga"]
        with tenant_scope(world.other.tenant.pk), pytest.raises(Service.DoesNotExist):
            lead.declare(declared_by=olga, actor=olga.as_actor())


def test_opening_takes_a_fixed_number_of_statements(lead: Lead) -> None:
    lead.declare()
    with CaptureQueriesContext(connection) as one:
        lead.declare()
    for _ in range(3):
        lead.declare()
    with CaptureQueriesContext(connection) as later:
        lead.declare()
    assert len(later) == len(one) <= 20


def _give_comms_somebody(lead: Lead) -> None:
    with acting(ENGINE, now=lead.now):
        role = lead.roles["comms"]
        role.policy = policy_for("Comms", lead.people["carla"])
        role.save()


def _friday_evening(lead: Lead) -> None:
    lead.engine.clock.set(datetime(2026, 11, 27, 18, 0, tzinfo=UTC))


def _who_sees(lead: Lead, incident: Incident) -> set[str]:
    return {
        name
        for name, member in lead.people.items()
        if Incident.objects.visible_to(member).filter(pk=incident.pk).exists()
    }
