"""The pager's part of /api/v1/; incidents.api.urls mounts the routes of all apps."""

from config.tenancy.api.routers import Route
from oncall.api.absences import AbsenceViewSet, TemporaryScheduleViewSet
from oncall.api.contacts import ContactMethodViewSet
from oncall.api.coverage import CoverageViewSet, FairnessViewSet
from oncall.api.escalations import EscalationViewSet
from oncall.api.overrides import OverrideViewSet
from oncall.api.policies import EscalationPolicyViewSet
from oncall.api.preflight import PreflightViewSet
from oncall.api.profiles import NotificationRuleViewSet, PagerProfileViewSet
from oncall.api.schedules import ScheduleViewSet, WhoIsOnCallViewSet
from oncall.api.swaps import SwapViewSet

routes: list[Route] = [
    ("schedules", ScheduleViewSet, "schedule"),
    ("who-is-on-call", WhoIsOnCallViewSet, "who-is-on-call"),
    ("overrides", OverrideViewSet, "override"),
    ("escalation-policies", EscalationPolicyViewSet, "escalation-policy"),
    ("escalations", EscalationViewSet, "escalation"),
    ("contact-methods", ContactMethodViewSet, "contact-method"),
    ("notification-rules", NotificationRuleViewSet, "notification-rule"),
    ("pager-profile", PagerProfileViewSet, "pager-profile"),
    ("preflight", PreflightViewSet, "preflight"),
    ("swaps", SwapViewSet, "swap"),
    ("absences", AbsenceViewSet, "absence"),
    ("temporary-schedules", TemporaryScheduleViewSet, "temporary-schedule"),
    ("coverage", CoverageViewSet, "coverage"),
    ("fairness", FairnessViewSet, "fairness"),
]
