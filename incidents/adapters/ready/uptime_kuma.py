"""Uptime Kuma's webhook notification with its default body: heartbeat, monitor, msg.

heartbeat.status: 0 down, 1 up, 2 pending, 3 maintenance. The test button sends neither heartbeat nor monitor,
and a text that ends in "Testing"; a certificate that ends soon comes without them too, and pages.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from incidents.adapters.ready.parts import Ready

MONITOR = {"id": 29, "name": "Shop", "url": "https://shop.example.org", "type": "http", "hostname": None}


def _beat(status: int, said: str, msg: str) -> dict[str, Any]:
    beat = {"monitorID": 29, "status": status, "time": "2026-11-23 09:58:00.527", "msg": said}
    return {"heartbeat": beat | {"important": True, "duration": 60}, "monitor": MONITOR, "msg": msg}


READY = Ready(
    mapping={
        "title": "$.msg",
        "key": "$.monitor.id",
        "summary": "$.heartbeat.msg",
        "labels.monitor": "$.monitor.name",
        "labels.type": "$.monitor.type",
        "labels.host": "$.monitor.hostname",
        "labels.url": "$.monitor.url",
        "resolved_when": {"path": "$.heartbeat.status", "is": [1]},
        "ignored_when": {"path": "$.heartbeat.status", "is": [2, 3]},
        # What somebody called "… Testing" may be down.
        "test_when": {"path": "$.msg", "is": ["* Testing"], "without": "$.heartbeat"},
    },
    sample=_beat(0, "connect ECONNREFUSED", "[Shop] [🔴 Down] connect ECONNREFUSED"),
    resolved=_beat(1, "200 - OK", "[Shop] [✅ Up] 200 - OK"),
    how=(
        _("In Uptime Kuma, Settings, Notifications: a new one of type Webhook, with this address."),
        _("Leave the request body at its default, application/json."),
        _("Choose it in each monitor that should page, or make it the default."),
    ),
)
