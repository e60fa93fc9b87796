"""Datadog's webhooks integration, with a payload of its own: the default one does not say what is over.

$ALERT_TRANSITION is Triggered, Re-Triggered, Warn, Re-Warn, No Data, Re-No Data, Renotify or Recovered;
$ALERT_CYCLE_KEY is the same from trigger to recovery.
"""

from django.utils.translation import gettext_lazy as _

from incidents.adapters.ready.parts import Ready

PAYLOAD = """{
  "cycle": "$ALERT_CYCLE_KEY",
  "aggregation": "$AGGREG_KEY",
  "transition": "$ALERT_TRANSITION",
  "alert_type": "$ALERT_TYPE",
  "priority": "$ALERT_PRIORITY",
  "title": "$EVENT_TITLE",
  "message": "$TEXT_ONLY_MSG",
  "metric": "$ALERT_METRIC",
  "scope": "$ALERT_SCOPE",
  "host": "$HOSTNAME",
  "link": "$LINK"
}
"""
SAMPLE = {
    "cycle": "7261904418",
    "aggregation": "9bd4ac313a4d1e8fae2482df7b77628f",
    "transition": "Triggered",
    "alert_type": "error",
    "priority": "P1",
    "title": "[Triggered on {host:web-1}] Error rate of the shop",
    "message": "More than 5 % of requests fail.",
    "metric": "trace.http.request.errors",
    "scope": "env:production, host:web-1",
    "host": "web-1",
    "link": "https://app.datadoghq.com/monitors/1234",
}
READY = Ready(
    mapping={
        "title": "$.title",
        "key": ["$.cycle", "$.aggregation"],
        "severity": ["$.priority", "$.alert_type"],
        "summary": "$.message",
        "dashboard_url": "$.link",
        "labels.host": "$.host",
        "labels.metric": "$.metric",
        "labels.scope": "$.scope",
        "resolved_when": {"path": "$.transition", "is": ["Recovered"]},
    },
    sample=SAMPLE,
    resolved=SAMPLE
    | {
        "transition": "Recovered",
        "alert_type": "success",
        "title": "[Recovered on {host:web-1}] Error rate of the shop",
    },
    how=(
        _("In Datadog, Integrations, Webhooks: a new one, named muster, with this address."),
        _("Paste this as its Payload."),
        _("Write @webhook-muster into the message of each monitor that should page."),
    ),
    snippet=PAYLOAD,
)
