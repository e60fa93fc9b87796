"""Reads what is known of an incident from its rows."""

from dataclasses import replace
from datetime import datetime

from django.db.models import Count, Max, Q
from django.utils import timezone

from config.tenancy.models import Membership
from incidents.facts import after, assessment, findings, people, words
from incidents.models import (
    Alert,
    Audience,
    Call,
    Channel,
    Incident,
    IncidentRole,
    Message,
    MessageKind,
    RoleAssignment,
    RoleCode,
)
from incidents.phases import Facts, Phase, Viewer
from oncall.models import Escalation, EscalationState, Page
from oncall.operations.progress import next_in_line, paged_people
from statuspage.models import Notice

PARTS = (assessment.add, words.add, people.add, findings.add, after.add)
RUNNING = (EscalationState.PAGING, EscalationState.ACKNOWLEDGED, EscalationState.SNOOZED)


def facts_of(incident: Incident, *, membership: Membership | None = None, now: datetime) -> Facts:
    """The facts, as `membership` sees them. The number of queries does not grow with what there is (a test
    counts them): those of the parts on top of 9, with a membership 11, and 5 more while that person is paged.

    Without a membership nothing is read of who is next in line: operations have no use for it.
    """
    facts = _of_incident(incident, now)
    calls = list(Call.objects.filter(incident=incident).select_related("escalation", "answered_by__user"))
    held = list(RoleAssignment.objects.filter(incident=incident).select_related("role").order_by("id"))
    facts = _with_calls(facts, calls, held)
    facts = _with_roles(facts, calls, held)
    facts = _with_messages(facts, incident)
    facts = _with_alerts(facts, incident)
    for part in PARTS:
        facts = part(facts, incident, now)
    return _with_viewer(facts, calls, held, membership) if membership is not None else facts


def _of_incident(incident: Incident, now: datetime) -> Facts:
    return Facts(
        at=now,
        zone=timezone.get_current_timezone(),
        key=incident.key,
        phase=Phase(incident.phase),
        declared_at=incident.declared_at,
        started_at=incident.started_at,
        acknowledged_at=incident.acknowledged_at,
        confirmed_at=incident.confirmed_at,
        customers_notice=incident.customers_notice,
        held_until=incident.held_until,
        in_maintenance=incident.maintenance_id is not None,
        severity_rank=incident.severity.rank if incident.severity else None,
        severity_word=incident.severity_word,
        severity_provisional=incident.severity_provisional,
        places=frozenset(Channel.objects.filter(incident=incident).values_list("kind", flat=True)),
        told_internal_at=incident.first_internal_at,
        told_external_at=incident.first_external_at,
        next_update_at=incident.next_update_at,
        finals_waived=bool(incident.finals_waived),
        notice_open=Notice.objects.filter(pk=incident.notice_id, resolved_at=None).exists(),
        impact_over_at=incident.impact_over_at,
        nothing_imminent_at=incident.nothing_imminent_at,
        resolved_at=incident.resolved_at,
        put_off=_still_put_off(incident, now),
    )


def _still_put_off(incident: Incident, now: datetime) -> frozenset[str]:
    return frozenset(
        question
        for question, said in incident.put_off.items()
        if said["until"] is None or datetime.fromisoformat(said["until"]) > now
    )


def _with_calls(facts: Facts, calls: list[Call], held: list[RoleAssignment]) -> Facts:
    first = [call for call in calls if call.is_first]
    further = [call for call in calls if not (call.is_first or call.by_record)]
    busy = {given.membership_id for given in held if given.ended_at is None}
    here = {
        str(call.answered_by): None
        for call in calls
        if not call.is_first and call.answered_by is not None and call.answered_by_id not in busy
    }
    return replace(
        facts,
        first_ladder_runs=any(call.escalation.state == EscalationState.PAGING for call in first),
        nobody_answered=any(call.escalation.state == EscalationState.EXHAUSTED for call in first),
        ladders_running=sum(call.escalation.state == EscalationState.PAGING for call in calls),
        calls_made=len(further),
        calls_answered=sum(call.answered_at is not None for call in further),
        here_without_role=tuple(here),
    )


def _with_roles(facts: Facts, calls: list[Call], held: list[RoleAssignment]) -> Facts:
    now_held = [given for given in held if given.ended_at is None]
    codes = {given.role.code for given in now_held}
    being_called = {
        call.role_id for call in calls if call.escalation.state in RUNNING or call.answered_at is not None
    }
    wanted = IncidentRole.objects.filter(code__in=(RoleCode.TECH_LEAD, RoleCode.COMMS), policy__isnull=False)
    people = [given.membership_id for given in now_held]
    return replace(
        facts,
        managers=sum(given.is_manager for given in now_held),
        has_tech_lead=RoleCode.TECH_LEAD in codes,
        has_comms=RoleCode.COMMS in codes,
        two_hats=len(people) > len(set(people)),
        roles_given=sum(not given.by_record for given in held),
        callable_roles=tuple(
            role.name for role in wanted if role.code not in codes and role.pk not in being_called
        ),
    )


def _with_messages(facts: Facts, incident: Incident) -> Facts:
    final = Q(kind=MessageKind.FINAL, published_at__isnull=False)
    # A final message from before a reopening is not the last word on this.
    if incident.reopened_at is not None:
        final &= Q(published_at__gte=incident.reopened_at)
    found = Message.objects.filter(incident=incident).aggregate(
        all=Count("id"),
        internal=Count("id", filter=final & Q(audience=Audience.INTERNAL)),
        external=Count("id", filter=final & Q(audience=Audience.EXTERNAL)),
    )
    return replace(
        facts,
        drafted=found["all"],
        final_internal=found["internal"] > 0,
        final_external=found["external"] > 0,
    )


def _with_alerts(facts: Facts, incident: Incident) -> Facts:
    found = Alert.objects.filter(incident=incident).aggregate(
        all=Count("id"), firing=Count("id", filter=Q(resolved_at=None)), clear=Max("resolved_at")
    )
    return replace(
        facts,
        alerts=found["all"],
        alerts_firing=found["firing"],
        alerts_clear_at=None if found["firing"] else found["clear"],
    )


def _with_viewer(
    facts: Facts, calls: list[Call], held: list[RoleAssignment], membership: Membership
) -> Facts:
    """Who is being called, and what that has to do with the one who looks."""
    paging = {call.escalation_id: call for call in calls if call.escalation.state == EscalationState.PAGING}
    pages = list(
        Page.objects.filter(escalation_id__in=paging).select_related("membership__user").order_by("id")
    )
    own = [page for page in pages if page.membership_id == membership.pk]
    # The incident's own ladder before a further call: whoever has both takes the incident.
    mine = next(iter(sorted(own, key=lambda page: not paging[page.escalation_id].is_first)), None)
    following = next_in_line(escalation=paging[mine.escalation_id].escalation) if mine else None
    first = [call.escalation for call in paging.values() if call.is_first]
    return replace(
        facts,
        viewer=Viewer(
            is_paged=mine is not None,
            is_called_in=mine is not None and not paging[mine.escalation_id].is_first,
            is_manager=any(
                given.is_manager and given.ended_at is None and given.membership_id == membership.pk
                for given in held
            ),
            uid=membership.uid,
            may_publish="incidents.publish" in membership.grants
            or any(
                given.role.code in (RoleCode.MANAGER, RoleCode.COMMS)
                and given.ended_at is None
                and given.membership_id == membership.pk
                for given in held
            ),
        ),
        being_paged=tuple(str(page.membership) for page in pages if paging[page.escalation_id].is_first),
        being_paged_how=_how(first, facts),
        paged_next=", ".join(following.names) if following else "",
        paged_next_is_me=following is not None and following.people == {membership.pk},
        paged_next_at=following.at if following else None,
    )


def _how(first: list[Escalation], facts: Facts) -> tuple[str, ...]:
    """How those are being called whom the first ladders call now, and what came of it."""
    called = paged_people(escalations=first) if first else {}
    return tuple(
        f"{one.membership}: {one.how} {one.word} {facts.clock(one.at)}"
        for people in called.values()
        for one in people
    )
