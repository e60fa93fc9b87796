from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from oncall.models.schedule import Schedule


class TemporarySchedule(TenantModel):
    """While it lasts, [starts_at, ends_at), its own shifts stand in the place of all rotations."""

    uid = UidField()
    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="temporaries"
    )
    name = models.CharField(_("name"), max_length=80)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    history = audited()

    class Meta:
        constraints = [
            tenant_key("oncall_temporaryschedule_tenant_key"),
            SameTenant("schedule", name="oncall_temporaryschedule_schedule_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_temporaryschedule_uid"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="oncall_temporaryschedule_ends_after_start",
                violation_error_message=_("It must end after it begins."),
            ),
        ]
        indexes = [models.Index(fields=["tenant", "schedule", "ends_at"], name="oncall_temporary_ends")]
        ordering = ["starts_at", "id"]
        verbose_name = _("temporary schedule")
        verbose_name_plural = _("temporary schedules")

    def __str__(self) -> str:
        return self.name


class TemporaryShift(TenantModel):
    """One person on call within a temporary schedule. Several may overlap: all are on call."""

    temporary = models.ForeignKey(
        TemporarySchedule,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="shifts",
    )
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
    history = audited()

    class Meta:
        constraints = [
            SameTenant("temporary", name="oncall_temporaryshift_temporary_same_tenant"),
            SameTenant("membership", name="oncall_temporaryshift_membership_same_tenant"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="oncall_temporaryshift_ends_after_start",
                violation_error_message=_("It must end after it begins."),
            ),
        ]
        indexes = [models.Index(fields=["tenant", "temporary"], name="oncall_temporaryshift_of")]
        ordering = ["starts_at", "id"]
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")

    def __str__(self) -> str:
        return str(self.membership)

    def clean(self) -> None:
        whole = self.temporary
        if (
            self.starts_at
            and self.ends_at
            and not (whole.starts_at <= self.starts_at and self.ends_at <= whole.ends_at)
        ):
            raise ValidationError(_("A shift lies within its temporary schedule."))
