"""The words the pager gets, copied down from an incident: the border of what it may know."""

from datetime import datetime

from django.utils.translation import gettext as _

from config.tenancy import links
from config.tenancy.actors import Actor
from incidents.known import UNKNOWN_RANK
from incidents.models import Alert, Call, Incident
from incidents.operations.behalf import on_behalf
from oncall.card import Card
from oncall.models import EscalationState
from oncall.operations import paging


def card_of(incident: Incident) -> Card:
    """The words the pager gets. Of a private incident it never learns title, service or detail.

    Two queries at most: the tenant, the newest alert.
    """
    private = incident.private
    return Card(
        key=incident.key,
        title="" if private else incident.summary,
        service="" if private or incident.service is None else incident.service.name,
        severity_rank=incident.severity.rank if incident.severity else UNKNOWN_RANK,
        severity_word=incident.severity_word or _("SEV?"),
        private=private,
        since=incident.started_at or incident.declared_at,
        url=links.incident(incident.tenant.slug, incident.number),
        detail="" if private else _detail(incident),
    )


def _detail(incident: Incident) -> str:
    alert = Alert.objects.filter(incident=incident).order_by("-id").first()
    runbook = (alert and alert.runbook_url) or (incident.service and incident.service.runbook_url)
    lines = [alert.summary] if alert and alert.summary else []
    if runbook:
        lines.append(_("Runbook: %(url)s") % {"url": runbook})
    if alert and alert.dashboard_url:
        lines.append(_("Dashboard: %(url)s") % {"url": alert.dashboard_url})
    return "\n".join(lines)


def refresh_cards(*, incident: Incident, actor: Actor, now: datetime) -> None:
    """Gives every ladder that is not over the words as they are now: after a new severity, title or alert.
    What became private goes from those that are over as well: "it is over" may still be on its way.

    The incident is locked, or was opened in this transaction.
    """
    card = card_of(incident)
    calls = Call.objects.filter(incident=incident)
    if not incident.private:
        calls = calls.exclude(escalation__state=EscalationState.STOPPED)
    for call in calls.order_by("escalation_id"):
        paging.update_card(escalation_id=call.escalation_id, card=card, actor=on_behalf(actor), now=now)
