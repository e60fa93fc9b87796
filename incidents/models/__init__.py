from incidents.models.alert import Alert, AlertSeverity, AlertStatus
from incidents.models.answer import Answer, Ask, AssessmentQuestion
from incidents.models.call import Call, CallAnswer, CallKind
from incidents.models.channel import Channel, ChannelKind
from incidents.models.chatmirror import ChatMirror
from incidents.models.circlemember import CircleMember
from incidents.models.finding import Decision, Experiment, Observation, Theory, TheoryState, Verdict
from incidents.models.inbound import InboundEvent, Outcome
from incidents.models.incident import (
    OPEN_PHASES,
    CancelReason,
    FoundBy,
    Incident,
    IncidentCounter,
    Phase,
)
from incidents.models.link import Link, LinkKind
from incidents.models.mail import InternalMail, MailKind
from incidents.models.maintenance import MaintenanceMode, MaintenanceService, MaintenanceWindow, Repeats
from incidents.models.message import Audience, Message, MessageKind
from incidents.models.morning import Morning
from incidents.models.once import Once
from incidents.models.playbook import PlaybookStep, PlaybookTick
from incidents.models.postmortem import ActionItem, ActionState, Postmortem, PostmortemState
from incidents.models.presence import Presence
from incidents.models.role import IncidentRole, RoleAssignment, RoleCode
from incidents.models.scale import ScaleVersion
from incidents.models.service import Service, ServiceUrgency
from incidents.models.severity import Response, Severity
from incidents.models.severitychange import SeverityChange
from incidents.models.source import AlertSource
from incidents.models.stakeholder import Stakeholder
from incidents.models.template import MessageTemplate
from incidents.models.timeline import EntryKind, TimelineEntry

__all__ = [
    "OPEN_PHASES",
    "ActionItem",
    "ActionState",
    "Alert",
    "AlertSeverity",
    "AlertSource",
    "AlertStatus",
    "Answer",
    "Ask",
    "AssessmentQuestion",
    "Audience",
    "Call",
    "CallAnswer",
    "CallKind",
    "CancelReason",
    "Channel",
    "ChannelKind",
    "ChatMirror",
    "CircleMember",
    "Decision",
    "EntryKind",
    "Experiment",
    "FoundBy",
    "InboundEvent",
    "Incident",
    "IncidentCounter",
    "IncidentRole",
    "InternalMail",
    "Link",
    "LinkKind",
    "MailKind",
    "MaintenanceMode",
    "MaintenanceService",
    "MaintenanceWindow",
    "Message",
    "MessageKind",
    "MessageTemplate",
    "Morning",
    "Observation",
    "Once",
    "Outcome",
    "Phase",
    "PlaybookStep",
    "PlaybookTick",
    "Postmortem",
    "PostmortemState",
    "Presence",
    "Repeats",
    "Response",
    "RoleAssignment",
    "RoleCode",
    "ScaleVersion",
    "Service",
    "ServiceUrgency",
    "Severity",
    "SeverityChange",
    "Stakeholder",
    "Theory",
    "TheoryState",
    "TimelineEntry",
    "Verdict",
]
