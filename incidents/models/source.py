from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.actors import Actor
from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import EncryptedTextField, UidField
from config.tenancy.models import TenantModel
from incidents.models.service import Grouping, Service


class Tool(models.TextChoices):
    """What posts here: which snippet is shown, and how JSON without a mapping of its own is read."""

    ALERTMANAGER = "alertmanager", "Prometheus Alertmanager"
    GRAFANA = "grafana", "Grafana"
    PAGERDUTY = "pagerduty", _("anything that speaks PagerDuty Events v2")
    OPSGENIE = "opsgenie", _("anything that speaks Opsgenie")
    ZABBIX = "zabbix", "Zabbix"
    DATADOG = "datadog", "Datadog"
    SENTRY = "sentry", "Sentry"
    SNS = "sns", "Amazon CloudWatch (SNS)"
    UPTIME_KUMA = "uptimekuma", "Uptime Kuma"
    HEARTBEAT = "heartbeat", _("heartbeats")
    JSON = "json", _("any JSON")


def no_mapping() -> dict[str, Any]:
    return {}


class AlertSource(TenantModel):
    """A monitor that may post alerts. Its key is found by hash in Door; people see the encrypted copy.

    Every source answers at every address; `tool` only chooses what is shown, and which ready mapping
    reads JSON. Above `limit_per_minute` events are kept and counted, and new alerts come together in one.
    """

    uid = UidField()
    name = models.CharField(_("name"), max_length=80)
    service = models.ForeignKey(
        Service,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("service"),
        help_text=_("Empty: alerts page by the tenant's default policy."),
    )
    tool = models.CharField(_("tool"), max_length=12, choices=Tool.choices, default=Tool.JSON)
    mapping = models.JSONField(
        _("mapping"),
        default=no_mapping,
        blank=True,
        help_text=_("Where in the JSON each thing stands. Empty: the ready mapping of the tool."),
    )
    by_group = models.BooleanField(
        _("one alert per group"),
        default=False,
        help_text=_("Alertmanager: off, each alert of a group is one of its own."),
    )
    grouping = models.CharField(
        _("alerts come together by"),
        max_length=7,
        choices=Grouping.choices,
        blank=True,
        help_text=_("Empty: as their service says."),
    )
    grouping_labels = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("labels to group by"),
        default=list,
        blank=True,
        help_text=_("Names, separated by commas: alerts whose values are equal share an incident."),
    )
    reopen_minutes = models.PositiveSmallIntegerField(
        _("reopen within"),
        default=0,
        validators=[MaxValueValidator(1440)],
        help_text=_("Minutes; what fires again so soon after it cleared is the same alert. 0: a new one."),
    )
    quiet_ends_after_minutes = models.PositiveIntegerField(
        _("silent alerts end after"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(525_600)],
        help_text=_("Minutes; for tools that never say that it is over. Empty: as the service says."),
    )
    limit_per_minute = models.PositiveIntegerField(
        _("events a minute"),
        default=1200,
        validators=[MinValueValidator(10), MaxValueValidator(100_000)],
        help_text=_("Above it nothing is lost: events are kept, new alerts come together in one."),
    )
    over_limit_at = models.DateTimeField(_("last over its limit"), null=True, blank=True, editable=False)
    over_limit_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Grafana's HMAC over the raw body, and the like.
    signature_secret = EncryptedTextField(
        _("signature secret"),
        blank=True,
        default="",
        help_text=_(
            "Then a webhook without a valid signature is refused. The key alone is still enough at "
            "PagerDuty's and Opsgenie's addresses and for heartbeats. Empty: no signature is asked for."
        ),
    )
    signature_header = models.CharField(
        _("signature header"), max_length=80, blank=True, default="X-Grafana-Alerting-Signature"
    )
    timestamp_header = models.CharField(_("timestamp header"), max_length=80, blank=True)
    # Written without a history row, at most once a minute.
    refused_at = models.DateTimeField(
        _("last refused for its signature"), null=True, blank=True, editable=False
    )
    key = EncryptedTextField(_("key"), editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    # Written without a history row, at most once a minute.
    last_event_at = models.DateTimeField(_("last event"), null=True, blank=True, editable=False)
    history = audited(
        excluded=(
            *("key", "signature_secret"),
            *("last_event_at", "refused_at", "over_limit_at", "over_limit_told_at"),
        )
    )

    class Meta:
        constraints = [
            tenant_key("incidents_alertsource_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_alertsource_uid"),
            models.UniqueConstraint(fields=["tenant", "name"], name="incidents_alertsource_name"),
            SameTenant("service", name="incidents_alertsource_service_same_tenant"),
        ]
        ordering = ["name"]
        verbose_name = _("alert source")
        verbose_name_plural = _("alert sources")

    def __str__(self) -> str:
        return self.name

    def as_actor(self) -> Actor:
        return Actor.monitor(self.pk, self.name)
