from oncall.models.contact import ContactMethod, Method, NotificationRule, Urgency
from oncall.models.escalation import Escalation, EscalationEvent, EscalationState, EventKind
from oncall.models.notification import (
    Attempt,
    AttemptOutcome,
    Note,
    Notification,
    NotificationKind,
    NotificationState,
)
from oncall.models.override import Override, OverrideKind
from oncall.models.page import Page
from oncall.models.policy import EscalationPolicy, Step, StepTarget, TargetKind
from oncall.models.schedule import Rotation, RotationMember, RotationUnit, Schedule

__all__ = [
    "Attempt",
    "AttemptOutcome",
    "ContactMethod",
    "Escalation",
    "EscalationEvent",
    "EscalationPolicy",
    "EscalationState",
    "EventKind",
    "Method",
    "Note",
    "Notification",
    "NotificationKind",
    "NotificationRule",
    "NotificationState",
    "Override",
    "OverrideKind",
    "Page",
    "Rotation",
    "RotationMember",
    "RotationUnit",
    "Schedule",
    "Step",
    "StepTarget",
    "TargetKind",
    "Urgency",
]
