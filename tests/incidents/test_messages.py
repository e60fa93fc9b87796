"""Words to colleagues and to customers (R21 to R27, R42 to R44)."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import translation

from config import clock
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.scoping import tenant_scope
from incidents.facts.online import seen_in
from incidents.models import Incident, InternalMail, Message, Service
from incidents.operations import mails
from incidents.operations.assessing import confirm
from incidents.operations.channels import set_channel
from incidents.operations.drafting import status_meant
from incidents.operations.messages import draft_message, publish_message
from incidents.operations.resolving import impact_over
from incidents.views.room_read import read_room
from incidents.views.tell_sheet import tell_sheet
from statuspage.models import Component, StatusPage
from statuspage.operations.setup import create_default_pages
from tests.conftest import Engine, MovedClock
from tests.incidents.leading import Lead
from tests.incidents.telling import told
from tests.people import World


def draft(lead: Lead, incident: Incident, audience: str, kind: str = "start", **given: object) -> Message:
    return draft_message(
        incident=incident,
        audience=audience,
        kind=kind,
        actor=lead.as_("carla"),
        now=lead.now,
        **given,  # type: ignore[arg-type]
    )


def publish(lead: Lead, incident: Incident, audience: str, by: str = "carla", **given: object) -> Message:
    people = lead.people
    return told(incident, audience=audience, by=people[by], reader=people["anna"], now=lead.now, **given)


class TestDrafts:
    def test_r25_internal_start(self, lead: Lead) -> None:
        message = draft(lead, lead.declare("Payments fail", severity=lead.sev[1]), "internal")
        assert message.title == "INC-1 - SEV1? - Payments fail"
        assert "Checkout" in message.body
        assert "by e-mail and on the status page" in message.body

    def test_r25_services_are_joined(self, lead: Lead) -> None:
        incident = lead.declare()
        with acting(ENGINE, now=lead.now):
            for name in ("Search", "Exports"):
                service = Service.objects.create(name=name, team=lead.team)
                lead.alert_on(incident, service=service)
        assert "Checkout, Exports and Search" in draft(lead, incident, "internal").body

    def test_r26_external_start_names_public_components_only(self, lead: Lead) -> None:
        incident = lead.declare("db-7 is on fire", severity=lead.sev[1])
        message = draft(lead, incident, "external")
        assert message.title == "Investigating issues with Website"
        for secret in ("INC", "SEV", "Checkout", "db-7", "Bram", "Marc"):
            assert secret not in message.title + message.body
        assert message.components == {lead.component.uid: "major_outage"}

    def test_without_a_public_component_the_pages_name_stands_in(self, lead: Lead) -> None:
        message = draft(lead, lead.declare(service=None), "external")
        assert message.title == "Investigating issues with Acme"
        assert message.components == {}

    def test_a_component_of_an_internal_page_is_never_named(self, lead: Lead) -> None:
        with acting(ENGINE, now=lead.now):
            lead.checkout.component = Component.objects.get(page=lead.internal)
            lead.checkout.save()
        assert draft(lead, lead.declare(), "external").components == {}

    def test_r43_internal_final(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare("Payments fail", severity=lead.sev[1])
        confirm(incident=incident, customers_notice=True, actor=lead.as_("bram"), now=lead.now)
        engine.clock.move(minutes=48)
        impact_over(incident=incident, at=lead.now, actor=lead.as_("bram"), now=lead.now)
        body = draft(lead, incident, "internal", "final").body
        for said in ("INC-1 is resolved", "Payments fail", "48 minutes", "Customers noticed", "last message"):
            assert said in body

    def test_r44_external_final_has_two_variants(self, lead: Lead) -> None:
        promised = draft(lead, lead.declare(), "external", "final")
        assert promised.body == (
            "Website: service is restored. We will publish what happened and what we change."
        )
        plain = draft(lead, lead.declare(), "external", "final", postmortem=False)
        assert plain.body == "Website: service is restored."

    def test_an_update_begins_with_what_was_said_last(self, lead: Lead) -> None:
        incident = lead.declare()
        publish(lead, incident, "external", body="Half of it works again.")
        assert draft(lead, incident, "external", "update").body == "Half of it works again."

    @pytest.mark.parametrize(
        ("rank", "status"),
        [(1, "major_outage"), (2, "partial_outage"), (3, "degraded_performance"), (None, "partial_outage")],
    )
    def test_draft_and_tell_sheet_propose_what_the_severity_means(
        self, lead: Lead, rank: int | None, status: str
    ) -> None:
        """An unknown one counts as SEV2."""
        severity = lead.sev[rank] if rank else None
        incident = lead.declare(severity=severity)
        assert status_meant(severity) == status
        seen = seen_in(incident, now=lead.now)
        sheet = tell_sheet(read_room(incident, membership=lead.people["marc"], seen=seen, now=lead.now))
        proposed = {one.component.uid: one.proposed for one in sheet["components"]}
        component = lead.component.uid
        assert proposed[component] == draft(lead, incident, "external").components[component] == status

    def test_a_second_call_gives_the_draft_that_is_there(self, lead: Lead) -> None:
        incident = lead.declare()
        assert draft(lead, incident, "internal") == draft(lead, incident, "internal")
        assert Message.objects.count() == 1

    def test_words_for_customers_are_in_the_pages_language(self, lead: Lead) -> None:
        with acting(ENGINE, now=lead.now):
            StatusPage.objects.filter(pk=lead.public.pk).update(language="nl")
        seen = []
        original = translation.override.__enter__

        def watch(self: translation.override) -> None:
            seen.append(self.language)
            original(self)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(translation.override, "__enter__", watch)
            draft(lead, lead.declare(), "external")
        assert "nl" in seen

    def test_a_draft_moves_the_label_once_there_is_a_severity(self, lead: Lead) -> None:
        incident = lead.declare()
        draft(lead, incident, "external")
        assert lead.again(incident).phase == "detected"
        other = lead.declare(severity=lead.sev[2])
        draft(lead, other, "external")
        assert lead.again(other).phase == "communicating"


class TestToCustomers:
    def test_r23_the_first_opens_a_notice_on_the_public_page(self, lead: Lead) -> None:
        incident = lead.declare(severity=lead.sev[1])
        publish(lead, incident, "external", components={lead.component.uid: "major_outage"})
        notice = lead.again(incident).notice
        assert notice is not None
        assert (notice.page, notice.title, notice.status) == (
            lead.public,
            "Issues with Website",
            "investigating",
        )
        lead.component.refresh_from_db()
        assert lead.component.status == "major_outage"
        assert lead.again(incident).first_external_at == lead.now

    def test_later_ones_add_to_it(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        first = lead.now
        publish(lead, incident, "external")
        engine.clock.move(minutes=20)
        publish(lead, incident, "external", kind="update", status="identified")
        known = lead.again(incident)
        assert known.notice is not None
        assert known.notice.updates.count() == 2
        assert (known.notice.status, known.first_external_at) == ("identified", first)

    def test_the_draft_becomes_the_message(self, lead: Lead) -> None:
        incident = lead.declare()
        drafted = draft(lead, incident, "external")
        published = publish(lead, incident, "external", title="Other words")
        assert published == drafted
        assert (published.title, published.written_by) == ("Other words", lead.people["carla"])
        assert published.published_by_label == "Anna"

    @pytest.mark.parametrize(("rank", "minutes"), [(1, 30), (2, 60)])
    def test_the_next_update_is_promised_by_severity(self, lead: Lead, rank: int, minutes: int) -> None:
        incident = lead.declare(severity=lead.sev[rank])
        message = publish(lead, incident, "external")
        assert message.next_update_at == lead.now + timedelta(minutes=minutes)
        assert lead.again(incident).next_update_at == message.next_update_at

    def test_sev3_promises_the_next_office_day_at_noon(self, lead: Lead) -> None:
        message = publish(lead, lead.declare(severity=lead.sev[3]), "external")
        assert message.next_update_at is not None
        assert f"{message.next_update_at:%a %H:%M}" == "Tue 11:00"  # noon in Amsterdam

    def test_words_to_colleagues_do_not_hide_what_customers_were_promised(self, lead: Lead) -> None:
        incident = lead.declare(severity=lead.sev[1])
        soon = publish(lead, incident, "external").next_update_at
        publish(lead, incident, "internal", next_update_at=lead.now + timedelta(hours=3))
        assert lead.again(incident).next_update_at == soon

    def test_resolved_makes_it_final_and_promises_nothing(self, lead: Lead) -> None:
        incident = lead.declare(severity=lead.sev[1])
        publish(lead, incident, "external", components={lead.component.uid: "major_outage"})
        final = publish(lead, incident, "external", kind="update", status="resolved")
        assert (final.kind, final.next_update_at) == ("final", None)
        assert lead.again(incident).next_update_at is None
        lead.component.refresh_from_db()
        assert lead.component.status == "operational"

    def test_no_page_is_said(self, lead: Lead) -> None:
        with acting(ENGINE, now=lead.now):
            StatusPage.objects.filter(kind="public").update(kind="private")
        with pytest.raises(Conflict, match="no public status page"):
            publish(lead, lead.declare(), "external")

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"title": " "}, "title"),
            ({"title": "x" * 201}, "title"),
            ({"body": ""}, "body"),
            ({"body": "x" * 5001}, "body"),
            ({"status": "scheduled"}, "status"),
            ({"components": {"NOSUCH": "major_outage"}}, "components"),
            ({"kind": "poem"}, "kind"),
        ],
    )
    def test_what_cannot_be_published(self, lead: Lead, given: dict[str, object], field: str) -> None:
        incident = lead.declare()
        with pytest.raises(ValidationError) as refused:
            publish(lead, incident, "external", **given)
        assert list(refused.value.message_dict) == [field]
        assert not Message.objects.exists()

    def test_a_promise_lies_ahead(self, lead: Lead) -> None:
        for audience in ("external", "internal"):
            with pytest.raises(ValidationError):
                publish(lead, lead.declare(), audience, next_update_at=lead.now)

    def test_a_component_of_the_internal_page_cannot_be_named(self, lead: Lead) -> None:
        inside = Component.objects.get(page=lead.internal)
        with pytest.raises(ValidationError):
            publish(lead, lead.declare(), "external", components={inside.uid: "major_outage"})


class TestToColleagues:
    def test_r24_it_stands_on_the_internal_page(self, lead: Lead) -> None:
        incident = lead.declare()
        publish(lead, incident, "internal", title="INC-1 - SEV1 - Payments fail")
        notice = lead.again(incident).internal_notice
        assert notice is not None
        assert (notice.page, notice.title) == (lead.internal, "INC-1 - SEV1 - Payments fail")
        assert lead.again(incident).notice is None

    def test_r27_and_every_member_gets_mail(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        engine.run()
        mail.outbox.clear()
        message = publish(lead, incident, "internal", title="INC-1 - Payments fail", body="We are on it.")
        assert message.recipients == 5
        assert mail.outbox == []  # first the commit, then the sending
        engine.run()
        assert sorted(letter.to[0] for letter in mail.outbox) == sorted(
            f"{name}@acme.test" for name in lead.people
        )
        assert {letter.subject for letter in mail.outbox} == {"INC-1 - Payments fail"}

    def test_r22_the_mail_links_the_incident_and_where_we_talk(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        set_channel(
            incident=incident,
            kind="chat",
            place="https://chat.example.org/1",
            actor=lead.as_("bram"),
            now=lead.now,
        )
        publish(lead, incident, "internal", body="We are on it.")
        engine.run()
        body = mail.outbox[-1].body
        for said in ("We are on it.", "https://chat.example.org/1", "/t/acme/i/1", "Next update by"):
            assert said in body

    def test_the_promise_is_on_the_readers_clock(self, lead: Lead, engine: Engine) -> None:
        publish(lead, lead.declare(severity=lead.sev[1]), "internal")
        engine.run()
        assert "Mon 23 Nov 11:30" in mail.outbox[-1].body  # 10:30 UTC

    def test_who_switched_it_off_or_left_gets_none(self, lead: Lead, engine: Engine) -> None:
        with acting(ENGINE, now=lead.now):
            for name, change in (("vera", {"wants_internal_mail": False}), ("carla", {"ended_at": lead.now})):
                for field, value in change.items():
                    setattr(lead.people[name], field, value)
                lead.people[name].save()
        message = publish(lead, lead.declare(), "internal", by="bram")
        assert message.recipients == 3

    def test_who_leaves_before_it_is_sent_gets_none(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        engine.run()
        mail.outbox.clear()
        publish(lead, incident, "internal")
        with acting(ENGINE, now=lead.now):
            lead.people["vera"].ended_at = lead.now
            lead.people["vera"].save()
        engine.run()
        assert ["vera@acme.test"] not in [letter.to for letter in mail.outbox]
        assert InternalMail.objects.get(membership=lead.people["vera"]).problem == "has left"

    def test_of_a_private_one_only_the_circle_hears_and_no_title_leaves(
        self, lead: Lead, engine: Engine
    ) -> None:
        incident = lead.declare("Passwords leaked", private=True, by="marc")
        engine.run()  # Bram is paged
        mail.outbox.clear()
        publish(lead, incident, "internal", title="Passwords leaked", body="All of them.")
        engine.run()
        assert sorted(letter.to[0] for letter in mail.outbox) == ["bram@acme.test", "marc@acme.test"]
        for letter in mail.outbox:
            assert letter.subject == "INC-1 (private)"
            assert "leaked" not in letter.body
            assert "All of them" not in letter.body
        assert lead.again(incident).internal_notice is None


class TestTheOutbox:
    """Rows first (DESIGN rule 3)."""

    def test_one_mail_a_member_and_message(self, lead: Lead, engine: Engine) -> None:
        publish(lead, lead.declare(), "internal")
        engine.run()
        engine.run()
        sent = [letter.to[0] for letter in mail.outbox if "acme.test" in letter.to[0]]
        assert sent.count("vera@acme.test") == 1

    def test_a_server_that_refuses_is_tried_again_later(
        self, lead: Lead, engine: Engine, settings: object
    ) -> None:
        incident = lead.declare()
        engine.run()
        with acting(ENGINE, now=lead.now):
            for name in ("anna", "bram", "carla", "marc"):
                lead.people[name].wants_internal_mail = False
                lead.people[name].save()
        publish(lead, incident, "internal")
        settings.EMAIL_BACKEND = f"{__name__}.Refusing"  # type: ignore[attr-defined]
        assert mails.run_due(lead.now) == 1
        row = InternalMail.objects.get()
        assert (row.sent_at, row.retry_at, row.problem) == (
            None,
            lead.now + timedelta(minutes=2),
            "ConnectionRefusedError",
        )
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
        assert mails.run_due(lead.now) == 0
        engine.clock.move(minutes=2)
        engine.run()
        row.refresh_from_db()
        assert (row.sent_at, row.retry_at) == (lead.now, None)

    def test_it_is_given_up_in_the_end(self, lead: Lead, engine: Engine, settings: object) -> None:
        incident = lead.declare()
        engine.run()
        publish(lead, incident, "internal")
        settings.EMAIL_BACKEND = f"{__name__}.Refusing"  # type: ignore[attr-defined]
        for _ in range(mails.MAX_TRIES + 1):
            clock.run_due("incidents.mails", lead.now)
            engine.clock.move(hours=2)
        assert not InternalMail.objects.filter(retry_at__isnull=False).exists()
        assert set(InternalMail.objects.values_list("claims", flat=True)) == {mails.MAX_TRIES}

    def test_a_worker_that_died_is_followed_by_another_with_the_same_message_id(
        self, lead: Lead, engine: Engine
    ) -> None:
        incident = lead.declare()
        engine.run()
        mail.outbox.clear()
        publish(lead, incident, "internal")
        mails.DUE.claim(lead.now, limit=1)  # claimed, and killed before it wrote how it went
        assert clock.run_due("incidents.mails", lead.now) == 4
        engine.clock.move(seconds=31)
        assert mails.run_due(lead.now) == 1
        ids = [letter.extra_headers["Message-ID"] for letter in mail.outbox]
        assert len(set(ids)) == 5

    def test_who_slept_through_the_lease_writes_nothing(self, lead: Lead, engine: Engine) -> None:
        publish(lead, lead.declare(), "internal")
        (late, *_) = mails.DUE.claim(lead.now, limit=1)
        engine.clock.move(seconds=31)
        clock.run_due("incidents.mails", lead.now)
        sent = InternalMail.objects.get(pk=late.id).sent_at
        mail.outbox.clear()
        mails._work(late, lead.now)
        assert mail.outbox == []
        assert InternalMail.objects.get(pk=late.id).sent_at == sent

    def test_one_that_cannot_even_be_worded_stops_no_other(
        self, lead: Lead, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        incident = lead.declare()
        engine.run()
        mail.outbox.clear()
        publish(lead, incident, "internal")
        real = mails.compose

        def broken_for_vera(row: InternalMail, now: datetime) -> EmailMessage:
            if row.membership == lead.people["vera"]:
                raise RuntimeError
            return real(row, now)

        monkeypatch.setattr(mails, "compose", broken_for_vera)
        for _ in range(mails.MAX_TRIES + 2):
            clock.run_due("incidents.mails", lead.now)
            engine.clock.move(seconds=31)
        assert len(mail.outbox) == 4
        row = InternalMail.objects.get(membership=lead.people["vera"])
        assert (row.retry_at, row.problem) == (None, "given up: it ended its worker")

    def test_it_is_due_work_on_the_queue_of_the_slow_world(
        self, lead: Lead, bells: list[str], django_capture_on_commit_callbacks: object
    ) -> None:
        work = {work.name: work for work in clock.works()}["incidents.mails"]
        assert work.queue == "send"
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            publish(lead, lead.declare(), "internal")
        assert "incidents.mails" in bells
        assert work.oldest_due(lead.now) == lead.now


class Refusing(BaseEmailBackend):
    def send_messages(self, email_messages: object) -> int:
        raise ConnectionRefusedError


class TestOutsider:
    def test_anothers_incident_is_missing(self, lead: Lead, world: World) -> None:
        incident, olga = lead.declare(), world.other.members["olga"].as_actor()
        with tenant_scope(world.other.tenant.pk):
            with pytest.raises(Incident.DoesNotExist):
                draft_message(incident=incident, audience="internal", kind="start", actor=olga, now=lead.now)
            with pytest.raises(Incident.DoesNotExist):
                publish_message(
                    incident=incident,
                    audience="internal",
                    kind="start",
                    status="",
                    title="x",
                    body="x",
                    components={},
                    next_update_at=None,
                    actor=olga,
                    now=lead.now,
                )

    def test_anothers_component_is_missing(self, lead: Lead, world: World) -> None:
        with tenant_scope(world.other.tenant.pk):
            theirs, _ = create_default_pages(
                tenant=world.other.tenant, component_name="Theirs", actor=ENGINE, now=lead.now
            )
            uid = Component.objects.get(page=theirs).uid
        with pytest.raises(ValidationError):
            publish(lead, lead.declare(), "external", components={uid: "major_outage"})

    def test_a_viewer_may_not(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            publish(lead, lead.declare(), "internal", by="vera")


def test_the_engine_finds_mails_of_all_tenants(lead: Lead, moved_clock: MovedClock) -> None:
    publish(lead, lead.declare(), "internal")
    assert mails.DUE.oldest_due(lead.now) == lead.now
    assert mails.DUE.next_due(lead.now - timedelta(minutes=1)) == lead.now
