from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from oncall.models.schedule import Schedule


class CalendarFeed(TenantModel):
    """An iCal address that shows duty to whoever knows it: of one schedule, or (null) all of its owner's.

    Its token is 256 random bits, shown once; only a hash of it is kept (a Door of kind ICAL). It belongs to
    `membership` and dies when that ends or it is revoked.
    """

    uid = UidField()
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("made by"),
    )
    schedule = models.ForeignKey(
        Schedule,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("schedule"),
    )
    made_at = models.DateTimeField(_("made"))
    read_at = models.DateTimeField(_("last read"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    history = audited(excluded=("read_at",))

    class Meta:
        constraints = [
            tenant_key("oncall_calendarfeed_tenant_key"),
            SameTenant("membership", name="oncall_calendarfeed_membership_same_tenant"),
            SameTenant("schedule", name="oncall_calendarfeed_schedule_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_calendarfeed_uid"),
        ]
        indexes = [models.Index(fields=["tenant", "membership"], name="oncall_calendarfeed_of")]
        ordering = ["id"]
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self) -> str:
        return str(self.schedule or self.membership)
