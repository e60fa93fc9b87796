"""The admin of incidents: lists and set-up. The page of one incident is the room."""

from incidents.admin import (
    action,
    alert,
    change,
    heartbeat,
    inbound,
    incident,
    maintenance,
    playbook,
    role,
    routing,
    service,
    severity,
    source,
    words,
)

__all__ = [
    "action",
    "alert",
    "change",
    "heartbeat",
    "inbound",
    "incident",
    "maintenance",
    "playbook",
    "role",
    "routing",
    "service",
    "severity",
    "source",
    "words",
]
