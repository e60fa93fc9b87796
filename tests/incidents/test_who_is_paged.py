"""Who would be paged: the rule that decides, on the page, in the API and from a shell."""

from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from config import clock
from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.models import Service, Severity
from incidents.operations.foreseeing import Paged, foresee
from incidents.operations.maintaining import start_maintenance
from oncall.models import Escalation, Holiday
from tests.browser.stage import Stage, set_stage
from tests.conftest import Engine, MovedClock
from tests.incidents.leading import Lead
from tests.incidents.test_room_view import as_, words
from tests.people import World

SATURDAY = "2026-11-28T03:00"


@pytest.fixture
def stage(world: World, moved_clock: MovedClock, engine: Engine) -> Stage:
    return set_stage(world, moved_clock.now())


def seen(lead: Lead, rank: int | None, **given: Any) -> Paged:
    return foresee(
        tenant=lead.tenant,
        service=lead.checkout,
        severity=lead.sev[rank] if rank else None,
        at=given.pop("at", lead.now),
        **given,
    )


class TestTheRule:
    def test_an_unknown_severity_counts_as_the_second(self, lead: Lead) -> None:
        paged = seen(lead, None)
        assert paged.rules == ["Unknown severity counts as SEV2."]
        assert [row.names for row in paged.rows[:2]] == [["Bram"], ["Anna"]]

    def test_a_small_one_is_held_and_then_pages(self, lead: Lead, engine: Engine) -> None:
        engine.clock.move(hours=10)
        paged = seen(lead, 3)
        assert "SEV3 outside office hours: held until" in paged.rules[0]
        assert (paged.waits, paged.first) == (True, [])
        assert paged.rows[0].at == paged.pages_at

    def test_maintenance_says_until_when(self, lead: Lead) -> None:
        start_maintenance(service=lead.checkout, actor=ENGINE, now=lead.now)
        paged = seen(lead, 1)
        assert "nobody is paged (Maintenance of Checkout)." in paged.rules[0]
        assert paged.waits
        by_hand = seen(lead, 1, by_hand=True)
        assert "SEV1 by a person pages." in by_hand.rules[0]
        assert by_hand.first == ["Bram"]

    def test_suppressed_nothing_is_opened(self, lead: Lead) -> None:
        start_maintenance(service=lead.checkout, mode="suppress", actor=ENGINE, now=lead.now)
        paged = seen(lead, 1)
        assert (paged.pages_at, paged.rows) == (None, [])

    def test_urgency_by_the_office(self, lead: Lead, engine: Engine) -> None:
        lead.checkout.urgency = "office"
        engine.clock.move(hours=10)
        paged = seen(lead, 2)
        assert paged.urgency == "low"
        assert "low urgency, paged again with high at" in paged.rules[0]

    def test_it_is_what_happens(self, lead: Lead, engine: Engine) -> None:
        """The preview against the pager itself."""
        paged = seen(lead, 2)
        incident = lead.alerted(2)
        engine.run()
        assert lead.paged(incident) == [name.lower() for name in paged.first]
        assert Escalation.objects.get().urgency == paged.urgency

    def test_the_first_hour_has_a_mark_for_each_method(self, lead: Lead) -> None:
        lanes = seen(lead, 1).lanes
        assert [(lane.name, [mark.minute for mark in lane.marks]) for lane in lanes] == [
            ("Bram", [0]),
            ("Anna", [5]),
        ]


class TestThePage:
    def test_it_shows_who_and_why(self, client: Client, stage: Stage) -> None:
        uid = stage.checkout.uid
        shown = words(as_(client, stage, "vera").get(f"/t/acme/who?service={uid}&at={SATURDAY}"))
        assert "Unknown severity counts as SEV2." in shown
        assert "Sat 03:00" in shown
        assert "tonight" in shown

    def test_the_next_holiday_is_a_tap(self, client: Client, stage: Stage) -> None:
        with tenant_scope(stage.world.acme.tenant.pk), acting(ENGINE, now=stage.world.acme.tenant.created_at):
            Holiday.objects.create(day=date(2026, 12, 25), name="Christmas")
        answer = as_(client, stage, "vera").get("/t/acme/who")
        assert "next holiday: Christmas" in words(answer)
        assert "at=2026-12-25T12%3A00" in answer.content.decode()

    def test_nonsense_is_said(self, client: Client, stage: Stage) -> None:
        answer = as_(client, stage, "vera").get("/t/acme/who?at=soon&service=nope&severity=%00")
        assert (answer.status_code, "Write a moment as" in words(answer)) == (200, True)

    def test_the_rows_alone(self, client: Client, stage: Stage) -> None:
        uid = stage.checkout.uid
        answer = as_(client, stage, "bram").get(f"/t/acme/who/rows?service={uid}")
        assert "Unknown severity counts" in words(answer)
        assert "<html" not in answer.content.decode()

    def test_another_tenants_service_is_none(self, client: Client, stage: Stage) -> None:
        client.force_login(stage.world.other.members["olga"].user)
        shown = words(client.get(f"/t/other/who?service={stage.checkout.uid}"))
        assert "Checkout" not in shown


def test_the_api_says_the_same(client: Client, stage: Stage) -> None:
    as_(client, stage, "vera")
    row = client.get(f"/t/acme/api/v1/page-preview/?service={stage.checkout.uid}").json()
    assert row["rules"] == ["Unknown severity counts as SEV2."]
    assert row["rows"][0]["people"][0]["name"]
    assert client.get("/t/acme/api/v1/page-preview/?service=AAAAAAAAAAAA").status_code == 400
    assert client.get("/t/acme/api/v1/page-preview/?when=now").status_code == 400


def test_opened_by_hand_the_api_says_what_declare_says(client: Client, stage: Stage) -> None:
    with tenant_scope(stage.world.acme.tenant.pk):
        start_maintenance(service=stage.checkout, minutes=60, actor=ENGINE, now=clock.now())
        worst = Severity.objects.get(rank=1)
    as_(client, stage, "vera")
    at = f"/t/acme/api/v1/page-preview/?service={stage.checkout.uid}&severity={worst.uid}"
    by_monitor, by_hand = client.get(at).json(), client.get(f"{at}&by_hand=true").json()
    assert by_monitor["pages_at"] > by_monitor["at"]
    assert by_hand["pages_at"] == by_hand["at"]
    assert any("by a person pages" in rule for rule in by_hand["rules"])


def test_from_a_shell(lead: Lead, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("page_preview", tenant="acme", service="Checkout", severity="SEV2")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Checkout, SEV2, high"
    assert lines[1].startswith("+0 min  Bram")
    assert Service.objects.exists()
