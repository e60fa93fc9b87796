"""Maintenance about some alerts of a service: these are kept quiet, all others page as ever (ONCALL 4.10)."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from config.tenancy.actors import ENGINE
from incidents.models import Alert, Incident, MaintenanceWindow, RoutingRule
from incidents.operations.maintaining import save_window, start_maintenance
from incidents.operations.routing_rules import save_rule
from tests.conftest import MovedClock
from tests.incidents.shop import pages
from tests.incidents.test_maintenance import Works

DISKS = [{"field": "title", "op": "glob", "value": "disk*"}]


class ByLabels(Works):
    def maintain(self, minutes: int = 60, **given: Any) -> MaintenanceWindow:
        now = self.clock.now()
        with self.scope():
            window = start_maintenance(
                service=self.service, minutes=minutes, actor=ENGINE, now=now, mode=given["mode"]
            )
            self.about(window, given.get("conditions", DISKS))
        self.run()
        return window

    def about(self, window: MaintenanceWindow, conditions: Any) -> None:
        window.conditions = conditions
        save_window(window=window, services=[self.service], actor=ENGINE, now=self.clock.now())

    def numbers(self) -> list[tuple[str, bool]]:
        with self.scope():
            rows = Incident.objects.order_by("number")
            return [(row.summary.removesuffix(" is bad"), row.held_until is not None) for row in rows]


@pytest.fixture
def works(db: None, moved_clock: MovedClock) -> ByLabels:
    return ByLabels(moved_clock)


class TestNoPage:
    def test_holds_what_meets_it(self, works: ByLabels) -> None:
        works.maintain(mode="no_page")
        works.fire("Disk full")
        works.run_for(minutes=59)
        assert works.sent() == []
        works.run_for(minutes=2)
        assert len(pages()) == 1

    def test_pages_what_does_not(self, works: ByLabels) -> None:
        works.maintain(mode="no_page")
        works.fire("CPU hot")
        assert len(pages()) == 1
        assert works.numbers() == [("CPU hot", False)]

    def test_an_alert_that_is_not_meant_joins_and_it_pages(self, works: ByLabels) -> None:
        works.maintain(mode="no_page")
        works.fire("Disk full")
        assert works.numbers() == [("Disk full", True)]
        works.fire("CPU hot")
        assert works.numbers() == [("Disk full", False)]
        assert len(pages()) == 1
        assert any("is not about all of its alerts" in text for _kind, text in works.timeline())

    def test_what_joins_one_that_pages_lets_it_page(self, works: ByLabels) -> None:
        works.fire("CPU hot")
        works.sent()
        works.maintain(mode="no_page")
        works.fire("Disk full")
        assert works.numbers() == [("CPU hot", False)]

    def test_begins_for_what_is_open_where_all_of_it_meets(self, works: ByLabels) -> None:
        works.fire("Disk full")
        assert len(works.sent()) == 1
        works.maintain(mode="no_page")
        assert works.ladder().state == "snoozed"

    def test_and_lets_page_what_does_not(self, works: ByLabels) -> None:
        works.fire("Disk full")
        works.fire("CPU hot")
        works.sent()
        works.maintain(mode="no_page")
        assert works.ladder().state == "paging"

    def test_what_has_no_alert_is_never_in_it(self, works: ByLabels) -> None:
        from incidents.operations.declaring import declare_incident

        works.maintain(mode="no_page")
        with works.scope():
            owner = works.made.owner
            declare_incident(
                text="Broken",
                service=works.service,
                found_by="team",
                declared_by=owner,
                actor=owner.as_actor(),
                now=works.clock.now(),
            )
        assert works.numbers() == [("Broken", False)]

    def test_what_it_is_no_longer_about_pages(self, works: ByLabels) -> None:
        window = works.maintain(mode="no_page")
        works.fire("Disk full")
        with works.scope():
            works.about(window, [{"field": "title", "op": "glob", "value": "CPU hot*"}])
        works.run()
        assert works.numbers() == [("Disk full", False)]
        assert len(pages()) == 1


class TestSuppress:
    def test_keeps_what_meets_it_and_opens_for_the_other(self, works: ByLabels) -> None:
        works.maintain(mode="suppress")
        works.fire("Disk full")
        assert works.numbers() == []
        works.fire("CPU hot")
        assert works.numbers() == [("CPU hot", False)]
        with works.scope():
            assert Alert.objects.get(title="Disk full is bad").incident is None
            assert Alert.objects.get(title="CPU hot is bad").incident is not None

    def test_at_its_end_what_still_fires_is_heard(self, works: ByLabels) -> None:
        works.maintain(mode="suppress")
        works.fire("Disk full")
        works.run_for(minutes=61)
        assert works.numbers() == [("Disk full", False)]
        assert len(pages()) == 1

    def test_but_not_what_a_rule_suppressed(self, works: ByLabels) -> None:
        with works.scope():
            rule = RoutingRule(name="Quiet", conditions=DISKS, suppress=True)
            save_rule(rule=rule, actor=ENGINE, now=works.clock.now())
        works.maintain(mode="suppress")
        works.fire("Disk full")
        works.run_for(minutes=61)
        assert works.numbers() == []
        assert works.sent() == []

    def test_of_two_windows_each_keeps_its_own(self, works: ByLabels) -> None:
        works.maintain(mode="suppress")
        works.maintain(mode="no_page", conditions=[])
        works.fire("Disk full")
        works.fire("CPU hot")
        assert works.numbers() == [("CPU hot", True)]


def test_recorded_only_closes_when_clear(works: ByLabels) -> None:
    works.maintain(mode="record_only")
    works.fire("Disk full")
    works.clear("Disk full")
    works.run_for(minutes=11)
    assert works.incident().phase == "cancelled"
    assert works.sent() == []


def test_conditions_are_checked(works: ByLabels) -> None:
    with pytest.raises(ValidationError, match="Condition 1: choose a field"):
        works.maintain(mode="no_page", conditions=[{"field": "", "op": "is", "value": "x"}])
