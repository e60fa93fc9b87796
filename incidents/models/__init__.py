from incidents.models.alert import Alert, AlertSeverity, AlertStatus
from incidents.models.call import Call, CallKind
from incidents.models.channel import Channel, ChannelKind
from incidents.models.inbound import InboundEvent, Outcome
from incidents.models.incident import (
    OPEN_PHASES,
    CancelReason,
    FoundBy,
    Incident,
    IncidentCounter,
    Phase,
)
from incidents.models.mail import InternalMail, MailKind
from incidents.models.message import Audience, Message, MessageKind
from incidents.models.once import Once
from incidents.models.role import IncidentRole, RoleAssignment, RoleCode
from incidents.models.service import Service
from incidents.models.severity import Response, Severity
from incidents.models.severitychange import SeverityChange
from incidents.models.source import AlertSource
from incidents.models.timeline import EntryKind, TimelineEntry

__all__ = [
    "OPEN_PHASES",
    "Alert",
    "AlertSeverity",
    "AlertSource",
    "AlertStatus",
    "Audience",
    "Call",
    "CallKind",
    "CancelReason",
    "Channel",
    "ChannelKind",
    "EntryKind",
    "FoundBy",
    "InboundEvent",
    "Incident",
    "IncidentCounter",
    "IncidentRole",
    "InternalMail",
    "MailKind",
    "Message",
    "MessageKind",
    "Once",
    "Outcome",
    "Phase",
    "Response",
    "RoleAssignment",
    "RoleCode",
    "Service",
    "Severity",
    "SeverityChange",
    "TimelineEntry",
]
