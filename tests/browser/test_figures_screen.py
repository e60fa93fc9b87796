"""The figures in a browser: nothing axe calls serious, no sideways scroll, light and dark, phone and desk."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from config.tenancy.scoping import tenant_scope
from incidents.operations.cancelling import cancel
from incidents.operations.declaring import declare_incident
from tests.browser.conftest import DESK, Person
from tests.browser.looking import look_all_round
from tests.browser.stage import Stage
from tests.conftest import Engine, MovedClock
from tests.incidents.measuring import any_incidents, make


@pytest.fixture
def quarter(stage: Stage, engine: Engine, moved_clock: MovedClock) -> Stage:
    """Three months of incidents, and one false alarm in Bram's night."""
    anna, bram = (stage.world.acme.members[name] for name in ("anna", "bram"))
    with tenant_scope(stage.world.acme.tenant.pk):
        night = moved_clock.now().replace(hour=2)
        moved_clock.set(night)
        false = declare_incident(
            text="Disk full", service=stage.checkout, severity=stage.severities[1], found_by="team",
            declared_by=anna, actor=anna.as_actor(), now=night,
        )  # fmt: skip
        engine.run()
        cancel(incident=false, reason="false_alarm", actor=bram.as_actor(), now=night)
        moved_clock.set(night + timedelta(hours=8))
        engine.run()
        services = [stage.checkout, stage.exports]
        many = any_incidents(moved_clock.now(), 120, severities=stage.severities.values(), services=services)
        make(moved_clock.now(), *many, first=2)
    return stage


def test_the_figures_are_read_by_everybody(quarter: Stage, someone: Callable[..., Person]) -> None:
    problems: list[str] = []
    vera = someone(size=DESK)
    vera.sign_in("vera@acme.test", "/t/acme/admin/")
    vera.go("/t/acme/measures")
    look_all_round(vera, "figures", problems)
    vera.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    look_all_round(vera, "figures-open", problems)
    vera.go("/t/acme/measures?days=365")
    look_all_round(vera, "figures-year", problems)
    assert not problems, "\n".join(problems)
