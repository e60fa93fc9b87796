from datetime import time
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, Team, TenantModel
from config.tenancy.validators import valid_time_zone
from oncall.models.channel import SharedChannel
from oncall.models.schedule import Rotation, Schedule, weekdays, whole_minute


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
    repeat_forever = models.BooleanField(_("repeats until somebody answers"), default=False)
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
    # How many ladders have begun: whose turn it is in a step that pages one in turn.
    ladders_begun = models.PositiveIntegerField(default=0, editable=False)
    history = audited(excluded=("ladders_begun",))

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


class Strategy(models.TextChoices):
    ALL = "all", _("everybody")
    IN_TURN = "in_turn", _("one in turn")


class IfEmpty(models.TextChoices):
    SKIP = "skip", _("go on at once")
    WAIT = "wait", _("wait its minutes")
    HOLD = "hold", _("hold until somebody is on call")


class When(models.TextChoices):
    ANY = "any", _("at any time")
    WITHIN = "within", _("only within these hours")
    OUTSIDE = "outside", _("only outside these hours")


class IfClosed(models.TextChoices):
    SKIP = "skip", _("pass it over")
    WAIT = "wait", _("wait for the hours")


class Step(TenantModel):
    """A step of a policy: its targets are paged at once, and `delay_minutes` later the next step is due.

    It applies to severities up to `severity_up_to` (null: all) and, as `applies` says, within or outside the
    hours of `window_*` (from `window_start` on each of `window_days` until `window_end`, which may lie on the
    next day; wall clock of `time_zone`). A step that does not apply is passed over, or waited for.
    """

    policy = models.ForeignKey(
        EscalationPolicy, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="steps"
    )
    position = models.PositiveSmallIntegerField(_("step"))
    delay_minutes = models.PositiveSmallIntegerField(
        _("minutes until the next step"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(9000)],
    )
    strategy = models.CharField(_("pages"), max_length=7, choices=Strategy.choices, default=Strategy.ALL)
    answers_needed = models.PositiveSmallIntegerField(
        _("answers needed"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text=_("How many must say that they have it before the paging stops."),
    )
    if_empty = models.CharField(
        _("when nobody is on call"), max_length=4, choices=IfEmpty.choices, default=IfEmpty.SKIP
    )
    severity_up_to = models.PositiveSmallIntegerField(
        _("only up to severity"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text=_("1: only the worst. Empty: all."),
    )
    applies = models.CharField(_("applies"), max_length=7, choices=When.choices, default=When.ANY)
    window_days = models.CharField(
        _("on days"),
        max_length=7,
        default="12345",
        validators=[weekdays],
        help_text=_("1 is Monday, 7 is Sunday."),
    )
    window_start = models.TimeField(_("from"), default=time(9), validators=[whole_minute])
    window_end = models.TimeField(_("until"), default=time(17), validators=[whole_minute])
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[valid_time_zone])
    if_closed = models.CharField(
        _("when it does not apply"), max_length=4, choices=IfClosed.choices, default=IfClosed.SKIP
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
    NEXT = "next", _("schedule: who is on call next")
    ROTATION = "rotation", _("rotation: whose turn it is")
    TEAM = "team", _("team: everybody")
    CHANNEL = "channel", _("chat channel or webhook")
    POLICY = "policy", _("another policy")


# Which column holds the target of each kind; all others are null.
COLUMN_OF = {
    TargetKind.PERSON: "membership",
    TargetKind.SCHEDULE: "schedule",
    TargetKind.NEXT: "schedule",
    TargetKind.ROTATION: "rotation",
    TargetKind.TEAM: "team",
    TargetKind.CHANNEL: "channel",
    TargetKind.POLICY: "to_policy",
}
TARGETS = tuple(dict.fromkeys(COLUMN_OF.values()))


def _one_target() -> models.Q:
    fits = models.Q()
    for kind, column in COLUMN_OF.items():
        filled = {f"{name}__isnull": name != column for name in TARGETS}
        fits |= models.Q(kind=kind.value, **filled)
    return fits


def _target(to: Any, name: Any) -> Any:
    return models.ForeignKey(
        to,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=name,
    )


class StepTarget(TenantModel):
    """Whom a step pages. People behind it are found when the step fires; another policy is copied in, its
    steps in the place of this one, when the ladder begins.
    """

    step = models.ForeignKey(
        Step, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="targets"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=TargetKind.choices, default=TargetKind.SCHEDULE)
    membership = _target(Membership, _("member"))
    schedule = _target(Schedule, _("schedule"))
    rotation = _target(Rotation, _("rotation"))
    team = _target(Team, _("team"))
    channel = _target(SharedChannel, _("chat channel or webhook"))
    to_policy = _target(EscalationPolicy, _("policy"))
    history = audited()

    class Meta:
        constraints = [
            SameTenant("step", name="oncall_steptarget_step_same_tenant"),
            *(SameTenant(name, name=f"oncall_steptarget_{name}_same_tenant") for name in TARGETS),
            models.CheckConstraint(
                condition=_one_target(),
                name="oncall_steptarget_one_target",
                violation_error_message=_("Choose one target, as the kind says."),
            ),
        ]
        indexes = [models.Index(fields=["tenant", "step"], name="oncall_steptarget_step")]
        ordering = ["id"]
        verbose_name = _("target")
        verbose_name_plural = _("targets")

    def __str__(self) -> str:
        return str(self.target)

    @property
    def target(self) -> Any:
        """The row it points at: a person, schedule, rotation, team, channel or policy."""
        return getattr(self, COLUMN_OF[TargetKind(self.kind)])
