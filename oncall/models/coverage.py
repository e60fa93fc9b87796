from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.models import Membership, TenantModel
from oncall.models.schedule import Schedule


class GapKind(models.TextChoices):
    NOBODY = "nobody", _("nobody on call")
    UNREACHABLE = "unreachable", _("on call, but cannot be reached")


class CoverageGap(TenantModel):
    """A stretch ahead in which nobody would be woken, as the last look found it. Told to the owners once.

    Written anew by every look (operations.coverage); what is known already keeps its row and `told_at`.
    """

    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="gaps"
    )
    kind = models.CharField(_("kind"), max_length=11, choices=GapKind.choices, default=GapKind.NOBODY)
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    found_at = models.DateTimeField(_("found"))
    told_at = models.DateTimeField(_("told"), null=True)

    class Meta:
        constraints = [
            SameTenant("schedule", name="oncall_coveragegap_schedule_same_tenant"),
            SameTenant("membership", name="oncall_coveragegap_membership_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "schedule", "starts_at"], name="oncall_coveragegap_of")]
        ordering = ["starts_at", "id"]
        verbose_name = _("gap")
        verbose_name_plural = _("gaps")

    def __str__(self) -> str:
        return str(self.get_kind_display())


class CoverageLook(TenantModel):
    """When a schedule's year ahead is looked through next, and what the last look said.

    `proved_until`: nobody is missing before then. `gap_at`: the first moment at which nobody would be woken.
    """

    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="looks"
    )
    look_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(_("looked through"), null=True)
    proved_until = models.DateTimeField(null=True)
    gap_at = models.DateTimeField(null=True)
    covered_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            tenant_key("oncall_coveragelook_tenant_key"),
            SameTenant("schedule", name="oncall_coveragelook_schedule_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "schedule"], name="oncall_coveragelook_once"),
        ]
        indexes = [
            models.Index(
                fields=["look_at"], name="oncall_look_due", condition=models.Q(look_at__isnull=False)
            ),
            models.Index(
                fields=["tenant", "look_at", "id"],
                name="oncall_look_fair",
                condition=models.Q(look_at__isnull=False),
            ),
        ]
        verbose_name = _("look at the year ahead")
        verbose_name_plural = _("looks at the year ahead")

    def __str__(self) -> str:
        return str(self.schedule)
