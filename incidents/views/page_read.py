"""Reads what the acknowledge page shows."""

from datetime import datetime

from django.utils.translation import gettext as _

from incidents.models import OPEN_PHASES, Alert, AlertStatus, Call, Channel, Incident
from incidents.operations.answering import cannot_come
from incidents.views.page_state import Link, PageView
from oncall.models import EscalationState, Page
from oncall.operations.progress import folded_into, next_in_line, spared, taken_with


def read_page(page_id: int, now: datetime) -> PageView:
    """Some ten queries, less once it is over. Raises Page.DoesNotExist, also where the person has left."""
    pages = Page.objects.select_related("tenant", "membership__user", "escalation__acknowledged_by__user")
    page = pages.get(pk=page_id, membership__ended_at=None, tenant__closed_at=None)
    call = (
        Call.objects.filter(escalation=page.escalation_id)
        .select_related("incident__service", "incident__severity", "incident__merged_into")
        .first()
    )
    view = PageView(page=page, tenant=page.tenant, now=now, call=call)
    view.cannot = view.is_call_in and call is not None and cannot_come(call, page.membership)
    view.state = _state(view)
    if view.state == "paging":
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
    if escalation.state == EscalationState.SNOOZED:
        return "snoozed"
    if escalation.state == EscalationState.ACKNOWLEDGED:
        return "mine" if escalation.acknowledged_by_id == view.page.membership_id else "taken"
    return "paging"


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
