from datetime import time
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models.base import TenantModel
from config.tenancy.models.membership import Membership
from config.tenancy.validators import valid_time_zone


class Team(TenantModel):
    """People who keep services together, and their office hours (wall clock in the team's zone)."""

    uid = UidField()
    name = models.CharField(_("name"), max_length=80)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[valid_time_zone])
    office_days = models.CharField(
        _("office days"), max_length=7, default="12345", help_text=_("1 is Monday, 7 is Sunday.")
    )
    office_start = models.TimeField(_("office hours begin"), default=time(9))
    office_end = models.TimeField(_("office hours end"), default=time(17))
    history = audited()

    class Meta:
        constraints = [
            tenant_key("tenancy_team_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="tenancy_team_uid"),
            models.UniqueConstraint(fields=["tenant", "name"], name="tenancy_team_name"),
            models.CheckConstraint(
                condition=models.Q(office_days__regex=r"^[1-7]{0,7}$"), name="tenancy_team_office_days"
            ),
        ]
        ordering = ["name"]
        verbose_name = _("team")
        verbose_name_plural = _("teams")

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class TeamMember(TenantModel):
    """A member of a team."""

    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="team_members"
    )
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    history = audited()

    class Meta:
        constraints = [
            SameTenant("team", name="tenancy_teammember_team_same_tenant"),
            SameTenant("membership", name="tenancy_teammember_membership_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "team", "membership"], name="tenancy_teammember_once"),
        ]
        verbose_name = _("team member")
        verbose_name_plural = _("team members")

    def __str__(self) -> str:
        return str(self.membership)
