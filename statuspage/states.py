"""What a page, a component and a notice can be. The values are those of Statuspage v2."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PageKind(TextChoices):
    PUBLIC = "public", _("public")
    INTERNAL = "internal", _("internal, for members")
    PRIVATE = "private", _("private")


class ComponentStatus(TextChoices):
    OPERATIONAL = "operational", _("Operational")
    DEGRADED = "degraded_performance", _("Degraded performance")
    PARTIAL = "partial_outage", _("Partial outage")
    MAJOR = "major_outage", _("Major outage")
    MAINTENANCE = "under_maintenance", _("Under maintenance")


class NoticeKind(TextChoices):
    INCIDENT = "incident", _("incident")
    MAINTENANCE = "maintenance", _("maintenance")


class NoticeStatus(TextChoices):
    INVESTIGATING = "investigating", _("Investigating")
    IDENTIFIED = "identified", _("Identified")
    MONITORING = "monitoring", _("Monitoring")
    RESOLVED = "resolved", _("Resolved")
    SCHEDULED = "scheduled", _("Scheduled")
    IN_PROGRESS = "in_progress", _("In progress")
    VERIFYING = "verifying", _("Verifying")
    COMPLETED = "completed", _("Completed")


class Impact(TextChoices):
    NONE = "none", _("none")
    MINOR = "minor", _("minor")
    MAJOR = "major", _("major")
    CRITICAL = "critical", _("critical")
    MAINTENANCE = "maintenance", _("maintenance")


# The steps of an incident, in order; the page draws them as dots.
INCIDENT_STEPS = (
    NoticeStatus.INVESTIGATING,
    NoticeStatus.IDENTIFIED,
    NoticeStatus.MONITORING,
    NoticeStatus.RESOLVED,
)
MAINTENANCE_STEPS = (
    NoticeStatus.SCHEDULED,
    NoticeStatus.IN_PROGRESS,
    NoticeStatus.VERIFYING,
    NoticeStatus.COMPLETED,
)
UNRESOLVED = INCIDENT_STEPS[:3]
OVER = (NoticeStatus.RESOLVED, NoticeStatus.COMPLETED)
