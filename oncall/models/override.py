from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from oncall.models.schedule import Schedule, known_year


class OverrideKind(models.TextChoices):
    ADD = "add", _("also on call")
    REMOVE = "remove", _("not on call")
    REPLACE = "replace", _("covers for")


class Override(TenantModel):
    """An exception to a schedule within [starts_at, ends_at).

    add      `membership` is on call as well; nobody is taken off
    remove   `membership` is not on call
    replace  `membership` is on call in the place of `replaces`, where and while `replaces` would be
    """

    uid = UidField()
    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="overrides"
    )
    kind = models.CharField(
        _("kind"), max_length=7, choices=OverrideKind.choices, default=OverrideKind.REPLACE
    )
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    replaces = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("covers for"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("oncall_override_tenant_key"),
            SameTenant("schedule", name="oncall_override_schedule_same_tenant"),
            SameTenant("membership", name="oncall_override_membership_same_tenant"),
            SameTenant("replaces", name="oncall_override_replaces_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_override_uid"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="oncall_override_ends_after_start",
                violation_error_message=_("It must end after it begins."),
            ),
            models.CheckConstraint(
                condition=models.Q(kind="replace", replaces__isnull=False)
                | models.Q(kind__in=["add", "remove"], replaces__isnull=True),
                name="oncall_override_replaces_somebody",
                violation_error_message=_("Say for whom, when somebody covers; else leave it empty."),
            ),
        ]
        indexes = [models.Index(fields=["tenant", "schedule", "ends_at"], name="oncall_override_ends")]
        ordering = ["starts_at", "id"]
        verbose_name = _("override")
        verbose_name_plural = _("overrides")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.membership}"

    def clean(self) -> None:
        """Years that every time zone can show: one override of the year 1 would break each list it is in."""
        wrong = {}
        for name in ("starts_at", "ends_at"):
            try:
                known_year(getattr(self, name) or date(2000, 1, 1))
            except ValidationError as error:
                wrong[name] = error.messages
        if wrong:
            raise ValidationError(wrong)
