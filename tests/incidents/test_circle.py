"""Who may read a private incident, and how one becomes private (DESIGN, "Private")."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from config.tenancy.actors import Actor, ActorKind
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.scoping import tenant_scope
from incidents.models import CircleMember, Incident, Presence, TimelineEntry
from incidents.models.circle import circle_ids
from incidents.operations.calls import call_in
from incidents.operations.circle import add_to_circle, break_glass, circle_of, make_private
from incidents.operations.declaring import declare_incident
from incidents.operations.merging import merge
from incidents.operations.messages import publish_message
from incidents.operations.roles import give_role
from oncall.models import Escalation
from statuspage.models import Notice, Update
from tests.conftest import Engine
from tests.incidents.leading import Lead
from tests.people import World


def private(lead: Lead, incident: Incident, by: str = "marc") -> Incident:
    return make_private(incident=incident, actor=lead.as_(by), now=lead.now)


def names(lead: Lead, incident: Incident) -> list[str]:
    return [str(one.membership).lower() for one in circle_of(lead.again(incident))]


def sees(lead: Lead, name: str, incident: Incident) -> bool:
    return bool(Incident.objects.visible_to(lead.people[name]).filter(pk=incident.pk).exists())


def told(incident: Incident) -> str:
    return TimelineEntry.objects.filter(incident=incident, kind="private").latest("id").text


def tell_colleagues(lead: Lead, incident: Incident) -> None:
    publish_message(
        incident=incident,
        audience="internal",
        kind="start",
        status="",
        title="INC-1 Payments fail",
        body="Payments fail since 11:00",
        components={},
        next_update_at=None,
        actor=lead.as_("bram"),
        now=lead.now,
    )


def sign_in(client: Client, lead: Lead, name: str) -> Client:
    client.force_login(lead.people[name].user)
    return client


class TestMakingPrivate:
    def test_the_record_says_who_saw_what(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        tell_colleagues(lead, incident)
        engine.run()
        Presence.objects.create(
            incident=incident, membership=lead.people["vera"], first_seen_at=lead.now, last_seen_at=lead.now
        )
        private(lead, incident)
        said = told(incident)
        assert "Opened by: Vera." in said
        assert "Mailed to: Anna, Marc, Bram, Carla and Vera." in said
        assert "internal status page" in said
        assert "public" not in said

    def test_who_does_it_and_who_works_on_it_can_still_read_it(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare(by="carla")
        engine.run()
        private(lead, incident)
        assert names(lead, incident) == ["bram", "carla", "marc"]
        assert [sees(lead, name, incident) for name in ("marc", "carla", "bram", "anna", "vera")] == [
            True,
            True,
            True,
            False,
            False,
        ]

    def test_a_second_time_changes_nothing(self, lead: Lead) -> None:
        incident = lead.declare()
        for _twice in (1, 2):
            private(lead, incident)
        assert lead.kinds(incident).count("private") == 1

    def test_pages_still_to_come_lose_their_words(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        engine.run()
        private(lead, incident)
        assert not any(e.card.title or e.card.service or e.card.detail for e in Escalation.objects.all())
        mail.outbox.clear()
        engine.run_until(lead.now + timedelta(minutes=6))
        assert mail.outbox
        assert not [one for one in mail.outbox if "Payments" in one.subject + str(one.body)]

    def test_a_mail_that_was_queued_goes_to_the_circle_without_its_words(
        self, lead: Lead, engine: Engine
    ) -> None:
        incident = lead.declare()
        engine.run()
        mail.outbox.clear()
        tell_colleagues(lead, incident)
        private(lead, incident)
        engine.run()
        assert {one.to[0].split("@")[0] for one in mail.outbox} == {"bram", "marc"}
        assert not [one for one in mail.outbox if "Payments" in one.subject + str(one.body)]

    def test_the_internal_page_takes_its_words_back_for_good(
        self, client: Client, lead: Lead, engine: Engine
    ) -> None:
        incident = lead.declare()
        tell_colleagues(lead, incident)
        engine.run()
        notice = Notice.objects.get()
        sign_in(client, lead, "vera")
        pages = (
            f"/t/acme/status/{lead.internal.slug}/",
            f"/t/acme/status/{lead.internal.slug}/incidents/{notice.uid}",
        )
        assert all("Payments fail" in client.get(path).content.decode() for path in pages)
        private(lead, incident)
        engine.run()
        assert not any("Payments fail" in client.get(path).content.decode() for path in pages)
        assert (Notice.objects.get().title, Update.objects.get().body) == ("Withdrawn", "Withdrawn")
        assert lead.again(incident).internal_notice is None
        assert client.get(f"/t/acme/admin/statuspage/notice/{notice.pk}/history/").status_code == 404

    def test_an_api_key_would_lock_itself_out(self, lead: Lead) -> None:
        key = Actor(ActorKind.KEY, 1, "key", grants=frozenset({"incidents.respond"}))
        with pytest.raises(ValidationError):
            make_private(incident=lead.declare(), actor=key, now=lead.now)


class TestTheCircle:
    def test_holds_whoever_may_read_it_and_says_why(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare(by="marc", private=True)
        engine.run()
        call_in(incident=incident, people=[lead.people["carla"]], actor=lead.as_("bram"), now=lead.now)
        give_role(
            incident=incident,
            role=lead.roles["tech_lead"],
            membership=lead.people["bram"],
            actor=lead.as_("marc"),
            now=lead.now,
        )
        add_to_circle(
            incident=incident, memberships=[lead.people["vera"]], actor=lead.as_("marc"), now=lead.now
        )
        found = {str(one.membership): one.why for one in circle_of(lead.again(incident))}
        assert found == {
            "Bram": ["Technical lead", "paged"],
            "Carla": ["called in", "paged"] if "paged" in found["Carla"] else ["called in"],
            "Marc": ["declared it"],
            "Vera": ["added by Marc"],
        }
        readers = [m for m in Membership.objects.all() if sees(lead, str(m).lower(), incident)]
        assert sorted(str(one) for one in readers) == sorted(found)

    def test_who_is_added_hears_of_it_without_its_words(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare(private=True)
        engine.run()
        mail.outbox.clear()
        for _twice in (1, 2):
            add_to_circle(
                incident=incident, memberships=[lead.people["vera"]], actor=lead.as_("marc"), now=lead.now
            )
        engine.run()
        [sent] = mail.outbox
        assert sent.to == ["vera@acme.test"]
        assert "You may read INC-1 from now on" in sent.body
        assert "Payments" not in sent.subject + str(sent.body)
        assert sees(lead, "vera", incident)

    def test_nobody_is_not_enough(self, lead: Lead) -> None:
        with pytest.raises(ValidationError):
            add_to_circle(incident=lead.declare(), memberships=[], actor=lead.as_("marc"), now=lead.now)


class TestBreakGlass:
    def test_an_owner_gets_in_with_a_reason_and_the_circle_hears_it(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare(private=True)
        engine.run()
        mail.outbox.clear()
        for _twice in (1, 2):
            break_glass(incident=incident, reason="Marc is ill", actor=lead.as_("anna"), now=lead.now)
        engine.run()
        assert sees(lead, "anna", incident)
        assert told(incident) == "Anna, an owner, let themselves in: Marc is ill"
        assert CircleMember.objects.get().break_glass
        assert {one.to[0] for one in mail.outbox} == {"marc@acme.test", "bram@acme.test"}
        assert all("Anna, an owner, opened INC-1" in str(one.body) for one in mail.outbox)
        assert not any("ill" in str(one.body) for one in mail.outbox)

    def test_a_reason_is_needed(self, lead: Lead) -> None:
        with pytest.raises(ValidationError):
            break_glass(incident=lead.declare(private=True), reason=" ", actor=lead.as_("anna"), now=lead.now)

    @pytest.mark.parametrize("name", ["marc", "bram", "carla", "vera"])
    def test_nobody_else_may(self, lead: Lead, name: str) -> None:
        incident = lead.declare(private=True, by="anna")
        with pytest.raises(PermissionDenied):
            break_glass(incident=incident, reason="curious", actor=lead.as_(name), now=lead.now)

    def test_on_the_page(self, client: Client, lead: Lead) -> None:
        incident = lead.declare(private=True)
        path = "/t/acme/i/1/break-glass"
        page = sign_in(client, lead, "anna").get(path)
        assert page.status_code == 200
        assert "Payments" not in page.content.decode()
        assert client.post(path, {"reason": ""}).status_code == 422
        assert not sees(lead, "anna", incident)
        assert client.post(path, {"reason": "Marc is ill"})["Location"] == "/t/acme/i/1"
        assert sees(lead, "anna", incident)
        for name, number in (("marc", 1), ("bram", 1), ("anna", 2)):
            sign_in(client, lead, name)
            assert client.get(f"/t/acme/i/{number}/break-glass").status_code == (
                302 if name == "never" else 404
            )

    def test_in_the_api(self, client: Client, lead: Lead) -> None:
        incident = lead.declare(private=True)
        path = "/t/acme/api/v1/incidents/INC-1/break_glass/"
        given = {"data": {"reason": "Marc is ill"}, "content_type": "application/json"}
        assert sign_in(client, lead, "vera").post(path, **given).status_code == 403
        assert sign_in(client, lead, "anna").post(path.replace("-1", "-9"), **given).status_code == 404
        assert client.post(path, **given).status_code == 200
        assert sees(lead, "anna", incident)


class TestOutsider:
    def test_anothers_is_missing(self, lead: Lead, world: World) -> None:
        incident, olga = lead.declare(private=True), world.other.members["olga"]
        act = {"incident": incident, "actor": olga.as_actor(), "now": lead.now}
        with tenant_scope(world.other.tenant.pk):
            with pytest.raises(Incident.DoesNotExist):
                make_private(**act)
            with pytest.raises(Incident.DoesNotExist):
                add_to_circle(memberships=[olga], **act)
            with pytest.raises(Incident.DoesNotExist):
                break_glass(reason="x", **act)

    def test_anothers_person_is_missing(self, lead: Lead, world: World) -> None:
        with pytest.raises(Membership.DoesNotExist):
            add_to_circle(
                incident=lead.declare(),
                memberships=[world.other.members["olga"]],
                actor=lead.as_("marc"),
                now=lead.now,
            )

    @pytest.mark.parametrize("name", ["vera", "carla"])
    def test_a_viewer_may_not(self, lead: Lead, name: str) -> None:
        with pytest.raises(PermissionDenied):
            private(lead, lead.declare(), by=name)


def test_a_key_that_sends_its_declaration_again_learns_nothing_once_it_is_private(lead: Lead) -> None:
    key = Actor(ActorKind.KEY, 1, "CI", grants=frozenset({"incidents.view", "incidents.declare"}))
    said = {
        "text": "Payments fail",
        "found_by": "monitoring",
        "declared_by": None,
        "actor": key,
        "now": lead.now,
    }
    incident = declare_incident(**said, idempotency_key="k7")  # type: ignore[arg-type]
    assert declare_incident(**said, idempotency_key="k7") == incident  # type: ignore[arg-type]
    make_private(incident=incident, actor=lead.as_("marc"), now=lead.now)
    with pytest.raises(Conflict):
        declare_incident(**said, idempotency_key="k7")  # type: ignore[arg-type]


def test_what_was_merged_into_it_is_private_with_it(lead: Lead) -> None:
    """Also what had been merged into that one, and what colleagues were told of it."""
    whole, part = lead.declare(), lead.declare("Files of customers are public")
    first = lead.declare("A customer found a file")
    tell_colleagues(lead, part)
    merge(incident=first, into=part, actor=lead.as_("bram"), now=lead.now)
    merge(incident=part, into=whole, actor=lead.as_("bram"), now=lead.now)
    assert sees(lead, "vera", part)
    private(lead, whole)
    for hidden in (part, first):
        assert not sees(lead, "vera", hidden)
        assert sees(lead, "marc", hidden)
        assert told(hidden).startswith(f"Made private with {whole.key}.")
    assert (Notice.objects.get().title, Update.objects.get().body) == ("Withdrawn", "Withdrawn")


def test_all_of_a_circle_are_found_at_once_as_each_is_alone(
    lead: Lead, engine: Engine, django_assert_num_queries: Any
) -> None:
    incident = lead.declare(by="marc", private=True)
    engine.run()
    call_in(incident=incident, people=[lead.people["carla"]], actor=lead.as_("marc"), now=lead.now)
    with django_assert_num_queries(1):
        inside = circle_ids(incident)
    assert inside == {one.pk for name, one in lead.people.items() if sees(lead, name, incident)}
    assert len(inside) == 3
