"""Two incidents that are one."""

import pytest
from django.core.exceptions import PermissionDenied

from config.tenancy.actors import ENGINE
from config.tenancy.conflicts import Conflict
from config.tenancy.scoping import tenant_scope
from incidents.models import Alert, Incident
from incidents.operations.cancelling import cancel
from incidents.operations.merging import merge, merge_all, unmerge
from incidents.operations.opening import open_incident
from incidents.operations.resolving import reopen
from tests.conftest import Engine
from tests.incidents.leading import Lead
from tests.people import World


def join(lead: Lead, incident: Incident, into: Incident, by: str = "bram") -> Incident:
    return merge(incident=incident, into=into, actor=lead.as_(by), now=lead.now)


def test_alerts_move_and_the_pager_stops(lead: Lead, engine: Engine) -> None:
    one, other = lead.alerted(), lead.alerted()
    moved = [lead.alert_on(one), lead.alert_on(one, status="resolved", resolved_at=lead.now)]
    join(lead, one, other)
    known = lead.again(one)
    assert (known.phase, known.merged_into, known.merged_at) == ("merged", other, lead.now)
    assert set(Alert.objects.filter(incident=other)) == set(moved)
    assert lead.states(one) == ["stopped"]
    assert lead.states(other) == ["paging"]


def test_it_is_on_both_records(lead: Lead) -> None:
    one, other = lead.alerted(), lead.alerted()
    join(lead, one, other)
    assert ("merged", "Bram") in lead.told(one)
    assert ("merged", "Bram") in lead.told(other)


def test_a_second_call_changes_nothing(lead: Lead) -> None:
    one, other = lead.alerted(), lead.alerted()
    join(lead, one, other)
    before = lead.told(one)
    join(lead, one, other)
    assert lead.told(one) == before


class TestAStormIsOneIncident:
    def test_all_that_fit_go_up_in_one(self, lead: Lead) -> None:
        target, *others = (lead.alerted() for _ in range(4))
        private = lead.alerted(private=True)
        cancel(incident=others[0], reason="false_alarm", actor=lead.as_("bram"), now=lead.now)
        joined = merge_all(
            incidents=[*others, private, target], into=target, actor=lead.as_("bram"), now=lead.now
        )
        assert joined == 2
        assert [lead.again(one).phase for one in (*others, private)] == [
            "cancelled",
            "merged",
            "merged",
            "detected",
        ]

    def test_a_second_call_changes_nothing(self, lead: Lead) -> None:
        target, other = lead.alerted(), lead.alerted()
        for expected in (1, 0):
            assert merge_all(incidents=[other], into=target, actor=lead.as_("bram"), now=lead.now) == expected

    def test_into_what_is_over_is_refused(self, lead: Lead) -> None:
        target, other = lead.alerted(), lead.alerted()
        cancel(incident=target, reason="false_alarm", actor=lead.as_("bram"), now=lead.now)
        with pytest.raises(Conflict):
            merge_all(incidents=[other], into=target, actor=lead.as_("bram"), now=lead.now)
        assert lead.again(other).phase == "detected"


class TestRefused:
    def test_into_itself(self, lead: Lead) -> None:
        one = lead.alerted()
        with pytest.raises(Conflict):
            join(lead, one, one)

    def test_what_is_over(self, lead: Lead) -> None:
        one, other = lead.alerted(), lead.alerted()
        cancel(incident=other, reason="false_alarm", actor=lead.as_("bram"), now=lead.now)
        for pair in ((one, other), (other, one)):
            with pytest.raises(Conflict):
                join(lead, *pair)

    def test_a_private_one_and_an_open_one(self, lead: Lead) -> None:
        one, secret = lead.alerted(), lead.alerted(private=True)
        for pair in ((one, secret), (secret, one)):
            with pytest.raises(Conflict):
                join(lead, *pair)

    def test_a_viewer(self, lead: Lead) -> None:
        with pytest.raises(PermissionDenied):
            join(lead, lead.alerted(), lead.alerted(), by="vera")


class TestTakenApart:
    @pytest.mark.parametrize("how", ["unmerge", "reopen"])
    def test_the_alerts_that_came_along_go_back_and_it_pages(
        self, lead: Lead, engine: Engine, how: str
    ) -> None:
        one, other = lead.alerted(), lead.alerted()
        mine, theirs = lead.alert_on(one), lead.alert_on(other)
        join(lead, one, other)
        later = lead.alert_on(other)
        engine.clock.move(days=1)
        if how == "unmerge":
            unmerge(incident=one, actor=lead.as_("bram"), now=lead.now)
        else:
            reopen(incident=one, reason="two after all", actor=lead.as_("bram"), now=lead.now)
        assert list(Alert.objects.filter(incident=one)) == [mine]
        assert set(Alert.objects.filter(incident=other)) == {theirs, later}
        assert (lead.again(one).phase, lead.states(one)) == ("detected", ["paging"])

    def test_what_has_moved_on_since_stays_there(self, lead: Lead) -> None:
        one, other, third = lead.alerted(), lead.alerted(), lead.alerted()
        alert = lead.alert_on(one)
        join(lead, one, other)
        join(lead, other, third)
        unmerge(incident=one, actor=lead.as_("bram"), now=lead.now)
        alert.refresh_from_db()
        assert alert.incident == third

    def test_one_that_is_not_merged_stays_as_it_is(self, lead: Lead) -> None:
        one = lead.alerted()
        before = lead.told(one)
        unmerge(incident=one, actor=lead.as_("bram"), now=lead.now)
        assert lead.told(one) == before


class TestOutsider:
    def test_anothers_incident_is_missing_on_either_side(self, lead: Lead, world: World) -> None:
        one, other = lead.alerted(), lead.alerted()
        olga = world.other.members["olga"].as_actor()
        with tenant_scope(world.other.tenant.pk):
            for attempt in (
                lambda: merge(incident=one, into=other, actor=olga, now=lead.now),
                lambda: unmerge(incident=one, actor=olga, now=lead.now),
                lambda: merge_all(incidents=[one], into=other, actor=olga, now=lead.now),
            ):
                with pytest.raises(Incident.DoesNotExist):
                    attempt()
        assert lead.again(one).is_open

    def test_a_viewer_merges_no_storm(self, lead: Lead) -> None:
        one, other = lead.alerted(), lead.alerted()
        with pytest.raises(PermissionDenied):
            merge_all(incidents=[one], into=other, actor=lead.as_("vera"), now=lead.now)

    def test_into_anothers(self, lead: Lead, world: World) -> None:
        with tenant_scope(world.other.tenant.pk):
            theirs = open_incident(
                summary="x",
                service=None,
                severity=None,
                provisional=True,
                found_by="team",
                actor=ENGINE,
                now=lead.now,
            )
        with pytest.raises(Incident.DoesNotExist):
            join(lead, lead.alerted(), theirs)
