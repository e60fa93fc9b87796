from oncall.models.absence import Absence, CalendarKind, Holiday, ImportedCalendar
from oncall.models.channel import ChannelKind, SharedChannel
from oncall.models.contact import BY_PHONE, ContactMethod, Method, NotificationRule, Urgency
from oncall.models.coverage import CoverageGap, CoverageLook, GapKind
from oncall.models.escalation import Acknowledgement, Escalation, EscalationEvent, EscalationState, EventKind
from oncall.models.feed import CalendarFeed
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
from oncall.models.personal import PersonalKind, PersonalMessage
from oncall.models.policy import (
    EscalationPolicy,
    IfClosed,
    IfEmpty,
    Step,
    StepTarget,
    Strategy,
    TargetKind,
    When,
)
from oncall.models.profile import PagerProfile
from oncall.models.schedule import Restriction, Rotation, RotationMember, RotationUnit, Schedule
from oncall.models.swap import Swap, SwapState
from oncall.models.temporary import TemporarySchedule, TemporaryShift

__all__ = [
    "BY_PHONE",
    "Absence",
    "Acknowledgement",
    "Attempt",
    "AttemptOutcome",
    "CalendarFeed",
    "CalendarKind",
    "ChannelKind",
    "ContactMethod",
    "CoverageGap",
    "CoverageLook",
    "Escalation",
    "EscalationEvent",
    "EscalationPolicy",
    "EscalationState",
    "EventKind",
    "GapKind",
    "Holiday",
    "IfClosed",
    "IfEmpty",
    "ImportedCalendar",
    "Method",
    "Note",
    "Notification",
    "NotificationKind",
    "NotificationRule",
    "NotificationState",
    "Override",
    "OverrideKind",
    "Page",
    "PagerProfile",
    "PersonalKind",
    "PersonalMessage",
    "Restriction",
    "Rotation",
    "RotationMember",
    "RotationUnit",
    "Schedule",
    "SharedChannel",
    "Step",
    "StepTarget",
    "Strategy",
    "Swap",
    "SwapState",
    "TargetKind",
    "TemporarySchedule",
    "TemporaryShift",
    "Urgency",
    "When",
]
