"""The admin of incidents: lists and set-up. The page of one incident is the incident room (incidents.views.room)."""

from incidents.admin import alert, incident, inbound, role, service, severity, source

__all__ = ["alert", "inbound", "incident", "role", "service", "severity", "source"]
