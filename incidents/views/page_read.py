"""Reads what the acknowledge page shows."""

from datetime import datetime

from django.utils.translation import gettext as _

from incidents.models import OPEN_PHASES, Alert, AlertStatus, Call, Channel, Incident
from incidents.operations.answering import cannot_come
from incidents.views.page_state import Link, PageView
from oncall.models import EscalationState, EventKind, Notification, NotificationKind, Page
from oncall.operations.answers import answered_ids
from oncall.operations.progress import folded_into, next_in_line, so_far, spared, taken_with


def read_page(page_id: int, now: datetime) -> PageView:
    """Some ten queries, less once it is over. Raises Page.DoesNotExist, also where the person has left or is
    switched off.
    """
    pages = Page.objects.select_related("tenant", "membership__user", "escalation__acknowledged_by__user")
    there = {"membership__ended_at": None, "membership__user__is_active": True, "tenant__closed_at": None}
    page = pages.get(pk=page_id, **there)
    call = (
        Call.objects.filter(escalation=page.escalation_id)
        .select_related("incident__service", "incident__severity", "incident__merged_into")
        .first()
    )
    view = PageView(page=page, tenant=page.tenant, now=now, call=call)
    view.cannot = view.is_call_in and call is not None and cannot_come(call, page.membership)
    view.given_to = _given_to(page)
    view.so_far = so_far(escalation=page.escalation)
    view.state = _state(view)
    if view.state in {"paging", "one_of"}:
        view.line = next_in_line(escalation=page.escalation)
        view.folded = folded_into(page=page)
    if view.state == "mine":
        view.spared = spared(escalation=page.escalation)
        view.together = _taken_together(page)
    if view.details and view.incident is not None:
        view.alerts = (
            Alert.objects.filter(incident=view.incident).exclude(status=AlertStatus.RESOLVED).count()
        )
        view.links = _links(view.incident)
    return view


def _taken_together(page: Page) -> list[Incident]:
    taken = taken_with(page=page)
    calls = Call.objects.filter(escalation_id__in=taken, incident__phase__in=OPEN_PHASES)
    return [call.incident for call in calls.exclude(escalation=page.escalation_id).select_related("incident")]


def _state(view: PageView) -> str:
    escalation = view.escalation
    if view.cannot and view.open and escalation.state in (EscalationState.STOPPED, EscalationState.EXHAUSTED):
        return "cannot"
    over = escalation.state == EscalationState.STOPPED or (view.incident is not None and not view.open)
    if view.page.expires_at <= view.now:
        return "expired"
    if over:
        return "over"
    if view.is_test:
        return "test"
    if view.given_to:
        return "given"
    if escalation.state == EscalationState.SNOOZED:
        return "snoozed"
    if escalation.state == EscalationState.ACKNOWLEDGED:
        return "mine" if _has_it(view) else "taken"
    if view.so_far is not None and view.page.membership in view.so_far.people:
        return "one_of"
    return "paging"


def _has_it(view: PageView) -> bool:
    """The first of several is shown as having it; the others have it no less."""
    escalation, person = view.escalation, view.page.membership_id
    if escalation.acknowledged_by_id == person:
        return True
    return escalation.answers_needed > 1 and person in answered_ids(escalation)


def _given_to(page: Page) -> list[str]:
    """The names it was given to since this person was last called for it. Two queries, mostly one."""
    given = page.escalation.events.filter(kind=EventKind.REASSIGNED).order_by("-id").first()
    if given is None:
        return []
    called = Notification.objects.filter(page=page, kind=NotificationKind.PAGE, created_at__gte=given.at)
    return [] if called.exists() else [str(name) for name in given.detail.get("to", [])]


def _links(incident: Incident) -> list[Link]:
    """Where they talk; runbook and dashboard of the service and its newest alert. Two queries."""
    found = [
        Link(str(channel.get_kind_display()).capitalize(), channel.place)
        for channel in Channel.objects.filter(incident=incident).order_by("kind")
        if channel.is_link
    ]
    alert = Alert.objects.filter(incident=incident).order_by("-id").first()
    runbook = (alert and alert.runbook_url) or (incident.service and incident.service.runbook_url)
    for words, url in ((_("Runbook"), runbook), (_("Dashboard"), alert and alert.dashboard_url)):
        # Alerts are written by machines: an address of another scheme would run when tapped.
        if url and url.startswith(("https://", "http://")):
            found.append(Link(words, url))
    return found
