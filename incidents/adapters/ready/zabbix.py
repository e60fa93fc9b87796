"""Zabbix 5.4 and later: a webhook media type whose parameters are posted as they are.

Before 5.4, HttpRequest and its methods had other names. {EVENT.ID} is that of the problem in its recovery
too, {EVENT.VALUE} 1 for a problem and 0 for a recovery. The media type's test button sends the macros
unresolved.
"""

from django.utils.translation import gettext_lazy as _

from incidents.adapters.ready.parts import Ready

SCRIPT = """var sent = JSON.parse(value), request = new HttpRequest();
var address = sent.url;
delete sent.url;
request.addHeader('Content-Type: application/json');
request.post(address, JSON.stringify(sent));
if (request.getStatus() !== 202) {
    throw 'Muster answered ' + request.getStatus();
}
return 'OK';

// Parameters
// url                {url}
// event_id           {EVENT.ID}
// event_value        {EVENT.VALUE}
// event_name         {EVENT.NAME}
// event_nseverity    {EVENT.NSEVERITY}
// event_ack_status   {EVENT.ACK.STATUS}
// event_opdata       {EVENT.OPDATA}
// host_name          {HOST.NAME}
// host_ip            {HOST.IP}
// trigger_description {TRIGGER.DESCRIPTION}
// trigger_url        {TRIGGER.URL}
"""
SAMPLE = {
    "event_id": "48213",
    "event_value": "1",
    "event_name": "High CPU utilization (over 90% for 5m)",
    "event_nseverity": "4",
    "event_ack_status": "No",
    "event_opdata": "Current utilization: 97.2 %",
    "host_name": "db-1",
    "host_ip": "10.0.3.11",
    "trigger_description": "CPU utilization is too high. The system might be slow to respond.",
    "trigger_url": "https://wiki.example.org/cpu",
}
READY = Ready(
    mapping={
        "title": "$.event_name",
        "key": "$.event_id",
        "severity": "$.event_nseverity",
        "severities": {"5": "critical", "4": "error", "3": "error", "2": "warning", "1": "info", "0": "info"},
        "summary": ["$.event_opdata", "$.trigger_description"],
        "runbook_url": "$.trigger_url",
        "labels.host": "$.host_name",
        "labels.ip": "$.host_ip",
        "resolved_when": {"path": "$.event_value", "is": ["0"]},
        "acknowledged_when": {"path": "$.event_ack_status", "is": ["Yes"]},
        "test_when": {"path": "$.event_id", "is": ["{EVENT.ID}"]},
    },
    sample=SAMPLE,
    resolved=SAMPLE | {"event_value": "0", "event_opdata": "Current utilization: 12.0 %"},
    how=(
        _("Zabbix 5.4 or later. In Alerts, Media types: one of type Webhook, with the script below."),
        _("Each line under Parameters, below the script, is a row under Parameters: its name and its value."),
        _("On its tab Message templates add Problem and Problem recovery; without them nothing is sent."),
        _("Give it to a user (Users, Media) who may see the hosts."),
        _("In Alerts, Actions, Trigger actions: send to that user, in Operations and Recovery operations."),
        _("For what is acknowledged in Zabbix: Update operations too, and the template Problem update."),
    ),
    snippet=SCRIPT,
)
