from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from config.tenancy.validators import time_zones, valid_time_zone
from incidents.maintenance import Occurrence, Recurring, longest_problem
from incidents.models.service import Service
from oncall.models.schedule import known_year, whole_minute


class MaintenanceMode(models.TextChoices):
    NO_PAGE = "no_page", _("open incidents, page nobody until it ends")
    RECORD_ONLY = "record_only", _("record incidents, which close by themselves when clear")
    SUPPRESS = "suppress", _("count alerts, open no incident")


class Repeats(models.TextChoices):
    NONE = "none", _("once")
    DAY = "day", _("days")
    WEEK = "week", _("weeks")
    MONTH = "month", _("months")


class MaintenanceWindow(TenantModel):
    """Hours in which services may fire without waking anybody, on the wall clock of one zone.

    Date and time apart, since a datetime would be bent to UTC; when it happens is told by
    incidents.maintenance. `next_change_at` is when the next occurrence begins or the present one ends, null
    once none is left. `ended_at` cuts short the occurrence it falls in; none begins after `cancelled_at`.
    """

    uid = UidField()
    name = models.CharField(_("name"), max_length=120)
    all_services = models.BooleanField(_("all services"), default=False)
    # As in RoutingRule: the window is about alerts that meet all of them. Empty: about every alert.
    conditions = models.JSONField(_("only alerts where"), default=list, blank=True)
    mode = models.CharField(
        _("meanwhile"), max_length=11, choices=MaintenanceMode.choices, default=MaintenanceMode.NO_PAGE
    )
    reroute_on_end = models.BooleanField(
        _("page at its end for what still fires"),
        default=True,
        help_text=_("Off: what began in it stays quiet until it clears or gets worse."),
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[valid_time_zone])
    start_date = models.DateField(_("begins on"), validators=[known_year])
    start_time = models.TimeField(_("begins at"), validators=[whole_minute])
    end_date = models.DateField(_("ends on"), validators=[known_year])
    end_time = models.TimeField(_("ends at"), validators=[whole_minute])
    repeats = models.CharField(_("repeats by"), max_length=5, choices=Repeats.choices, default=Repeats.NONE)
    every = models.PositiveSmallIntegerField(
        _("every"), default=1, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    until = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("No occurrence begins after it. Empty: no end.")
    )
    next_change_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(_("ended early"), null=True, editable=False)
    cancelled_at = models.DateTimeField(_("ended for good"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    created_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    history = audited(excluded=("next_change_at",))

    class Meta:
        constraints = [
            tenant_key("incidents_maintenancewindow_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_maintenancewindow_uid"),
            SameTenant("created_by", name="incidents_maintenancewindow_creator_same_tenant"),
            models.CheckConstraint(
                condition=models.Q(mode__in=MaintenanceMode.values), name="incidents_maintenancewindow_mode"
            ),
            models.CheckConstraint(
                condition=models.Q(repeats__in=Repeats.values), name="incidents_maintenancewindow_repeats"
            ),
            models.CheckConstraint(
                condition=models.Q(every__gte=1, every__lte=366), name="incidents_maintenancewindow_every"
            ),
            models.CheckConstraint(
                condition=models.Q(end_date__gt=models.F("start_date"))
                | models.Q(end_date=models.F("start_date"), end_time__gt=models.F("start_time")),
                name="incidents_maintenancewindow_ends_after",
                violation_error_message=_("It must end after it begins."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_change_at"],
                name="incidents_maintenance_due",
                condition=models.Q(next_change_at__isnull=False),
            ),
            # Which windows concern an alert: the few that are not over, read with each incident that opens.
            models.Index(
                fields=["tenant", "next_change_at"],
                name="incidents_maintenance_live",
                condition=models.Q(next_change_at__isnull=False),
            ),
        ]
        ordering = ["-id"]
        verbose_name = _("maintenance window")
        verbose_name_plural = _("maintenance windows")

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def times(self) -> Recurring:
        return Recurring(
            zone=self.zone,
            start=datetime.combine(self.start_date, self.start_time),
            end=datetime.combine(self.end_date, self.end_time),
            unit="" if self.repeats == Repeats.NONE else self.repeats,
            every=self.every,
            until=self.until,
            ended_at=self.ended_at,
            cancelled_at=self.cancelled_at,
        )

    def occurrence_at(self, at: datetime) -> Occurrence | None:
        """The occurrence `at` falls in. No query."""
        return self.times.at(at)

    def clean(self) -> None:
        """What a form left out, or got wrong by itself, is said by its field."""
        if not all((self.start_date, self.start_time, self.end_date, self.end_time, self.every)):
            return
        if self.time_zone not in time_zones():
            return
        if problem := longest_problem(self.times):
            raise ValidationError({"end_time": problem})
        if self.until and self.until < self.start_date:
            raise ValidationError({"until": _("The last day lies before the first.")})


class MaintenanceService(TenantModel):
    """A service that a maintenance window is about."""

    window = models.ForeignKey(
        MaintenanceWindow, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="of"
    )
    service = models.ForeignKey(
        Service,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("service"),
    )
    history = audited()

    class Meta:
        constraints = [
            SameTenant("window", name="incidents_maintenanceservice_window_same_tenant"),
            SameTenant("service", name="incidents_maintenanceservice_service_same_tenant"),
            models.UniqueConstraint(
                fields=["tenant", "window", "service"], name="incidents_maintenanceservice_once"
            ),
        ]
        ordering = ["id"]
        verbose_name = _("service")
        verbose_name_plural = _("services")

    def __str__(self) -> str:
        return str(self.service)
