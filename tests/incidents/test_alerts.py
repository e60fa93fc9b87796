"""From a post to an incident: opening, joining, dedup, severities, false alarms. Through the door."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.tenancy.actors import ENGINE
from incidents.models import CancelReason, FoundBy, Incident, Phase, Severity
from incidents.operations.assessing import confirm, set_severity
from incidents.operations.cancelling import cancel
from incidents.operations.declaring import declare_incident
from incidents.operations.responding import acknowledge_incident
from incidents.operations.sources import create_source
from tests.conftest import MovedClock
from tests.incidents.shop import Shop, alert, everybodys_incidents, pages


@pytest.fixture
def shop(db: None, moved_clock: MovedClock) -> Shop:
    return Shop(moved_clock)


class TestOpening:
    def test_an_alert_opens_an_unconfirmed_incident_and_pages_who_is_on_call(self, shop: Shop) -> None:
        shop.fire("Errors")
        incident = shop.incident()
        assert (incident.key, incident.summary, incident.phase) == ("INC-1", "Errors is bad", "detected")
        assert (incident.severity_word, incident.confirmed_at) == ("SEV1?", None)
        assert (incident.found_by, incident.found_via) == ("monitoring", "Monitoring")
        assert incident.service == shop.made.service
        assert incident.started_at == datetime(2026, 11, 23, 9, 58, tzinfo=UTC)
        [page] = pages()
        assert page.to == ["olga@shop.test"]
        assert "SEV1?" in page.subject
        assert "INC-1" in page.subject
        assert "All about Errors." in page.body
        assert shop.outcomes() == ["processed"]

    @pytest.mark.parametrize(
        ("word", "severity"),
        [
            ("critical", "SEV1?"),
            ("error", "SEV2?"),
            ("warning", "SEV3?"),
            ("info", "SEV3?"),
            ("odd", "SEV2?"),
        ],
    )
    def test_the_sources_word_is_a_first_guess_of_the_severity(
        self, shop: Shop, word: str, severity: str
    ) -> None:
        shop.fire(severity=word)
        assert shop.incident().severity_word == severity
        assert len(pages()) == 1

    def test_a_scale_of_other_steps_is_used_by_rank(self, shop: Shop) -> None:
        with shop.scope(), connection.cursor() as cursor:
            cursor.execute("UPDATE incidents_severity SET rank = 5 WHERE rank = 3")
            cursor.execute("UPDATE incidents_severity SET rank = 4 WHERE rank = 1")
        shop.fire(severity="warning")
        assert shop.incident().severity == severity_of_rank(shop, 2)

    def test_a_start_that_cannot_be_believed_is_the_moment_it_came_in(self, shop: Shop) -> None:
        for start in ("2031-01-01T00:00:00Z", "1999-01-01T00:00:00Z", "yesterday"):
            shop.alertmanager(alert(start) | {"startsAt": start})
        shop.run()
        assert shop.incident().started_at == shop.clock.now()

    def test_without_a_service_the_default_policy_pages(self, shop: Shop) -> None:
        with shop.scope():
            _, key = create_source(name="Cron", service=None, actor=ENGINE, now=shop.clock.now())
        shop.alertmanager(alert("Backup"), key=key)
        shop.run()
        assert shop.incident().service is None
        assert len(pages()) == 1

    def test_a_storm_in_one_post_is_one_incident_one_page_and_few_statements(self, shop: Shop) -> None:
        shop.alertmanager(*(alert("Errors", instance=f"web-{n}") for n in range(5)))
        with CaptureQueriesContext(connection) as few:
            shop.run()
        shop.alertmanager(*(alert("Latency", instance=f"web-{n}") for n in range(300)))
        with CaptureQueriesContext(connection) as many:
            shop.run()
        assert (len(shop.alerts()), len(shop.incidents()), len(pages())) == (305, 1, 1)
        assert len(many) <= len(few)
        assert shop.timeline()[-1] == ("alert", "300 alerts, the first: Latency is bad")


class TestRepeats:
    def test_the_same_alert_again_is_counted_and_pages_nobody(self, shop: Shop) -> None:
        shop.fire()
        shop.clock.move(minutes=1)
        shop.fire()
        [only] = shop.alerts()
        assert (only.count, only.first_seen) == (2, shop.clock.now() - timedelta(minutes=1))
        assert only.last_seen == shop.clock.now()
        assert (len(shop.incidents()), len(pages())) == (1, 1)

    def test_a_hundred_repeats_take_as_many_statements_as_two(self, shop: Shop) -> None:
        shop.fire()

        def statements(posts: int) -> int:
            for _ in range(posts):
                shop.alertmanager(alert("Errors"))
            with CaptureQueriesContext(connection) as captured:
                shop.run()
            return len(captured)

        two, fifty = statements(2), statements(50)
        assert shop.alerts()[0].count == 53
        assert fifty == two

    def test_events_without_a_key_are_alerts_of_their_own(self, shop: Shop) -> None:
        keys = {shop.send("trigger", dedup_key=None)["dedup_key"] for _ in range(2)}
        assert {found.dedup_key for found in shop.alerts()} == keys
        assert len(keys) == 2

    def test_the_same_key_of_another_tenant_is_another_alert(self, shop: Shop) -> None:
        other = Shop(shop.clock, "other")
        shop.send("trigger")
        other.send("trigger")
        other.send("resolve")
        [ours], [theirs] = shop.alerts(), other.alerts()
        assert (ours.status, ours.count) == ("triggered", 1)
        assert (theirs.status, theirs.count) == ("resolved", 1)

    def test_the_same_key_of_another_source_is_another_alert(self, shop: Shop) -> None:
        with shop.scope():
            service, now = shop.made.service, shop.clock.now()
            _, key = create_source(name="Second", service=service, actor=ENGINE, now=now)
        shop.send("trigger")
        shop.send("resolve", key=key)
        shop.send("acknowledge", key=key)
        [only] = shop.alerts()
        assert only.status == "triggered"
        assert shop.outcomes() == ["processed", "dropped", "dropped"]


class TestJoining:
    def test_another_alert_of_the_service_joins_and_pages_nobody_again(self, shop: Shop) -> None:
        shop.fire("Errors")
        shop.fire("Latency", severity="error")
        assert len(shop.incidents()) == 1
        assert {found.incident for found in shop.alerts()} == {shop.incident()}
        assert len(pages()) == 1
        assert shop.timeline()[-1] == ("alert", "Alert: Latency is bad")

    def test_it_joins_what_a_person_declared(self, shop: Shop) -> None:
        declared = declare(shop)
        before = len(pages())
        shop.fire()
        assert shop.incident() == declared
        assert len(pages()) == before

    def test_it_never_joins_a_private_one(self, shop: Shop) -> None:
        private = declare(shop, private=True)
        acknowledge(shop)
        mail.outbox.clear()
        shop.fire()
        [_, opened] = shop.incidents()
        assert shop.alerts()[0].incident == opened != private
        assert "Errors is bad" in pages()[0].body

    def test_it_never_joins_another_service_or_another_source_without_one(self, shop: Shop) -> None:
        with shop.scope():
            now = shop.clock.now()
            _, one = create_source(name="One", service=None, actor=ENGINE, now=now)
            _, two = create_source(name="Two", service=None, actor=ENGINE, now=now)
        for key in (shop.key, one, two, two):
            shop.alertmanager(alert(f"Alert for {key}"), key=key)
            shop.run()
        assert len(shop.incidents()) == 3

    def test_a_worse_alert_raises_the_guess_and_pages_again(self, shop: Shop) -> None:
        shop.fire("Latency", severity="error")
        acknowledge(shop)
        assert len(pages()) == 1
        shop.clock.move(minutes=1)  # more than one a minute to the same address waits (ONCALL 4.5)
        shop.fire("Errors", severity="critical")
        assert shop.incident().severity_word == "SEV1?"
        assert len(pages()) == 2

    def test_the_same_alert_getting_worse_raises_it_too(self, shop: Shop) -> None:
        shop.fire("Errors", severity="error")
        acknowledge(shop)
        shop.clock.move(minutes=1)
        shop.fire("Errors", severity="critical")
        [only] = shop.alerts()
        assert (only.severity, only.count) == ("critical", 2)
        assert shop.incident().severity_word == "SEV1?"
        assert len(pages()) == 2

    def test_a_milder_alert_changes_nothing(self, shop: Shop) -> None:
        shop.fire("Errors", severity="error")
        shop.fire("Slow", severity="info")
        shop.fire("Errors", severity="warning")
        assert shop.incident().severity_word == "SEV2?"
        assert len(pages()) == 1

    def test_what_people_decided_is_not_raised(self, shop: Shop) -> None:
        shop.fire("Latency", severity="error")
        with shop.scope():
            incident, now = shop.incident(), shop.clock.now()
            confirm(incident=incident, customers_notice=False, actor=ENGINE, now=now)
            minor = Severity.objects.get(rank=3)
            set_severity(incident=incident, severity=minor, reason="one page", actor=ENGINE, now=now)
        shop.fire("Errors", severity="critical")
        assert shop.incident().severity_word == "SEV3"
        assert ("alert", "Alert: Errors is bad") in shop.timeline()

    def test_a_held_incident_is_looked_at_again(self, shop: Shop) -> None:
        shop.clock.set(datetime(2026, 11, 27, 20, 0, tzinfo=UTC))  # Friday evening
        shop.fire("Slow", severity="warning")
        assert shop.incident().held_until is not None
        assert pages() == []
        shop.fire("Errors", severity="critical")
        assert (shop.incident().severity_word, shop.incident().held_until) == ("SEV1?", None)
        assert len(pages()) == 1

    def test_a_new_alert_where_nobody_answered_pages_again(self, shop: Shop) -> None:
        shop.fire("Errors")
        shop.run_for(hours=2)
        mail.outbox.clear()
        shop.fire("Errors")
        assert pages() == []
        shop.fire("Latency")
        assert len(pages()) == 1


class TestEndsAndReturns:
    def test_after_the_all_clear_the_same_key_is_a_new_alert(self, shop: Shop) -> None:
        shop.fire()
        shop.clock.move(minutes=1)
        shop.clear()
        shop.clock.move(minutes=1)
        shop.fire()
        assert [found.status for found in shop.alerts()] == ["resolved", "triggered"]
        assert {found.incident for found in shop.alerts()} == {shop.incident()}

    def test_what_ends_nothing_is_dropped(self, shop: Shop) -> None:
        shop.send("resolve")
        shop.send("acknowledge")
        shop.clear("Unheard")
        assert shop.alerts() == []
        assert shop.incidents() == []
        assert shop.outcomes() == ["dropped"] * 3

    def test_a_false_alarm_that_still_fires_stays_quiet_until_it_clears(self, shop: Shop) -> None:
        shop.fire()
        false_alarm(shop)
        shop.clock.move(hours=4)
        shop.fire()
        assert (len(shop.incidents()), shop.alerts()[0].count) == (1, 2)
        assert pages() == []
        shop.clear()
        shop.clock.move(minutes=1)
        shop.fire()
        assert [incident.phase for incident in shop.incidents()] == ["cancelled", "detected"]
        assert len(pages()) == 1

    def test_a_false_alarm_that_gets_worse_pages(self, shop: Shop) -> None:
        shop.fire(severity="error")
        false_alarm(shop)
        shop.fire(severity="critical")
        [old, new] = shop.incidents()
        assert (old.phase, new.severity_word) == ("cancelled", "SEV1?")
        assert [(found.status, found.incident) for found in shop.alerts()] == [
            ("resolved", old),
            ("triggered", new),
        ]
        assert len(pages()) == 1

    def test_another_alert_after_a_false_alarm_pages(self, shop: Shop) -> None:
        shop.fire("Errors")
        false_alarm(shop)
        shop.fire("Latency", severity="warning")
        assert len(shop.incidents()) == 2
        assert len(pages()) == 1

    def test_what_still_fires_after_people_resolved_it_pages_anew(self, shop: Shop) -> None:
        shop.fire()
        with shop.scope():
            incident, now = shop.incident(), shop.clock.now()
            Incident.objects.filter(pk=incident.pk).update(
                phase=Phase.RESOLVED, impact_over_at=now, nothing_imminent_at=now, resolved_at=now
            )
        mail.outbox.clear()
        shop.clock.move(hours=4)
        shop.fire()
        [old, new] = shop.incidents()
        assert [found.incident for found in shop.alerts()] == [old, new]
        assert len(pages()) == 1


class TestAcknowledgedByTheMonitor:
    def test_the_ladder_stops_and_the_alert_is_acknowledged(self, shop: Shop) -> None:
        shop.send("trigger")
        shop.send("acknowledge")
        assert shop.alerts()[0].status == "acknowledged"
        assert ("acknowledged", "Acknowledged in Monitoring") in shop.timeline()
        shop.run_for(hours=1)
        assert len(pages()) == 1

    def test_the_same_again_stays_quiet_and_a_new_one_pages(self, shop: Shop) -> None:
        shop.send("trigger")
        shop.send("acknowledge")
        shop.send("trigger")
        assert (shop.alerts()[0].status, shop.alerts()[0].count) == ("acknowledged", 2)
        assert len(pages()) == 1
        shop.clock.move(minutes=1)
        shop.send("trigger", dedup_key="d2")
        assert len(pages()) == 2

    def test_one_of_two_acknowledged_does_not_stop_the_ladder(self, shop: Shop) -> None:
        shop.send("trigger", dedup_key="d1")
        shop.send("trigger", dedup_key="d2")
        shop.send("acknowledge", dedup_key="d1")
        shop.run_for(minutes=6)
        assert len(pages()) == 2

    def test_a_second_acknowledge_and_a_resolve_after_it(self, shop: Shop) -> None:
        for action in ("trigger", "acknowledge", "acknowledge", "resolve"):
            shop.send(action)
        assert shop.alerts()[0].status == "resolved"
        assert shop.outcomes() == ["processed", "processed", "dropped", "processed"]


class TestOutOfOrder:
    def test_a_trigger_from_before_the_all_clear_is_stale(self, shop: Shop) -> None:
        shop.fire()
        late = shop.clock.now() + timedelta(seconds=5)
        shop.clock.move(seconds=10)
        shop.clear()
        shop.alertmanager(alert("Errors"))
        with shop.scope(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE incidents_inboundevent SET received_at = %s WHERE outcome = 'pending'", [late]
            )
        shop.run()
        assert [found.status for found in shop.alerts()] == ["resolved"]

    def test_an_all_clear_from_before_the_last_trigger_is_stale(self, shop: Shop) -> None:
        shop.fire()
        early = shop.clock.now() + timedelta(seconds=5)
        shop.clock.move(seconds=10)
        shop.fire()
        shop.alertmanager(alert("Errors", status="resolved"))
        with shop.scope(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE incidents_inboundevent SET received_at = %s WHERE outcome = 'pending'", [early]
            )
        shop.run()
        assert [found.status for found in shop.alerts()] == ["triggered"]

    def test_an_all_clear_waits_for_an_earlier_post_in_other_hands(self, shop: Shop) -> None:
        shop.alertmanager(alert("Errors"))
        with shop.scope(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE incidents_inboundevent SET attempts = 1, lease_token = 1, lease_until = %s",
                [shop.clock.now() + timedelta(seconds=30)],
            )
        shop.clock.move(seconds=1)
        shop.alertmanager(alert("Errors", status="resolved"))
        shop.run()
        assert shop.outcomes() == ["pending", "pending"]
        for seconds in (30, 1):  # the lease ends; the all-clear is tried again
            shop.clock.move(seconds=seconds)
            shop.run()
        assert shop.outcomes() == ["processed", "processed"]
        assert [found.status for found in shop.alerts()] == ["resolved"]


def test_a_change_event_pages_nobody(shop: Shop) -> None:
    shop.post("/v2/change/enqueue", {"routing_key": shop.key, "payload": {"summary": "deployed 4.2"}})
    shop.run()
    assert shop.outcomes() == ["processed"]
    assert (everybodys_incidents(), pages()) == (0, [])


def test_the_source_shows_when_it_was_last_heard(shop: Shop) -> None:
    shop.fire()
    with shop.scope():
        shop.made.source.refresh_from_db()
    assert shop.made.source.last_event_at == shop.clock.now()


def declare(shop: Shop, *, private: bool = False) -> Incident:
    with shop.scope():
        incident = declare_incident(
            text="Checkout is slow",
            service=shop.made.service,
            severity=Severity.objects.get(rank=1),
            found_by=FoundBy.TEAM,
            private=private,
            declared_by=shop.made.owner,
            actor=shop.made.owner.as_actor(),
            now=shop.clock.now(),
        )
    shop.run()
    return incident


def acknowledge(shop: Shop) -> None:
    with shop.scope():
        owner = shop.made.owner
        acknowledge_incident(
            incident=shop.incident(), membership=owner, actor=owner.as_actor(), now=shop.clock.now()
        )
    shop.run()


def false_alarm(shop: Shop) -> None:
    with shop.scope():
        cancel(
            incident=shop.incident(),
            reason=CancelReason.FALSE_ALARM,
            actor=shop.made.owner.as_actor(),
            now=shop.clock.now(),
        )
    shop.run()
    mail.outbox.clear()


def severity_of_rank(shop: Shop, rank: int) -> Severity:
    with shop.scope():
        return Severity.objects.get(rank=rank)
