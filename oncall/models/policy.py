from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from oncall.models.schedule import Schedule


class EscalationPolicy(TenantModel):
    """Whom to page, in which order, how often. A running ladder keeps the snapshot it started with."""

    uid = UidField()
    name = models.CharField(_("name"), max_length=80)
    repeat = models.PositiveSmallIntegerField(
        _("repeats"),
        default=3,
        validators=[MaxValueValidator(9)],
        help_text=_("How often to begin again after the last step, while nobody answers."),
    )
    is_default = models.BooleanField(
        _("default policy"), default=False, help_text=_("Used where nothing else says whom to page.")
    )
    fallback = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("when nobody is on call"),
        help_text=_("Empty: the owners."),
    )
    history = audited()

    class Meta:
        constraints = [
            tenant_key("oncall_escalationpolicy_tenant_key"),
            SameTenant("fallback", name="oncall_escalationpolicy_fallback_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_escalationpolicy_uid"),
            models.UniqueConstraint(fields=["tenant", "name"], name="oncall_escalationpolicy_name"),
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(is_default=True),
                name="oncall_escalationpolicy_one_default",
                violation_error_message=_("There is another default policy already."),
            ),
            models.CheckConstraint(condition=models.Q(repeat__lte=9), name="oncall_escalationpolicy_repeat"),
        ]
        ordering = ["name"]
        verbose_name = _("escalation policy")
        verbose_name_plural = _("escalation policies")

    def __str__(self) -> str:
        return self.name


class Step(TenantModel):
    """A step of a policy: its targets are paged at once, and `delay_minutes` later the next step is due."""

    policy = models.ForeignKey(
        EscalationPolicy, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="steps"
    )
    position = models.PositiveSmallIntegerField(_("step"))
    delay_minutes = models.PositiveSmallIntegerField(
        _("minutes until the next step"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(9000)],
    )
    history = audited()

    class Meta:
        constraints = [
            tenant_key("oncall_step_tenant_key"),
            SameTenant("policy", name="oncall_step_policy_same_tenant"),
            models.UniqueConstraint(
                fields=["tenant", "policy", "position"],
                name="oncall_step_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=models.Q(delay_minutes__gte=1, delay_minutes__lte=9000), name="oncall_step_delay"
            ),
        ]
        ordering = ["position"]
        verbose_name = _("step")
        verbose_name_plural = _("steps")

    def __str__(self) -> str:
        return str(_("step %(number)s") % {"number": self.position})


class TargetKind(models.TextChoices):
    PERSON = "person", _("person")
    SCHEDULE = "schedule", _("schedule: who is on call")


class StepTarget(TenantModel):
    """Whom a step pages: a person, or whoever a schedule has on call at that moment."""

    step = models.ForeignKey(
        Step, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="targets"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=TargetKind.choices, default=TargetKind.SCHEDULE)
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
    schedule = models.ForeignKey(
        Schedule,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("schedule"),
    )
    history = audited()

    class Meta:
        constraints = [
            SameTenant("step", name="oncall_steptarget_step_same_tenant"),
            SameTenant("membership", name="oncall_steptarget_membership_same_tenant"),
            SameTenant("schedule", name="oncall_steptarget_schedule_same_tenant"),
            models.CheckConstraint(
                condition=models.Q(kind="person", membership__isnull=False, schedule__isnull=True)
                | models.Q(kind="schedule", membership__isnull=True, schedule__isnull=False),
                name="oncall_steptarget_one_target",
                violation_error_message=_("Choose a member or a schedule, as the kind says."),
            ),
        ]
        indexes = [models.Index(fields=["tenant", "step"], name="oncall_steptarget_step")]
        ordering = ["id"]
        verbose_name = _("target")
        verbose_name_plural = _("targets")

    def __str__(self) -> str:
        return str(self.schedule or self.membership)
