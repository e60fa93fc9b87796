"""The pager's part of /api/v1/; incidents.api.urls mounts the routes of all apps."""

from config.tenancy.api.routers import Route
from oncall.api.policies import EscalationPolicyViewSet
from oncall.api.schedules import OverrideViewSet, ScheduleViewSet, WhoIsOnCallViewSet

routes: list[Route] = [
    ("schedules", ScheduleViewSet, "schedule"),
    ("who-is-on-call", WhoIsOnCallViewSet, "who-is-on-call"),
    ("overrides", OverrideViewSet, "override"),
    ("escalation-policies", EscalationPolicyViewSet, "escalation-policy"),
]
