"""Maintenance, the preview, pages by link: nothing axe calls serious, phone and desk, light and dark."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.scoping import tenant_scope
from incidents.models import FoundBy, Incident, MaintenanceWindow, Service
from incidents.operations.declaring import declare_incident
from incidents.operations.giving import give_call
from incidents.operations.maintaining import save_window, start_maintenance
from incidents.operations.responding import acknowledge_incident
from oncall.models import ContactMethod, Holiday, NotificationRule, Page
from oncall.operations import testing
from tests.browser.conftest import DESK, Person
from tests.browser.looking import look_all_round
from tests.browser.stage import Stage
from tests.conftest import Engine, MovedClock


def declared(stage: Stage, clock: MovedClock, text: str, service: Service, rank: int = 2) -> Incident:
    anna = stage.world.acme.members["anna"]
    return declare_incident(
        text=text,
        service=service,
        severity=stage.severities[rank],
        found_by=FoundBy.TEAM,
        not_sure=True,
        declared_by=anna,
        actor=anna.as_actor(),
        now=clock.now(),
    )


def page_of(stage: Stage, name: str) -> str:
    newest = Page.objects.filter(membership=stage.world.acme.members[name]).order_by("-id").first()
    assert newest is not None
    return str(newest.url)


@pytest.fixture
def evening(stage: Stage, engine: Engine, moved_clock: MovedClock) -> dict[str, str]:
    """Exports under maintenance, one incident held for it, one that Bram has, one given away, a test."""
    clock, members = moved_clock, stage.world.acme.members
    bram, carla = members["bram"], members["carla"]
    links: dict[str, str] = {}
    with tenant_scope(stage.world.acme.tenant.pk):
        with acting(ENGINE, now=clock.now()):
            Holiday.objects.create(day=date(2026, 12, 25), name="Christmas Day")
            number = ContactMethod.objects.create(
                membership=bram, kind="sms", address="+31611111111", verified_at=clock.now()
            )
            NotificationRule.objects.create(membership=bram, contact=number, delay_minutes=2)
        start_maintenance(service=stage.exports, actor=bram.as_actor(), now=clock.now())
        nightly = MaintenanceWindow(
            name="Nightly database upgrade",
            time_zone="Europe/Amsterdam",
            start_date=date(2026, 11, 24),
            start_time=(clock.now() + timedelta(hours=15)).time().replace(second=0, microsecond=0),
            end_date=date(2026, 11, 25),
            end_time=(clock.now() + timedelta(hours=1)).time().replace(second=0, microsecond=0),
            repeats="week",
        )
        save_window(window=nightly, services=[stage.checkout], actor=bram.as_actor(), now=clock.now())
        engine.run()
        declared(stage, clock, "Exports are slow", stage.exports)
        mine = declared(stage, clock, "Payments fail for all customers", stage.checkout, 1)
        engine.run()
        links["paging"] = page_of(stage, "bram")
        acknowledge_incident(incident=mine, membership=bram, actor=bram.as_actor(), now=clock.now())
        links["mine"] = page_of(stage, "bram")
        given = declared(stage, clock, "Cannot log in", stage.checkout, 1)
        engine.run()
        links["given"] = page_of(stage, "bram")
        clock.move(minutes=1)
        give_call(call=given.calls.first(), people=[carla], actor=bram.as_actor(), now=clock.now())
        engine.run()
        testing.start_test(membership=carla, actor=carla.as_actor(), now=clock.now())
        engine.run()
        links["test"] = page_of(stage, "carla")
        links["window"] = f"/t/acme/admin/incidents/maintenancewindow/{nightly.pk}/change/"
    return links


def test_no_screen_is_hard_to_use(
    evening: dict[str, str], stage: Stage, someone: Callable[..., Person]
) -> None:
    problems: list[str] = []
    stranger = someone(size=DESK)
    for name in ("mine", "given", "test"):
        stranger.go(evening[name])
        look_all_round(stranger, f"page-{name}", problems)
    bram = someone(size=DESK)
    bram.sign_in("bram@acme.test", "/t/acme/admin/")
    service = stage.checkout.uid
    severity = stage.severities[1].uid
    for name, path in (
        ("now-maintenance", "/t/acme/admin/"),
        ("who", f"/t/acme/who?service={service}&severity={severity}"),
        ("who-held", f"/t/acme/who?service={service}&severity={stage.severities[3].uid}&at=2026-11-28T03:00"),
        ("who-maintenance", f"/t/acme/who?service={stage.exports.uid}"),
        ("room-held", "/t/acme/i/1"),
        ("room-mine", "/t/acme/i/2"),
        ("sheet-give-call", "/t/acme/i/2#sheet-give-call"),
        ("declare-paged", f"/t/acme/declare?service={service}&severity={severity}"),
        ("windows", "/t/acme/admin/incidents/maintenancewindow/"),
        ("window", evening["window"]),
        ("window-new", "/t/acme/admin/incidents/maintenancewindow/add/"),
    ):
        bram.go("about:blank")
        bram.go(path)
        look_all_round(bram, name, problems)
    marc = someone(size=DESK)
    marc.sign_in("marc@acme.test", f"/t/acme/admin/incidents/service/{stage.checkout.pk}/change/")
    look_all_round(marc, "service-maintenance", problems)
    assert problems == []


def test_an_hour_of_maintenance_is_one_tap(
    stage: Stage, someone: Callable[..., Person], moved_clock: MovedClock
) -> None:
    marc: Any = someone(size=DESK)
    marc.sign_in("marc@acme.test", f"/t/acme/admin/incidents/service/{stage.checkout.pk}/change/")
    marc.start()
    marc.tap("Maintenance for 1 h")
    marc.sees("Nobody is paged for Checkout for an hour.")
    assert marc.taps == 1
