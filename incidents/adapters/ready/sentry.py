"""Sentry's internal integrations: issue alerts (event_alert), metric alerts, and issues that are resolved.

`action` says which: triggered, critical, warning, resolved, created, archived, assigned and so on. Issues
and metric alerts count their ids apart. Header Sentry-Hook-Signature: HMAC-SHA256 of the body.
"""

from django.utils.translation import gettext_lazy as _

from incidents.adapters.ready.parts import Ready

SAMPLE = {
    "action": "triggered",
    "actor": {"id": "sentry", "name": "Sentry", "type": "application"},
    "data": {
        "event": {
            "event_id": "e4874d664c3540c1a32eab185f12c5ab",
            "issue_id": "1170820242",
            "level": "error",
            "platform": "python",
            "culprit": "checkout.views.pay",
            "title": "TimeoutError: the payment provider did not answer",
            "web_url": "https://sentry.example.org/organizations/shop/issues/1170820242/",
            "datetime": "2026-11-23T09:58:00.000000Z",
        },
        "triggered_rule": "Payments fail",
    },
    "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
}
READY = Ready(
    mapping={
        "title": ["$.data.event.title", "$.data.description_title", "$.data.issue.title"],
        "key": ["$.data.event.issue_id", "$.data.metric_alert.id", "$.data.issue.id"],
        "key_with": "$.data.metric_alert.alert_rule.id",
        "severity": ["$.data.event.level", "$.data.issue.level", "$.action"],
        "summary": ["$.data.description_text", "$.data.event.culprit", "$.data.issue.culprit"],
        "dashboard_url": ["$.data.event.web_url", "$.data.web_url", "$.data.issue.web_url"],
        "started_at": ["$.data.event.datetime", "$.data.metric_alert.date_started"],
        "labels.rule": ["$.data.triggered_rule", "$.data.metric_alert.alert_rule.name"],
        "labels.platform": ["$.data.event.platform", "$.data.issue.platform"],
        "resolved_when": {"path": "$.action", "is": ["resolved", "archived", "ignored"]},
        "ignored_when": [
            {"path": "$.action", "is": ["assigned"]},
            {"path": "$.data.installation.status", "is": ["*"]},
        ],
    },
    sample=SAMPLE,
    resolved={
        "action": "resolved",
        "actor": {"id": 7, "name": "Bram", "type": "user"},
        "data": {
            "issue": {
                "id": "1170820242",
                "level": "error",
                "platform": "python",
                "culprit": "checkout.views.pay",
                "title": "TimeoutError: the payment provider did not answer",
                "status": "resolved",
            }
        },
        "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
    },
    how=(
        _("In Sentry, Settings, Custom Integrations: an internal integration with this address."),
        _("Switch Alert Rule Action on, and under Webhooks tick issue: what is resolved there ends here."),
        _("In each alert rule choose this integration as an action."),
        _("For signed posts: its Client Secret is the secret here, the header is Sentry-Hook-Signature."),
    ),
)
