from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, Team, TenantModel
from config.tenancy.validators import valid_time_zone


class Schedule(TenantModel):
    """Who is expected to be reachable, and when: rotations and overrides, on the wall clock of one zone."""

    uid = UidField()
    name = models.CharField(_("name"), max_length=80)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[valid_time_zone])
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("team"),
    )
    history = audited()

    class Meta:
        constraints = [
            tenant_key("oncall_schedule_tenant_key"),
            SameTenant("team", name="oncall_schedule_team_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_schedule_uid"),
            models.UniqueConstraint(fields=["tenant", "name"], name="oncall_schedule_name"),
        ]
        ordering = ["name"]
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class RotationUnit(models.TextChoices):
    HOUR = "hour", _("hours")
    DAY = "day", _("days")
    WEEK = "week", _("weeks")
    MONTH = "month", _("months")


def whole_minute(value: time) -> None:
    if value.second or value.microsecond:
        raise ValidationError(_("Use whole minutes."))


def known_year(value: date) -> None:
    """Years that the arithmetic of time zones reaches from both sides."""
    if not 1971 <= value.year <= 2100:
        raise ValidationError(_("Use a year from 1971 to 2100."))


class Rotation(TenantModel):
    """One person at a time, in turn. Several rotations of a schedule put several people on call.

    Times are wall clock in the schedule's zone: date and time apart, since a datetime would be bent to UTC.
    Shift `anchor_shift` belongs to the participant at `anchor_index`: an edit of the participants moves the
    anchor, so that whoever is on call stays on call (operations.schedules).
    """

    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="rotations"
    )
    name = models.CharField(_("name"), max_length=80)
    start_date = models.DateField(_("first handover"), validators=[known_year])
    start_time = models.TimeField(
        _("handover at"),
        default=time(9),
        validators=[whole_minute],
        help_text=_("Wall-clock time in the schedule's zone."),
    )
    unit = models.CharField(_("unit"), max_length=5, choices=RotationUnit.choices, default=RotationUnit.WEEK)
    length = models.PositiveSmallIntegerField(
        _("length of a shift"), default=1, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    anchor_index = models.PositiveSmallIntegerField(default=0, editable=False)
    anchor_shift = models.IntegerField(default=0, editable=False)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("oncall_rotation_tenant_key"),
            SameTenant("schedule", name="oncall_rotation_schedule_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "schedule", "name"], name="oncall_rotation_name"),
            models.CheckConstraint(
                condition=models.Q(length__gte=1, length__lte=366), name="oncall_rotation_length"
            ),
            models.CheckConstraint(
                condition=models.Q(unit__in=RotationUnit.values), name="oncall_rotation_unit"
            ),
        ]
        ordering = ["id"]
        verbose_name = _("rotation")
        verbose_name_plural = _("rotations")

    def __str__(self) -> str:
        return self.name

    @property
    def start_local(self) -> datetime:
        """Naive wall-clock time in the schedule's zone."""
        return datetime.combine(self.start_date, self.start_time)


class RotationMember(TenantModel):
    """A participant of a rotation, in turn by `position`."""

    rotation = models.ForeignKey(
        Rotation, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="participants"
    )
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    position = models.PositiveSmallIntegerField(_("position"))
    history = audited()

    class Meta:
        constraints = [
            SameTenant("rotation", name="oncall_rotationmember_rotation_same_tenant"),
            SameTenant("membership", name="oncall_rotationmember_membership_same_tenant"),
            # Deferred: the rows of an inline change places one by one.
            models.UniqueConstraint(
                fields=["tenant", "rotation", "position"],
                name="oncall_rotationmember_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]
        ordering = ["position"]
        verbose_name = _("participant")
        verbose_name_plural = _("participants")

    def __str__(self) -> str:
        return str(self.membership)
