"""The five stories of SCREENS, each within its budget of taps and page loads.

A tap is a tap on a button, link, chip or tick; opening the link in a mail is one. Typing is none.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from config.tenancy.models import Team
from config.tenancy.scoping import tenant_scope
from incidents.models import Incident, Phase, Service
from incidents.operations.ingest import take_in
from incidents.operations.sources import create_source
from oncall.models import Notification, NotificationKind, Override, OverrideKind, Page, Schedule
from tests.browser.conftest import DESK, PHONE, Person
from tests.browser.stage import Stage
from tests.conftest import Engine, MovedClock

pytestmark = pytest.mark.usefixtures("in_acme")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
# The storm: twelve services of two teams, behind one policy.
SHOP = ("Carts", "Prices", "Stock", "Search", "Vouchers", "Receipts")
NETWORK = ("Load balancer", "DNS", "Firewall", "Proxy", "VPN", "CDN")


def alert(
    source_id: int, clock: MovedClock, summary: str = "Payment API: 5xx", severity: str = "critical"
) -> None:
    body = json.dumps({"summary": summary, "source": summary, "severity": severity}).encode()
    take_in(source_id=source_id, format="json", body=body, now=clock.now())


def pages_sent() -> int:
    sent: int = Notification.objects.filter(kind=NotificationKind.PAGE).count()
    return sent


def newest() -> Incident:
    found: Incident = Incident.objects.order_by("-number")[0]
    return found


class TestSev1AtNight:
    """A storm over twelve services at 03:07, one on call with a phone: 9 taps, 2 loads; one page sent."""

    def storm(self, stage: Stage, clock: MovedClock) -> None:
        members = stage.world.acme.members
        with acting(ENGINE, now=clock.now()):
            shop = Team.objects.get(name="Shop")
            network = Team.objects.create(name="Network", time_zone="Europe/Amsterdam")
            network.team_members.create(membership=members["marc"])
            sources = [
                create_source(
                    name=f"{name} monitor",
                    service=Service.objects.create(name=name, team=team, policy=stage.checkout.policy),
                    actor=ENGINE,
                    now=clock.now(),
                )[0]
                for team, names in ((shop, SHOP), (network, NETWORK))
                for name in names
            ]
        for source in sources:
            alert(source.pk, clock, summary=f"{source.service.name} does not answer")

    def test_from_the_page_to_everybody_called_and_everybody_told(
        self, stage: Stage, someone: Callable[..., Person], engine: Engine, moved_clock: MovedClock
    ) -> None:
        bram = someone(size=PHONE)
        bram.sign_in("bram@acme.test", "/t/acme/admin/")
        moved_clock.set(datetime(2026, 11, 24, 3, 6, tzinfo=AMSTERDAM))
        self.storm(stage, moved_clock)
        engine.run()
        assert Incident.objects.count() == 12
        assert len([sent for sent in mail.outbox if "bram@acme.test" in sent.to]) == 1
        first = Page.objects.order_by("id")[0]

        bram.start()
        bram.open_link(first.url)
        bram.tap("I've got all 12")
        bram.tap("One incident: merge the other 11")
        bram.tap("Open the incident room")
        bram.tap("Yes, customers notice")
        bram.sees("customers notice")
        engine.run()
        bram.tap("Call in 2: teams and roles")
        bram.page.locator("#r-people", has_text="Network").wait_for()
        bram.tap("Tell people what you know")
        bram.tap("Tell both")
        bram.page.locator("#r-told", has_text="We are investigating").wait_for()

        assert bram.taps <= 9
        assert bram.loads <= 2
        one = Incident.objects.get(phase__in=[phase for phase in Phase.values if phase != "merged"])
        assert one.alerts.count() == 12
        assert {call.label for call in one.calls.all()} >= {"Shop", "Network", "Comms"}
        assert one.first_external_at is not None
        assert one.first_internal_at is not None
        assert bram.errors == [], bram.errors


def test_a_customer_on_social_media_and_the_later_alert_pages_nobody_again(
    stage: Stage, someone: Callable[..., Person], engine: Engine, moved_clock: MovedClock
) -> None:
    """5 taps and one line."""
    carla = someone(size=PHONE)
    carla.sign_in("carla@acme.test", "/t/acme/admin/")
    carla.start()
    carla.tap("Declare")
    carla.write("input[name=text]", "Customers say on social media that paying fails")
    carla.tap("Checkout")
    carla.tap("May be SEV1")
    carla.tap("Social media")  # which says as well that a customer found it
    carla.tap("Declare and page")
    carla.sees("INC-1")
    assert carla.taps <= 5
    assert (newest().found_by, newest().found_via.lower()) == ("customer", "social media")
    engine.run()
    pages = pages_sent()
    moved_clock.move(minutes=1)
    alert(stage.source.pk, moved_clock)
    engine.run()
    assert Incident.objects.count() == 1
    assert newest().alerts.count() == 1
    assert pages_sent() == pages


def test_a_false_alarm_at_two_in_the_night(
    stage: Stage, someone: Callable[..., Person], engine: Engine, moved_clock: MovedClock
) -> None:
    """3 taps, 1 page load, without signing in; and a summary in the morning."""
    moved_clock.set(datetime(2026, 11, 24, 2, 0, tzinfo=AMSTERDAM))
    engine.run()
    alert(stage.source.pk, moved_clock)
    engine.run()
    bram = someone(size=PHONE)
    bram.open_link(Page.objects.get().url)
    bram.tap("I've got it")
    bram.tap("False alarm")
    bram.sees("Nothing left for you tonight.")
    bram.page.get_by_role("button", name="Undo").wait_for()
    assert (bram.taps, bram.loads) == (3, 1)
    assert newest().phase == Phase.CANCELLED
    assert bram.errors == [], bram.errors
    mail.outbox.clear()
    moved_clock.set(datetime(2026, 11, 24, 8, 0, 5, tzinfo=AMSTERDAM))
    engine.run()
    summaries = [sent for sent in mail.outbox if "anna@acme.test" in sent.to]
    assert len(summaries) == 1
    assert "false alarm" in summaries[0].body.lower()


def test_a_security_incident_stays_private(
    stage: Stage, someone: Callable[..., Person], engine: Engine, moved_clock: MovedClock
) -> None:
    """5 taps; outside the circle a number that is said to be private, and no word."""
    marc = someone(size=PHONE)
    marc.sign_in("marc@acme.test", "/t/acme/admin/")
    marc.start()
    marc.tap("Declare")
    marc.write("input[name=text]", "Zebrafinch: customer files are on a public server")
    marc.tap("Checkout")
    marc.tap("May be SEV1")
    marc.page.locator("label", has=marc.page.locator("input[name=private]")).click()
    marc.taps += 1
    marc.tap("Declare and page")
    marc.sees("INC-1")
    assert marc.taps <= 5
    engine.run()
    assert "zebrafinch" in marc.page.content().lower()
    assert mail.outbox
    for sent in mail.outbox:
        assert "zebrafinch" not in (sent.subject + str(sent.body)).lower()
    for size in (PHONE, DESK):
        vera = someone(size=size)
        vera.sign_in("vera@acme.test", "/t/acme/admin/")
        for path in ("/t/acme/admin/", "/t/acme/admin/incidents/incident/", "/t/acme/i/1", "/t/acme/declare"):
            vera.go(path)
            assert "zebrafinch" not in vera.page.content().lower(), path
        vera.go("/t/acme/admin/incidents/incident/")
        assert "INC-1" in vera.page.content()
        assert "private" in vera.page.content().lower()


class TestSev3OnFridayWorseOnSaturday:
    """Held with one silent mail; handed over at shift change; looks again; raised in one tap, with what
    customers last heard.
    """

    def test_from_friday_evening_to_saturday_afternoon(
        self, stage: Stage, someone: Callable[..., Person], engine: Engine, moved_clock: MovedClock
    ) -> None:
        members = stage.world.acme.members
        friday = datetime(2026, 11, 27, 18, 12, tzinfo=AMSTERDAM)
        saturday = datetime(2026, 11, 28, 9, 0, tzinfo=AMSTERDAM)
        moved_clock.set(friday)
        with acting(ENGINE, now=friday):
            Override.objects.create(
                schedule=Schedule.objects.get(name="Checkout"),
                kind=OverrideKind.REPLACE,
                membership=members["anna"],
                replaces=members["bram"],
                starts_at=saturday,
                ends_at=saturday + timedelta(days=2),
            )
        engine.run()
        mail.outbox.clear()
        alert(stage.source.pk, moved_clock, summary="Exports are slow", severity="info")
        engine.run()
        held = newest()
        assert held.held_until == datetime(2026, 11, 30, 9, 0, tzinfo=AMSTERDAM)
        assert pages_sent() == 0
        assert [sent.to for sent in mail.outbox] == [["bram@acme.test"]]

        bram = someone(size=PHONE)
        moved_clock.set(datetime(2026, 11, 27, 18, 50, tzinfo=AMSTERDAM))
        bram.sign_in("bram@acme.test", "/t/acme/i/1")
        bram.tap("I take it")
        bram.tap("Yes, customers notice")
        bram.sees("customers notice")
        bram.page.locator(".dock a", has_text="Tell").click()
        bram.page.locator("#do-tell-both").click()
        bram.page.locator("#r-told", has_text="We are investigating").wait_for()
        engine.run()

        moved_clock.set(datetime(2026, 11, 28, 8, 40, tzinfo=AMSTERDAM))
        bram.go("/t/acme/admin/")
        bram.sees("INC-1")
        bram.sees("09:00")
        anna = someone(size=PHONE)
        anna.sign_in("anna@acme.test", "/t/acme/admin/")
        anna.sees("You take over at 09:00.")
        bram.go("/t/acme/i/1")
        bram.sees("Your shift ends 09:00.")
        bram.tap("Hand Manager to Anna")
        bram.page.locator("#r-people", has_text="Anna").first.wait_for()

        moved_clock.set(datetime(2026, 11, 28, 14, 20, tzinfo=AMSTERDAM))
        anna.go("/t/acme/i/1")
        anna.page.locator("#r-told", has_text="Fri 18:50").first.wait_for()
        anna.start()
        anna.tap("Raise to SEV1")
        anna.page.locator(".room-head .sev-1").wait_for()
        assert anna.taps == 1
        with tenant_scope(stage.world.acme.tenant.pk):
            assert newest().severity.word == "SEV1"
