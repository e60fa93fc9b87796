from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import EncryptedTextField, UidField
from config.tenancy.models import Membership, Team, TenantModel


class CalendarKind(models.TextChoices):
    ABSENCES = "absences", _("absences of a person")
    HOLIDAYS = "holidays", _("holidays")


class ImportedCalendar(TenantModel):
    """An iCal calendar read from an address, again and again, or once from a file (no address).

    Absences belong to `membership`; holidays to `team`, or to everybody where that is null. The address may
    hold a secret and is encrypted at rest. `next_read_at` is when it is read again; `error` is what went
    wrong the last time, in words for whoever gave the address: what was read before stays.
    """

    uid = UidField()
    kind = models.CharField(_("kind"), max_length=8, choices=CalendarKind.choices)
    name = models.CharField(_("name"), max_length=80)
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
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
    address = EncryptedTextField(_("address"), blank=True, default="")
    read_at = models.DateTimeField(_("last read"), null=True)
    next_read_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(_("what went wrong"), max_length=300, blank=True)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)
    history = audited(
        excluded=(
            "address",
            "read_at",
            "next_read_at",
            "failures",
            "error",
            "lease_until",
            "lease_token",
            "claims",
        )
    )

    class Meta:
        constraints = [
            tenant_key("oncall_importedcalendar_tenant_key"),
            SameTenant("membership", name="oncall_importedcalendar_membership_same_tenant"),
            SameTenant("team", name="oncall_importedcalendar_team_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_importedcalendar_uid"),
            models.CheckConstraint(
                condition=models.Q(kind="absences", membership__isnull=False, team__isnull=True)
                | models.Q(kind="holidays", membership__isnull=True),
                name="oncall_importedcalendar_whose",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_read_at"],
                name="oncall_calendar_due",
                condition=models.Q(next_read_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "next_read_at", "id"],
                name="oncall_calendar_fair",
                condition=models.Q(next_read_at__isnull=False),
            ),
        ]
        ordering = ["name", "id"]
        verbose_name = _("imported calendar")
        verbose_name_plural = _("imported calendars")

    def __str__(self) -> str:
        return self.name


class Absence(TenantModel):
    """A person is away within [starts_at, ends_at): rotations pass them over, and say so."""

    uid = UidField()
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    # Null: entered by hand. `key` tells which entry of the calendar it is.
    calendar = models.ForeignKey(
        ImportedCalendar,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="absences",
    )
    key = models.CharField(max_length=64, blank=True, editable=False)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("oncall_absence_tenant_key"),
            SameTenant("membership", name="oncall_absence_membership_same_tenant"),
            SameTenant("calendar", name="oncall_absence_calendar_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_absence_uid"),
            models.UniqueConstraint(
                fields=["tenant", "calendar", "key"],
                name="oncall_absence_of_calendar",
                condition=models.Q(calendar__isnull=False),
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="oncall_absence_ends_after_start",
                violation_error_message=_("It must end after it begins."),
            ),
        ]
        indexes = [models.Index(fields=["tenant", "membership", "ends_at"], name="oncall_absence_ends")]
        ordering = ["starts_at", "id"]
        verbose_name = _("absence")
        verbose_name_plural = _("absences")

    def __str__(self) -> str:
        return str(self.membership)


class Holiday(TenantModel):
    """A day on which a team, or everybody, is not at work. From a calendar, or entered by hand."""

    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=120)
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("team"),
        help_text=_("Empty: everybody."),
    )
    calendar = models.ForeignKey(
        ImportedCalendar,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="holidays",
    )
    history = audited()

    class Meta:
        constraints = [
            SameTenant("team", name="oncall_holiday_team_same_tenant"),
            SameTenant("calendar", name="oncall_holiday_calendar_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "day"], name="oncall_holiday_day")]
        ordering = ["day", "id"]
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")

    def __str__(self) -> str:
        return self.name
