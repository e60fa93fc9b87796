"""Heartbeats: nothing axe calls serious, phone and desk, light and dark; kept quiet in few taps."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.scoping import tenant_scope
from incidents.models import Heartbeat
from incidents.operations.beating import beat_by_key
from incidents.operations.heartbeats import mute_heartbeat, save_heartbeat
from incidents.operations.sources import create_source
from tests.browser.conftest import DESK, PHONE, Person
from tests.browser.looking import look_all_round
from tests.browser.stage import Stage
from tests.conftest import Engine, MovedClock

LIST = "/t/acme/admin/incidents/heartbeat/"


@pytest.fixture
def beats(stage: Stage, engine: Engine, moved_clock: MovedClock) -> dict[str, str]:
    """One beats, one is missing, one is quiet, one waits for its first beat."""
    now, found = moved_clock.now(), {}
    with tenant_scope(stage.world.acme.tenant.pk):
        source, key = create_source(name="Cron jobs", service=stage.checkout, actor=ENGINE, now=now)
        for name, every in (
            ("Nightly backup of the orders", 1440),
            ("Invoices", 60),
            ("Exports", 60),
            ("Weekly report", 10080),
        ):
            row = Heartbeat(source=source, name=name, interval_minutes=every)
            made = save_heartbeat(heartbeat=row, actor=ENGINE, now=now)
            found[made.slug] = f"{LIST}{made.pk}/change/"
        exports = Heartbeat.objects.get(slug="exports")
    for slug in list(found)[:3]:
        beat_by_key(key=key, slug=slug)
    with tenant_scope(stage.world.acme.tenant.pk):
        until = now + timedelta(days=1)
        why = "Rebuilt this week"
        mute_heartbeat(heartbeat=exports, until=until, reason=why, actor=ENGINE, now=now)
    moved_clock.move(minutes=68)
    engine.run()
    return found


def test_no_screen_is_hard_to_use(
    beats: dict[str, str], stage: Stage, someone: Callable[..., Person]
) -> None:
    problems: list[str] = []
    marc = someone(size=DESK)
    marc.sign_in("marc@acme.test", LIST)
    look_all_round(marc, "heartbeats", problems)
    for name, path in (
        ("heartbeat-missing", beats["invoices"]),
        ("heartbeat-quiet", beats["exports"]),
        ("heartbeat-new", f"{LIST}add/"),
        ("heartbeat-delete", beats["invoices"].replace("change", "delete")),
    ):
        marc.go(path)
        if name == "heartbeat-missing":
            marc.page.locator("summary", has_text="Keep it quiet").click()
        look_all_round(marc, name, problems)
    vera = someone(size=PHONE)
    vera.sign_in("vera@acme.test", beats["invoices"])
    look_all_round(vera, "heartbeat-read", problems)
    assert problems == []


def test_kept_quiet_in_four_taps(beats: dict[str, str], stage: Stage, someone: Callable[..., Person]) -> None:
    marc: Any = someone(size=PHONE)
    marc.sign_in("marc@acme.test", beats["invoices"])
    marc.page.locator("summary", has_text="Keep it quiet").click()
    marc.page.get_by_role("radio", name="1 hour").check()
    marc.page.get_by_label("Why?").fill("Its host is being moved")
    marc.page.get_by_role("button", name="Keep quiet").click()
    marc.sees("Invoices is kept quiet.")
    marc.sees("Its host is being moved")
