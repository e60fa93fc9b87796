"""Amazon CloudWatch alarms by way of an SNS topic: what CloudWatch says is JSON written as text within JSON.

The first post asks for a confirmation: it is kept like a test, pages nobody, and its link is what a person
opens to confirm; nothing is ever fetched from it here. With raw delivery the alarm is the whole body.
"""

import json
from typing import Any

from django.utils.translation import gettext_lazy as _

from incidents.adapters.ready.parts import Ready

ALARM: dict[str, Any] = {
    "AlarmName": "orders-api 5xx",
    "AlarmDescription": "More than 10 failed requests in 5 minutes.",
    "AWSAccountId": "123456789012",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed: 1 datapoint [42.0] was greater than the threshold (10.0).",
    "StateChangeTime": "2026-11-23T09:58:00.123+0000",
    "Region": "EU (Frankfurt)",
    "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:orders-api 5xx",
    "OldStateValue": "OK",
    "Trigger": {"MetricName": "HTTPCode_Target_5XX_Count", "Namespace": "AWS/ApplicationELB"},
}


def _notification(alarm: dict[str, Any], subject: str) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:pages",
        "Subject": subject,
        "Message": json.dumps(alarm),
        "Timestamp": "2026-11-23T09:58:01.000Z",
        "SignatureVersion": "1",
        "Signature": "c2lnbmF0dXJl",
        "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService.pem",
        "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe",
    }


CONFIRMATION = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1c",
    "Token": "2336412f37",
    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:pages",
    "Message": "You have chosen to subscribe to the topic arn:aws:sns:eu-central-1:123456789012:pages.\n"
    "To confirm the subscription, visit the SubscribeURL included in this message.",
    "SubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37",
    "Timestamp": "2026-11-23T09:50:00.000Z",
}
READY = Ready(
    mapping={
        "text_of_json": "$.Message",
        "title": ["$.Message.AlarmName", "$.AlarmName", "$.Subject", "$.Message"],
        "key": ["$.Message.AlarmArn", "$.AlarmArn", "$.SubscribeURL"],
        "severity": ["$.Message.NewStateValue", "$.NewStateValue"],
        "severities": {"ALARM": "error", "INSUFFICIENT_DATA": "warning"},
        "summary": ["$.Message.NewStateReason", "$.NewStateReason", "$.Message"],
        "dashboard_url": "$.SubscribeURL",
        "started_at": ["$.Message.StateChangeTime", "$.StateChangeTime"],
        "labels.topic": "$.TopicArn",
        "labels.region": ["$.Message.Region", "$.Region"],
        "labels.account": ["$.Message.AWSAccountId", "$.AWSAccountId"],
        "labels.metric": ["$.Message.Trigger.MetricName", "$.Trigger.MetricName"],
        "resolved_when": {"path": ["$.Message.NewStateValue", "$.NewStateValue"], "is": ["OK"]},
        "test_when": {"path": "$.Type", "is": ["SubscriptionConfirmation", "UnsubscribeConfirmation"]},
    },
    sample=_notification(ALARM, 'ALARM: "orders-api 5xx" in EU (Frankfurt)'),
    resolved=_notification(
        ALARM | {"NewStateValue": "OK", "OldStateValue": "ALARM"}, 'OK: "orders-api 5xx" in EU (Frankfurt)'
    ),
    how=(
        _("In Amazon SNS, create a subscription of your topic: protocol HTTPS, this address."),
        _("SNS posts a confirmation here. Open it among the alerts and follow its link within three days."),
        _("In CloudWatch, let the alarm notify the topic both for In alarm and for OK."),
    ),
)
