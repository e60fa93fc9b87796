"""The six questions answered, asked and answered again; cases; the summary; a late start."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from config.tenancy.scoping import tenant_scope
from incidents.models import (
    Answer,
    Ask,
    EntryKind,
    Incident,
    IncidentRole,
    InternalMail,
    Presence,
    TimelineEntry,
)
from incidents.operations.asking import ask
from incidents.operations.cancelling import cancel
from incidents.operations.cases import add_case
from incidents.operations.channels import set_channel
from incidents.operations.editing import edit_summary
from incidents.operations.merging import merge
from incidents.operations.questions import answer_question, newest
from incidents.operations.resolving import impact_over
from incidents.operations.roles import give_role
from tests.conftest import Engine
from tests.incidents.leading import Lead, policy_for
from tests.people import World


def answer(
    lead: Lead, incident: Incident, question: str, *choices: str, by: str = "bram", **given: object
) -> Answer:
    return answer_question(
        incident=incident,
        question=question,
        choices=choices,
        actor=lead.as_(by),
        now=lead.now,
        **given,  # type: ignore[arg-type]
    )


def put(lead: Lead, incident: Incident, question: str = "reach", by: str = "bram", **whom: object) -> Ask:
    return ask(incident=incident, question=question, actor=lead.as_(by), now=lead.now, **whom)  # type: ignore[arg-type]


class TestAnswering:
    def test_who_and_when_are_kept_with_each(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        engine.clock.move(minutes=4)
        given = answer(lead, incident, "reach", "some", number=40, text="only in the app")
        assert (given.answered_by, given.answered_by_label, given.answered_at) == (
            lead.people["bram"],
            "Bram",
            lead.now,
        )
        entry = TimelineEntry.objects.filter(incident=incident, kind=EntryKind.ANSWER).get()
        assert entry.text == "How many customers? some; 40; only in the app"

    def test_again_is_a_further_answer_and_the_newest_counts(self, lead: Lead) -> None:
        incident = lead.declare()
        answer(lead, incident, "reach", "some")
        answer(lead, incident, "reach", "all", by="marc")
        assert Answer.objects.filter(incident=incident).count() == 2
        assert newest(incident)["reach"].choices == ["all"]
        assert lead.facts(incident).answers == 1

    def test_the_same_again_changes_nothing(self, lead: Lead) -> None:
        incident = lead.declare()
        first = answer(lead, incident, "factors", "social", "other", text="an election")
        assert answer(lead, incident, "factors", "social", "other", text=" an  election") == first
        assert lead.kinds(incident).count("answer") == 1

    def test_an_answer_is_never_rewritten(self, lead: Lead) -> None:
        given = answer(lead, lead.declare(), "reach", "some")
        with pytest.raises(Exception, match="append"):
            Answer.objects.filter(pk=given.pk).update(text="other words")

    @pytest.mark.parametrize(
        ("question", "choices", "given", "field"),
        [
            ("colour", ("red",), {}, "question"),
            ("reach", ("slow",), {}, "choices"),
            ("reach", ("some", "all"), {}, "choices"),
            ("factors", ("none", "social"), {}, "choices"),
            ("reach", (), {}, "choices"),
            ("reach", (), {"number": -1}, "number"),
            ("experience", ("slow",), {"number": 4}, "number"),
            ("cases", (), {}, "choices"),
            ("started", (), {"text": "at night"}, "choices"),
            ("impact", (), {"text": "x" * 501}, "text"),
        ],
    )
    def test_what_is_no_answer(
        self, lead: Lead, question: str, choices: tuple[str, ...], given: dict[str, object], field: str
    ) -> None:
        with pytest.raises(ValidationError) as refused:
            answer(lead, lead.declare(), question, *choices, **given)
        assert list(refused.value.message_dict) == [field]

    def test_the_start_is_a_late_entry_and_the_pager_says_it_too(self, lead: Lead) -> None:
        incident = lead.declare()
        began = lead.now - timedelta(minutes=6)
        answer(lead, incident, "started", at=began)
        assert lead.again(incident).started_at == began
        assert lead.calls(incident)[0].escalation.card.since == began

    def test_it_cannot_start_later_than_now_or_than_its_end(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        with pytest.raises(ValidationError):
            answer(lead, incident, "started", at=lead.now + timedelta(minutes=1))
        over = lead.now
        impact_over(incident=incident, at=over, actor=lead.as_("bram"), now=lead.now)
        engine.clock.move(minutes=5)
        with pytest.raises(ValidationError) as refused:
            answer(lead, incident, "started", at=over + timedelta(minutes=1))
        assert list(refused.value.message_dict) == ["at"]

    @pytest.mark.parametrize(
        ("question", "choice", "notice"),
        [
            ("impact", "external", True),
            ("impact", "internal", False),
            ("experience", "slow", True),
            ("reach", "all", None),
        ],
    )
    def test_what_says_whether_customers_notice(
        self, lead: Lead, question: str, choice: str, notice: bool | None
    ) -> None:
        incident = lead.declare()
        answer(lead, incident, question, choice)
        assert lead.again(incident).customers_notice is notice

    def test_one_answer_and_a_place_make_it_assess(self, lead: Lead) -> None:
        incident = lead.declare()
        set_channel(incident=incident, kind="room", place="Room 3", actor=lead.as_("marc"), now=lead.now)
        assert lead.again(incident).phase == "coordinating"
        answer(lead, incident, "reach", "some")
        assert lead.again(incident).phase == "assessing"

    def test_a_communicator_may_a_viewer_only_what_they_were_asked(self, lead: Lead) -> None:
        incident = lead.declare()
        answer(lead, incident, "reach", "some", by="carla")
        with pytest.raises(PermissionDenied):
            answer(lead, incident, "factors", "social", by="vera")
        put(lead, incident, "factors", membership=lead.people["vera"])
        answer(lead, incident, "factors", "social", by="vera")
        with pytest.raises(PermissionDenied):
            answer(lead, incident, "impact", "external", by="vera")


class TestAsking:
    def test_the_person_gets_one_mail_with_a_link(self, lead: Lead, engine: Engine) -> None:
        incident = lead.declare()
        engine.run()
        mail.outbox.clear()
        for _ in range(2):
            put(lead, incident, membership=lead.people["vera"])
        engine.run()
        (sent,) = [one for one in mail.outbox if one.to == ["vera@acme.test"]]
        assert "How many customers?" in sent.body
        assert "Bram" in sent.body
        assert "/t/acme/i/1" in sent.body
        assert lead.kinds(incident).count("asked") == 1
        assert lead.facts(incident).asked == (("reach", "Vera"),)

    def test_who_has_the_room_open_gets_none(self, lead: Lead) -> None:
        incident = lead.declare()
        Presence.objects.create(
            incident=incident, membership=lead.people["vera"], first_seen_at=lead.now, last_seen_at=lead.now
        )
        put(lead, incident, membership=lead.people["vera"])
        assert not InternalMail.objects.filter(kind="nudge").exists()

    def test_a_role_is_whoever_has_it_else_whom_it_would_call(self, lead: Lead) -> None:
        with acting(ENGINE, now=lead.now):
            support = IncidentRole.objects.create(
                name="Support", position=9, policy=policy_for("Support", lead.people["vera"])
            )
        incident = lead.declare()
        put(lead, incident, role=support)
        assert [row.membership for row in InternalMail.objects.filter(kind="nudge")] == [lead.people["vera"]]
        give_role(
            incident=incident,
            role=support,
            membership=lead.people["carla"],
            actor=lead.as_("marc"),
            now=lead.now,
        )
        put(lead, incident, "cases", role=support)
        assert InternalMail.objects.filter(kind="nudge").latest("id").membership == lead.people["carla"]

    def test_an_answer_closes_it_and_another_may_be_asked_instead(self, lead: Lead) -> None:
        incident = lead.declare()
        first = put(lead, incident, membership=lead.people["vera"])
        assert put(lead, incident, membership=lead.people["carla"]).pk == first.pk
        assert lead.facts(incident).asked == (("reach", "Carla"),)
        answer(lead, incident, "reach", "some", by="carla")
        first.refresh_from_db()
        assert first.answered_at == lead.now
        assert lead.facts(incident).asked == ()

    def test_one_of_them_and_a_known_question(self, lead: Lead) -> None:
        incident = lead.declare()
        for whom in ({}, {"membership": lead.people["vera"], "role": lead.roles["comms"]}):
            with pytest.raises(ValidationError):
                put(lead, incident, **whom)
        with pytest.raises(ValidationError):
            put(lead, incident, "colour", membership=lead.people["vera"])

    def test_nobody_outside_the_circle_is_asked_of_a_private_one(self, lead: Lead) -> None:
        incident = lead.declare(by="marc", private=True)
        with pytest.raises(Conflict):
            put(lead, incident, by="marc", membership=lead.people["vera"])
        assert not InternalMail.objects.filter(kind="nudge").exists()

    def test_not_once_it_is_over(self, lead: Lead) -> None:
        incident = lead.alerted()
        cancel(incident=incident, reason="false_alarm", actor=lead.as_("bram"), now=lead.now)
        with pytest.raises(Conflict):
            put(lead, incident, membership=lead.people["vera"])


class TestCases:
    def test_each_counts_and_is_on_record(self, lead: Lead) -> None:
        incident = lead.declare()
        add_case(incident=incident, via="ticket 12", actor=lead.as_("vera"), now=lead.now)
        add_case(incident=incident, by=3, text="all of them on iOS", actor=lead.as_("carla"), now=lead.now)
        assert lead.again(incident).cases == 4
        texts = TimelineEntry.objects.filter(incident=incident, kind="case").order_by("id")
        assert [entry.text for entry in texts] == [
            "+1 case, 1 in all, via ticket 12",
            "+3 cases, 4 in all: all of them on iOS",
        ]
        assert "cases" not in lead.facts(incident).unanswered

    def test_a_number_sets_the_count(self, lead: Lead) -> None:
        incident = lead.declare()
        add_case(incident=incident, actor=lead.as_("vera"), now=lead.now)
        answer(lead, incident, "cases", number=14)
        assert lead.again(incident).cases == 14

    def test_a_report_by_a_colleague_is_noted_and_not_counted(self, lead: Lead) -> None:
        incident = lead.declare()
        add_case(incident=incident, found_by="team", via="chat", actor=lead.as_("vera"), now=lead.now)
        assert lead.again(incident).cases == 0
        assert (
            TimelineEntry.objects.get(incident=incident, kind="case").text
            == "Also seen by a team member, via chat"
        )

    @pytest.mark.parametrize("wrong", [{"by": 0}, {"by": 10_001}, {"found_by": "nobody"}])
    def test_what_is_no_report(self, lead: Lead, wrong: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            add_case(incident=lead.declare(), actor=lead.as_("vera"), now=lead.now, **wrong)  # type: ignore[arg-type]

    def test_what_was_merged_says_where_it_goes_on(self, lead: Lead) -> None:
        one, other = lead.declare(), lead.declare("The same")
        merge(incident=other, into=one, actor=lead.as_("marc"), now=lead.now)
        with pytest.raises(Conflict, match="INC-1"):
            add_case(incident=other, actor=lead.as_("vera"), now=lead.now)


class TestTheSummary:
    def test_better_words_reach_the_pager_too(self, lead: Lead) -> None:
        incident = lead.declare("somethign is borken")
        edit_summary(incident=incident, text="Payments fail  for all", actor=lead.as_("bram"), now=lead.now)
        assert lead.again(incident).summary == "Payments fail for all"
        assert lead.calls(incident)[0].escalation.card.title == "Payments fail for all"
        entry = TimelineEntry.objects.get(incident=incident, kind="edited")
        assert entry.data == {"before": "somethign is borken", "after": "Payments fail for all"}

    def test_the_same_words_change_nothing(self, lead: Lead) -> None:
        incident = lead.declare()
        edit_summary(incident=incident, text=incident.summary, actor=lead.as_("bram"), now=lead.now)
        assert "edited" not in lead.kinds(incident)

    @pytest.mark.parametrize("text", ["", "  ", "x" * 301])
    def test_one_line_is_needed(self, lead: Lead, text: str) -> None:
        with pytest.raises(ValidationError):
            edit_summary(incident=lead.declare(), text=text, actor=lead.as_("bram"), now=lead.now)


class TestOutsider:
    def test_anothers_incident_is_missing(self, lead: Lead, world: World) -> None:
        incident = lead.declare()
        olga = world.other.members["olga"].as_actor()
        now = lead.now
        with tenant_scope(world.other.tenant.pk):
            for attempt in (
                lambda: answer_question(
                    incident=incident, question="reach", choices=["all"], actor=olga, now=now
                ),
                lambda: ask(
                    incident=incident,
                    question="reach",
                    membership=world.other.members["omar"],
                    actor=olga,
                    now=now,
                ),
                lambda: add_case(incident=incident, actor=olga, now=now),
                lambda: edit_summary(incident=incident, text="theirs", actor=olga, now=now),
            ):
                with pytest.raises(Incident.DoesNotExist):
                    attempt()
        assert lead.again(incident).cases == 0

    def test_anothers_person_and_role_are_missing(self, lead: Lead, world: World) -> None:
        incident = lead.declare()
        with pytest.raises(Membership.DoesNotExist):
            put(lead, incident, membership=world.other.members["olga"])
        with tenant_scope(world.other.tenant.pk), acting(ENGINE, now=lead.now):
            theirs = IncidentRole.objects.create(name="Theirs", position=1)
        with pytest.raises(IncidentRole.DoesNotExist):
            put(lead, incident, role=theirs)

    def test_a_viewer_may_not_ask_or_edit(self, lead: Lead) -> None:
        incident = lead.declare()
        with pytest.raises(PermissionDenied):
            put(lead, incident, by="vera", membership=lead.people["bram"])
        with pytest.raises(PermissionDenied):
            edit_summary(incident=incident, text="other words", actor=lead.as_("vera"), now=lead.now)
