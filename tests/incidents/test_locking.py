"""One door per state: many hands at once, one manager, no deadlock (DESIGN rule 6)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from config.tenancy.scoping import tenant_scope
from incidents.models import Call, Incident, RoleAssignment, TimelineEntry
from incidents.operations import locking
from incidents.operations.assessing import confirm, set_severity
from incidents.operations.calls import call_in
from incidents.operations.locking import lock_incident
from incidents.operations.merging import merge
from incidents.operations.notes import add_note
from incidents.operations.responding import acknowledge_incident, undo_acknowledge
from incidents.refusals import Busy
from oncall.operations import paging
from tests.incidents.leading import Lead


def at_once(tenant_id: int, deeds: list[Callable[[], object]]) -> list[object]:
    """Runs each in a thread and connection of its own, all let go at one moment. Errors are results."""
    barrier = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> object:
        try:
            with tenant_scope(tenant_id):
                connection.ensure_connection()
                barrier.wait(timeout=20)
                return deed()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_acknowledgements_make_one_manager(self, lead: Lead) -> None:
        for _round in range(5):
            incident = lead.alerted()

            def acknowledge(name: str, incident: Incident = incident) -> object:
                member = lead.people[name]
                return acknowledge_incident(
                    incident=incident, membership=member, actor=member.as_actor(), now=lead.now
                )

            results = at_once(lead.tenant.pk, [lambda: acknowledge("anna"), lambda: acknowledge("bram")] * 2)
            assert [found for found in results if isinstance(found, Exception)] == []
            assert len(lead.managers(incident)) == 1
            assert RoleAssignment.objects.filter(incident=incident).count() == 1
            assert lead.kinds(incident).count("acknowledged") == 1

    def test_the_pagers_way_in_and_ours_never_lock_each_other_out(self, lead: Lead) -> None:
        """From the pager: escalation, then incident. From here: all escalations, then incident."""
        bram, now = lead.people["bram"], lead.now
        for _round in range(5):
            incident = lead.alerted(rank=2)
            call_in(
                incident=incident,
                people=[lead.people["carla"], lead.people["marc"]],
                actor=lead.as_("anna"),
                now=now,
            )
            ladders = [call.escalation_id for call in lead.calls(incident)]

            def through_the_pager(pk: int) -> object:
                return paging.acknowledge(escalation_id=pk, membership=bram, actor=bram.as_actor(), now=now)

            deeds: list[Callable[[], object]] = [
                lambda pk=pk: through_the_pager(pk)  # type: ignore[misc]
                for pk in ladders
            ]
            deeds += [
                lambda i=incident: set_severity(  # type: ignore[misc]
                    incident=i, severity=lead.sev[1], actor=lead.as_("anna"), now=now
                ),
                lambda i=incident: confirm(  # type: ignore[misc]
                    incident=i, customers_notice=True, actor=lead.as_("marc"), now=now
                ),
                lambda i=incident: add_note(incident=i, text="x", actor=bram.as_actor(), now=now),  # type: ignore[misc]
            ]
            results = at_once(lead.tenant.pk, deeds)
            assert [found for found in results if isinstance(found, Exception)] == []
            assert len(lead.managers(incident)) == 1

    def test_merging_crosswise_ends_with_one_merged_into_the_other(self, lead: Lead) -> None:
        one, other = lead.alerted(), lead.alerted()
        for incident in (one, other):
            lead.alert_on(incident)
        marc, now = lead.as_("marc"), lead.now
        results = at_once(
            lead.tenant.pk,
            [
                lambda: merge(incident=one, into=other, actor=marc, now=now),
                lambda: merge(incident=other, into=one, actor=marc, now=now),
            ],
        )
        assert sorted(type(found).__name__ for found in results) == ["Conflict", "Incident"]
        assert sorted([lead.again(one).phase, lead.again(other).phase]) == ["detected", "merged"]

    def test_numbers_given_at_once_have_no_gap_and_no_double(self, lead: Lead) -> None:
        results = at_once(lead.tenant.pk, [lead.declare] * 6)
        assert [found for found in results if isinstance(found, Exception)] == []
        assert sorted(Incident.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]

    def test_the_same_idempotency_key_at_once_is_one_incident(self, lead: Lead) -> None:
        results = at_once(lead.tenant.pk, [lambda: lead.declare(idempotency_key="k")] * 4)
        assert {getattr(found, "pk", found) for found in results} == {Incident.objects.get().pk}
        assert Call.objects.count() == 1

    def test_undo_and_a_second_answer_leave_one_that_has_it(self, lead: Lead) -> None:
        incident = lead.alerted()
        anna, bram, now = lead.people["anna"], lead.people["bram"], lead.now
        acknowledge_incident(incident=incident, membership=bram, actor=bram.as_actor(), now=now)
        at_once(
            lead.tenant.pk,
            [
                lambda: undo_acknowledge(incident=incident, membership=bram, actor=bram.as_actor(), now=now),
                lambda: acknowledge_incident(
                    incident=incident, membership=anna, actor=anna.as_actor(), now=now
                ),
            ],
        )
        # Either Anna came after the undo and has it, or before, and nobody has it and it pages.
        outcome = (lead.managers(incident), lead.states(incident))
        assert outcome in [(["anna"], ["acknowledged"]), ([], ["paging"])]


class TestTheSetThatChanges:
    """Ids are read before the locks, and again after."""

    def test_once_is_tried_again(self, lead: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
        incident = lead.alerted()
        real, stale = locking._calls_of, [set[int]()]
        monkeypatch.setattr(locking, "_calls_of", lambda ids: stale.pop() if stale else real(ids))
        locked = lock_incident(incident_id=incident.pk)
        assert [call.escalation_id for call in locked.calls] == list(locked.escalations)

    def test_twice_is_said(self, lead: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
        incident = lead.alerted()
        monkeypatch.setattr(locking, "_calls_of", lambda ids: set())
        with pytest.raises(Busy):
            lock_incident(incident_id=incident.pk)

    def test_what_is_over_stays_free_to_lock(self, lead: Lead) -> None:
        incident = lead.alerted()
        alert = lead.alert_on(incident)
        lead.alert_on(incident, status="resolved", resolved_at=lead.now)
        assert lock_incident(incident_id=incident.pk, alerts=True).alerts == [alert]
        assert lock_incident(incident_id=incident.pk).alerts == []


def test_the_timeline_of_a_private_incident_is_under_row_security_too(lead: Lead) -> None:
    incident = lead.alerted()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', '0', false)")
        assert not TimelineEntry._base_manager.filter(incident_id=incident.pk).exists()
        cursor.execute("SELECT set_config('app.tenant_id', %s, false)", [str(lead.tenant.pk)])
        assert TimelineEntry._base_manager.filter(incident_id=incident.pk).exists()
