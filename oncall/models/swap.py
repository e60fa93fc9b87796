from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from oncall.models.schedule import Schedule


class SwapState(models.TextChoices):
    """Computed, never stored: Swap.state."""

    OPEN = "open", _("open: who takes it?")
    ASKED = "asked", _("waits for a manager")
    TAKEN = "taken", _("taken")
    PAST = "past", _("past")
    WITHDRAWN = "withdrawn", _("withdrawn")


def _person(name: Any, **options: Any) -> Any:
    return models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=name,
        **options,
    )


class Swap(TenantModel):
    """`membership` asks somebody to be on call in their place within [starts_at, ends_at), where and while
    they would be. It holds once somebody took it and, where the schedule wants that, a manager approved.
    """

    uid = UidField()
    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="swaps"
    )
    membership = _person(_("asked by"))
    # Whom it was asked of; null: anybody.
    asked_of = _person(_("asked of"), null=True, blank=True)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    made_at = models.DateTimeField(_("asked"))
    taken_by = _person(_("taken by"), null=True, blank=True)
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)
    approved_by = _person(_("approved by"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("oncall_swap_tenant_key"),
            SameTenant("schedule", name="oncall_swap_schedule_same_tenant"),
            *(
                SameTenant(name, name=f"oncall_swap_{name}_same_tenant")
                for name in ("membership", "asked_of", "taken_by", "approved_by")
            ),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_swap_uid"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="oncall_swap_ends_after_start",
                violation_error_message=_("It must end after it begins."),
            ),
            models.CheckConstraint(
                condition=models.Q(taken_by__isnull=True, taken_at__isnull=True)
                | models.Q(taken_by__isnull=False, taken_at__isnull=False),
                name="oncall_swap_taken_by_and_when",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "schedule", "ends_at"], name="oncall_swap_ends")]
        ordering = ["starts_at", "id"]
        verbose_name = _("swap")
        verbose_name_plural = _("swaps")

    def __str__(self) -> str:
        return str(self.membership)

    def state(self, now: datetime) -> SwapState:
        """Reads the schedule. An open one whose time is over is past; a taken one stays taken."""
        if self.withdrawn_at is not None:
            return SwapState.WITHDRAWN
        if self.taken_by_id is None:
            return SwapState.PAST if self.ends_at <= now else SwapState.OPEN
        if self.schedule.swaps_need_approval and self.approved_at is None:
            return SwapState.ASKED
        return SwapState.TAKEN
