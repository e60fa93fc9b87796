"""The admin of incidents: lists and set-up. The page of one incident is the room."""

from incidents.admin import alert, inbound, incident, role, service, severity, source

__all__ = ["alert", "inbound", "incident", "role", "service", "severity", "source"]
