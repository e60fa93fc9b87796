from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import TenantModel
from incidents.models.incident import Incident
from incidents.models.service import Service
from incidents.models.source import AlertSource


class AlertStatus(models.TextChoices):
    TRIGGERED = "triggered", _("triggered")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    RESOLVED = "resolved", _("resolved")


class AlertSeverity(models.TextChoices):
    """What the source says, in PagerDuty's four words."""

    CRITICAL = "critical", _("critical")
    ERROR = "error", _("error")
    WARNING = "warning", _("warning")
    INFO = "info", _("info")


class Alert(TenantModel):
    """One thing a monitor says is wrong.

    At most one open alert per (source, dedup_key), held by the database.
    """

    uid = UidField()
    source = models.ForeignKey(
        AlertSource,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("source"),
    )
    service = models.ForeignKey(
        Service,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("service"),
    )
    incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="alerts",
        verbose_name=_("incident"),
    )
    dedup_key = models.CharField(_("dedup key"), max_length=255)
    fingerprint = models.CharField(_("fingerprint"), max_length=64, blank=True)
    status = models.CharField(
        _("status"), max_length=12, choices=AlertStatus.choices, default=AlertStatus.TRIGGERED
    )
    severity = models.CharField(
        _("severity"), max_length=8, choices=AlertSeverity.choices, default=AlertSeverity.ERROR
    )
    # What the source says; `severity` is what a routing rule made of it.
    said_severity = models.CharField(max_length=8, choices=AlertSeverity.choices, default=AlertSeverity.ERROR)
    title = models.CharField(_("title"), max_length=1024)
    summary = models.TextField(_("summary"), blank=True)
    labels = models.JSONField(_("labels"), default=dict)
    payload = models.JSONField(_("payload"), default=dict)
    runbook_url = models.CharField(_("runbook"), max_length=2000, blank=True)
    dashboard_url = models.CharField(_("dashboard"), max_length=2000, blank=True)
    tags = ArrayField(models.CharField(max_length=60), verbose_name=_("tags"), default=list)
    # The name of the routing rule that caught it, as it was then.
    routed_by = models.CharField(_("routed by"), max_length=200, blank=True)
    # By a routing rule: stored and counted, of no incident.
    suppressed = models.BooleanField(_("suppressed"), default=False)
    is_test = models.BooleanField(_("test"), default=False)
    # What it came together by: alerts of equal keys share an incident. Empty: by their service.
    group_key = models.CharField(max_length=64, blank=True)
    # How often this key fired again soon after it had cleared.
    flaps = models.PositiveSmallIntegerField(_("flaps"), default=0)
    count = models.PositiveIntegerField(_("count"), default=1)
    first_seen = models.DateTimeField(_("first seen"))
    last_seen = models.DateTimeField(_("last seen"))
    resolved_at = models.DateTimeField(_("resolved"), null=True)
    # When it is looked whether its source still speaks of it (Service.alerts_end_after_hours).
    silent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            tenant_key("incidents_alert_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_alert_uid"),
            models.UniqueConstraint(
                fields=["tenant", "source", "dedup_key"],
                name="incidents_alert_one_open",
                condition=~models.Q(status="resolved"),
            ),
            SameTenant("source", name="incidents_alert_source_same_tenant"),
            SameTenant("service", name="incidents_alert_service_same_tenant"),
            SameTenant("incident", name="incidents_alert_incident_same_tenant"),
        ]
        indexes = [
            models.Index(fields=["tenant", "incident"], name="incidents_alert_incident"),
            models.Index(fields=["tenant", "-id"], name="incidents_alert_newest"),
            models.Index(fields=["tenant", "dedup_key"], name="incidents_alert_dedup"),
            models.Index(fields=["tenant", "fingerprint"], name="incidents_alert_fingerprint"),
            models.Index(
                fields=["tenant", "group_key"],
                name="incidents_alert_group",
                condition=~models.Q(group_key=""),
            ),
            models.Index(
                fields=["silent_at"],
                name="incidents_alert_silent",
                condition=models.Q(silent_at__isnull=False),
            ),
            # Open and of no incident: kept quiet by a maintenance window.
            models.Index(
                fields=["tenant", "service"],
                name="incidents_alert_kept_quiet",
                condition=models.Q(incident__isnull=True) & ~models.Q(status="resolved"),
            ),
        ]
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.status != AlertStatus.RESOLVED
