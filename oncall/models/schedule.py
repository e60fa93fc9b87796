from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, Team, TenantModel
from config.tenancy.validators import valid_time_zone

weekdays = RegexValidator(
    r"^(?!.*(.).*\1)[1-7]{1,7}\Z", _("Write each day once: 1 for Monday to 7 for Sunday, as in 12345.")
)


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
    # When somebody should be on call, on the schedule's wall clock. No times: the whole day.
    coverage_days = models.CharField(
        _("covered on"),
        max_length=7,
        default="1234567",
        validators=[weekdays],
        help_text=_("1 is Monday, 7 is Sunday."),
    )
    coverage_start = models.TimeField(_("covered from"), null=True, blank=True)
    coverage_end = models.TimeField(_("covered until"), null=True, blank=True)
    tells_gaps = models.BooleanField(
        _("tell about gaps"), default=True, help_text=_("Off: nobody is mailed about hours without anybody.")
    )
    swaps_need_approval = models.BooleanField(_("a manager approves swaps"), default=False)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("oncall_schedule_tenant_key"),
            models.CheckConstraint(
                condition=models.Q(coverage_start__isnull=True, coverage_end__isnull=True)
                | models.Q(coverage_start__isnull=False, coverage_end__isnull=False),
                name="oncall_schedule_coverage_both",
                violation_error_message=_("Give both times, or none for the whole day."),
            ),
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
    priority = models.PositiveSmallIntegerField(
        _("layer"),
        default=0,
        help_text=_("A higher layer stands in the place of lower ones where it has somebody on call."),
    )
    at_once = models.PositiveSmallIntegerField(
        _("people at once"), default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    count_only_active = models.BooleanField(
        _("count worked shifts only"),
        default=False,
        help_text=_("Turns pass only with shifts that fall within the hours of this rotation."),
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


class Restriction(TenantModel):
    """Hours within which a rotation puts anybody on call: from `start` on each of `days` (wall clock of the
    schedule) until `end`, on the next day where `end` is not later. Equal times: 24 hours.
    """

    rotation = models.ForeignKey(
        Rotation, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="restrictions"
    )
    days = models.CharField(
        _("on days"),
        max_length=7,
        default="12345",
        validators=[weekdays],
        help_text=_("1 is Monday, 7 is Sunday."),
    )
    start = models.TimeField(_("from"), validators=[whole_minute])
    end = models.TimeField(_("until"), validators=[whole_minute])
    history = audited()

    class Meta:
        constraints = [
            SameTenant("rotation", name="oncall_restriction_rotation_same_tenant"),
            models.CheckConstraint(
                condition=models.Q(days__regex=r"^[1-7]{1,7}$"), name="oncall_restriction_days"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "rotation"], name="oncall_restriction_of")]
        ordering = ["start", "id"]
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")

    def __str__(self) -> str:
        return f"{self.days} {self.start:%H:%M}–{self.end:%H:%M}"


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
