from incidents.models.alert import Alert, AlertSeverity, AlertStatus
from incidents.models.answer import Answer, Ask, AssessmentQuestion
from incidents.models.call import Call, CallAnswer, CallKind
from incidents.models.change import Change
from incidents.models.channel import Channel, ChannelKind
from incidents.models.chatmirror import ChatMirror
from incidents.models.circlemember import CircleMember
from incidents.models.finding import Decision, Experiment, Observation, Theory, TheoryState, Verdict
from incidents.models.heartbeat import Heartbeat, HeartbeatState
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
from incidents.models.routing import Match, RoutingRule
from incidents.models.scale import ScaleVersion
from incidents.models.service import Grouping, Service, ServiceUrgency
from incidents.models.severity import Response, Severity
from incidents.models.severitychange import SeverityChange
from incidents.models.source import AlertSource, Tool
from incidents.models.sourceminute import SourceMinute
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
    "Change",
    "Channel",
    "ChannelKind",
    "ChatMirror",
    "CircleMember",
    "Decision",
    "EntryKind",
    "Experiment",
    "FoundBy",
    "Grouping",
    "Heartbeat",
    "HeartbeatState",
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
    "Match",
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
    "RoutingRule",
    "ScaleVersion",
    "Service",
    "ServiceUrgency",
    "Severity",
    "SeverityChange",
    "SourceMinute",
    "Stakeholder",
    "Theory",
    "TheoryState",
    "TimelineEntry",
    "Tool",
    "Verdict",
]
