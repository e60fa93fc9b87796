"""What got worse is routed again: whom the service that rules name now pages is called in, held or not."""

from typing import Any

import pytest

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from incidents.models import Call, RoutingRule, Service
from incidents.operations.maintaining import save_window, start_maintenance
from oncall.models import EscalationPolicy
from tests.conftest import MovedClock
from tests.incidents.shop import alert, pages
from tests.incidents.test_grouping import _copy_of, service_of
from tests.incidents.test_maintenance_by_labels import ByLabels

CRITICAL = [{"field": "severity", "op": "is", "value": "critical"}]


class Works(ByLabels):
    """Criticals belong to the database, whose own policy pages."""

    def __init__(self, moved: MovedClock) -> None:
        super().__init__(moved)
        with self.scope(), acting(ENGINE, now=self.clock.now()):
            policy = _copy_of(EscalationPolicy.objects.get(is_default=True))
            team = self.service.team
            self.database: Service = Service.objects.create(name="Database", team=team, policy=policy)
            RoutingRule.objects.create(
                name="to the database",
                created_at=self.clock.now(),
                service=self.database,
                conditions=CRITICAL,
            )

    def called(self) -> int:
        with self.scope():
            return Call.objects.filter(label="Database").count()


@pytest.fixture
def works(db: None, moved_clock: MovedClock) -> Works:
    return Works(moved_clock)


def of_prometheus(severity: str) -> dict[str, Any]:
    """As Alertmanager does it: the severity is a label, so it is in the fingerprint."""
    return alert("Errors", severity=severity) | {"fingerprint": f"errors-{severity}"}


class TestHeld:
    def test_by_the_maintenance_of_its_service_the_named_one_is_called_at_once(self, works: Works) -> None:
        works.maintain(mode="no_page", conditions=[])
        works.fire("Errors", severity="error")
        assert pages() == []
        for _time in range(2):
            works.fire("Errors", severity="critical")
        assert (works.called(), len(pages())) == (1, 1)
        assert works.numbers() == [("Errors", True)]
        works.run_for(minutes=61)
        assert works.called() == 1

    def test_where_it_is_in_maintenance_too_it_is_called_at_the_end(self, works: Works) -> None:
        self._maintain_both(works)
        works.fire("Errors", severity="error")
        works.fire("Errors", severity="critical")
        assert (works.called(), pages()) == (0, [])
        assert any("Database is called in when" in text for _kind, text in works.timeline())
        works.run_for(minutes=62)
        assert works.called() == 1
        works.run_for(minutes=5)
        assert works.called() == 1

    def test_clear_by_then_it_is_not(self, works: Works) -> None:
        self._maintain_both(works)
        works.fire("Errors", severity="error")
        works.fire("Errors", severity="critical")
        works.clock.move(minutes=55)
        works.clear("Errors")
        works.run_for(minutes=7)
        assert (works.called(), pages()) == (0, [])

    def test_until_the_office_opens_both_are_paged_by_the_rise(self, works: Works) -> None:
        """A rule that keeps the severity small keeps nobody from hearing that its source says worse."""
        with works.scope(), acting(ENGINE, now=works.clock.now()):
            RoutingRule.objects.update(severity="warning")
        works.clock.set(works.clock.now().replace(hour=23))
        works.fire("Errors", severity="warning")
        assert works.numbers() == [("Errors", True)]
        works.fire("Errors", severity="critical")
        assert works.numbers() == [("Errors", False)]
        assert works.called() == 1

    def _maintain_both(self, works: Works) -> None:
        now = works.clock.now()
        with works.scope():
            window = start_maintenance(
                service=works.service, minutes=60, actor=ENGINE, now=now, mode="no_page"
            )
            save_window(window=window, services=[works.service, works.database], actor=ENGINE, now=now)
        works.run()


class TestPrometheus:
    def test_a_new_key_that_is_worse_than_all_in_its_group_calls_the_named_service(
        self, works: Works
    ) -> None:
        service_of(works, grouping="labels", grouping_labels=["alertname"])
        works.alertmanager(of_prometheus("error"))
        works.run()
        for _time in range(2):
            works.alertmanager(of_prometheus("critical"))
            works.run()
        assert len(works.incidents()) == 1
        assert works.called() == 1
        assert [found.routed_by for found in works.alerts()] == ["", "to the database"]

    def test_one_as_bad_as_what_hangs_there_calls_nobody(self, works: Works) -> None:
        service_of(works, grouping="labels", grouping_labels=["alertname"])
        with works.scope(), acting(ENGINE, now=works.clock.now()):
            RoutingRule.objects.update(enabled=False)
        works.alertmanager(of_prometheus("critical"))
        works.run()
        with works.scope(), acting(ENGINE, now=works.clock.now()):
            RoutingRule.objects.update(enabled=True)
        works.alertmanager(of_prometheus("critical") | {"fingerprint": "another"})
        works.run()
        assert (len(works.incidents()), works.called()) == (1, 0)

    def test_both_in_one_post(self, works: Works) -> None:
        service_of(works, grouping="labels", grouping_labels=["alertname"])
        works.alertmanager(of_prometheus("error"), of_prometheus("critical"))
        works.run()
        assert (len(works.incidents()), works.called()) == (1, 1)

    def test_by_service_it_goes_to_the_named_one(self, works: Works) -> None:
        works.alertmanager(of_prometheus("error"))
        works.run()
        works.alertmanager(of_prometheus("critical"))
        works.run()
        assert [found.service for found in works.incidents()] == [works.service, works.database]
