from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Team, TenantModel


class ServiceUrgency(models.TextChoices):
    HIGH = "high", _("high")
    LOW = "low", _("low")
    OFFICE = "office", _("high in office hours, low outside them")


class Grouping(models.TextChoices):
    """Which alerts share an incident (ONCALL 4.8)."""

    SERVICE = "service", _("service: all that fires about it")
    LABELS = "labels", _("labels: those whose values are equal")
    KEY = "key", _("key: each alert by itself")


class Service(TenantModel):
    """Something a team runs and can be paged for."""

    uid = UidField()
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True)
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("team"),
    )
    policy = models.ForeignKey(
        "oncall.EscalationPolicy",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("escalation policy"),
        help_text=_("Empty: the tenant's default policy pages."),
    )
    component = models.ForeignKey(
        "statuspage.Component",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("public component"),
        help_text=_("What customers call it on the status page."),
    )
    runbook_url = models.URLField(_("runbook"), blank=True)
    recovers_alone = models.BooleanField(
        _("cancel what recovers by itself"),
        default=True,
        help_text=_("An unconfirmed incident whose alerts have all been clear for 10 minutes is cancelled."),
    )
    urgency = models.CharField(
        _("urgency"),
        max_length=6,
        choices=ServiceUrgency.choices,
        default=ServiceUrgency.HIGH,
        help_text=_("SEV1 is always high. When the office opens, what nobody has rises and pages again."),
    )
    ack_minutes = models.PositiveSmallIntegerField(
        _("acknowledged for"),
        null=True,
        blank=True,
        default=30,
        validators=[MinValueValidator(10), MaxValueValidator(9000)],
        help_text=_("Minutes; then it pages again, unless work goes on. Empty: it does not run out."),
    )
    alerts_end_after_hours = models.PositiveSmallIntegerField(
        _("alerts end after"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(8760)],
        help_text=_("Hours; what its source is silent about for so long is taken as clear. Empty: never."),
    )
    unconfirmed_end_after_hours = models.PositiveSmallIntegerField(
        _("unconfirmed ones end after"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(8760)],
        help_text=_("Hours; an incident nobody touched for so long is cancelled as recovered. Empty: never."),
    )
    grouping = models.CharField(
        _("alerts come together by"), max_length=7, choices=Grouping.choices, default=Grouping.SERVICE
    )
    grouping_labels = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("labels to group by"),
        default=list,
        blank=True,
        help_text=_("Names, separated by commas: alerts whose values are equal share an incident."),
    )
    grouping_minutes = models.PositiveIntegerField(
        _("come together for"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(525_600)],
        help_text=_("Minutes from when the incident was declared. Empty: for as long as it is open."),
    )
    storm_per_minute = models.PositiveSmallIntegerField(
        _("a storm from"),
        default=20,
        validators=[MinValueValidator(2), MaxValueValidator(10_000)],
        help_text=_("New incidents within a minute; then further alerts join one, and page once."),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_service_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_service_uid"),
            models.UniqueConstraint(fields=["tenant", "name"], name="incidents_service_name"),
            SameTenant("team", name="incidents_service_team_same_tenant"),
            SameTenant("policy", name="incidents_service_policy_same_tenant"),
            SameTenant("component", name="incidents_service_component_same_tenant"),
            models.CheckConstraint(
                condition=models.Q(urgency__in=ServiceUrgency.values), name="incidents_service_urgency"
            ),
        ]
        ordering = ["name"]
        verbose_name = _("service")
        verbose_name_plural = _("services")

    def __str__(self) -> str:
        return self.name
