from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant
from config.tenancy.models import Membership, TenantModel
from oncall.models.schedule import weekdays, whole_minute


class PagerProfile(TenantModel):
    """What a person wants of their pager. No row: the defaults.

    Quiet hours are on the person's own wall clock (User.time_zone): from `quiet_start` on each of
    `quiet_days` until `quiet_end`, on the next day where that is not later. No times: none. Only low urgency
    keeps them.
    """

    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    quiet_days = models.CharField(
        _("quiet on"),
        max_length=7,
        default="1234567",
        validators=[weekdays],
        help_text=_("1 is Monday, 7 is Sunday."),
    )
    quiet_start = models.TimeField(_("quiet from"), null=True, blank=True, validators=[whole_minute])
    quiet_end = models.TimeField(_("quiet until"), null=True, blank=True, validators=[whole_minute])
    without_limits = models.BooleanField(
        _("never hold a page back"),
        default=False,
        help_text=_("For heavy sleepers: no limit on how many pages an address gets."),
    )
    # When a test of the pager was last answered.
    tested_at = models.DateTimeField(_("tested"), null=True, editable=False)
    history = audited()

    class Meta:
        constraints = [
            SameTenant("membership", name="oncall_pagerprofile_membership_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "membership"], name="oncall_pagerprofile_once"),
            models.CheckConstraint(
                condition=models.Q(quiet_start__isnull=True, quiet_end__isnull=True)
                | models.Q(quiet_start__isnull=False, quiet_end__isnull=False),
                name="oncall_pagerprofile_quiet_both",
                violation_error_message=_("Give both times, or none."),
            ),
        ]
        verbose_name = _("pager of a member")
        verbose_name_plural = _("pagers of members")

    def __str__(self) -> str:
        return str(self.membership)
