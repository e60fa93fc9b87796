from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from oncall.card import Card
from oncall.models.contact import Urgency
from oncall.models.policy import EscalationPolicy

ACK_LASTS = timedelta(minutes=30)
UNDO_WITHIN = timedelta(minutes=10)


class EscalationState(models.TextChoices):
    """The state table stands in README.md."""

    PAGING = "paging", _("paging")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    SNOOZED = "snoozed", _("snoozed")
    EXHAUSTED = "exhausted", _("nobody answered")
    STOPPED = "stopped", _("over")


class Escalation(TenantModel):
    """One running ladder: one call for help with its own answer.

    `snapshot` is the policy as it was at the start (oncall.ladder.Ladder). The place on the ladder is
    (`rung`, `loop`): the rung that fires next, and how many repeats are behind it. `run` counts starts from
    the foot (restart, expiry of an acknowledgement, end of a snooze); `turn` grows with every deed that
    notifies, so that a notification can be unique. Of the deadlines `next_step_at`, `ack_expires_at` and
    `snoozed_until` at most one is set.
    """

    uid = UidField()
    policy = models.ForeignKey(
        EscalationPolicy,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("escalation policy"),
    )
    snapshot = models.JSONField()
    card_stored = models.JSONField(db_column="card")
    severity_rank = models.PositiveSmallIntegerField(_("severity"))
    urgency = models.CharField(_("urgency"), max_length=4, choices=Urgency.choices, default=Urgency.HIGH)
    message = models.CharField(_("message"), max_length=500, blank=True)
    called_by = models.CharField(_("called by"), max_length=200, blank=True)

    state = models.CharField(
        _("state"), max_length=12, choices=EscalationState.choices, default=EscalationState.PAGING
    )
    started_at = models.DateTimeField(_("started"))
    rung = models.PositiveSmallIntegerField(default=0)
    loop = models.PositiveSmallIntegerField(default=0)
    run = models.PositiveIntegerField(default=0)
    # Why this run began, for the words of its pages: "", raised, expired, woken, again; and a word to go
    # with it.
    run_reason = models.CharField(max_length=8, blank=True)
    run_detail = models.CharField(max_length=200, blank=True)
    turn = models.PositiveIntegerField(default=0)
    last_step_at = models.DateTimeField(_("last step"), null=True)
    next_step_at = models.DateTimeField(_("next step"), null=True)
    # What next_step_at was when it was acknowledged: an undo goes on from there.
    held_step_at = models.DateTimeField(null=True)

    # How many must say that they have it before this stops, as the step that fired last wants it.
    answers_needed = models.PositiveSmallIntegerField(default=1)
    # A person's own test: it ends quietly, and counts as nobody's page.
    is_test = models.BooleanField(default=False)

    acknowledged_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("acknowledged by"),
    )
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    # Null minutes: an acknowledgement does not expire.
    ack_minutes = models.PositiveSmallIntegerField(null=True, default=int(ACK_LASTS.total_seconds() // 60))
    ack_expires_at = models.DateTimeField(_("acknowledged until"), null=True)
    # When whoever has it is asked whether work goes on, before the acknowledgement runs out.
    remind_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    end_reason = models.CharField(_("reason"), max_length=200, blank=True)

    lease_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)
    # Counted when claimed, set back when worked: a row that kills its worker is seen here.
    claims = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            tenant_key("oncall_escalation_tenant_key"),
            SameTenant("policy", name="oncall_escalation_policy_same_tenant"),
            SameTenant("acknowledged_by", name="oncall_escalation_acknowledged_by_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_escalation_uid"),
            models.CheckConstraint(
                condition=models.Q(state__in=EscalationState.values), name="oncall_escalation_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state="paging") | models.Q(next_step_at__isnull=True),
                name="oncall_escalation_steps_only_while_paging",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "state"], name="oncall_escalation_in_state"),
            *(
                models.Index(fields=fields, name=name, condition=models.Q((f"{due}__isnull", False)))
                for due, short in (
                    ("next_step_at", "step"),
                    ("ack_expires_at", "ack"),
                    ("snoozed_until", "snooze"),
                    ("remind_at", "remind"),
                )
                for fields, name in (
                    ([due], f"oncall_escalation_{short}_due"),
                    (["tenant", due, "id"], f"oncall_escalation_{short}_fair"),
                )
            ),
        ]
        ordering = ["-id"]
        verbose_name = _("escalation")
        verbose_name_plural = _("escalations")

    def __str__(self) -> str:
        return f"{self.card.key} {self.get_state_display()}"

    @property
    def card(self) -> Card:
        return Card.from_json(self.card_stored)

    @card.setter
    def card(self, card: Card) -> None:
        self.card_stored = card.as_json()
        self.severity_rank = card.severity_rank

    @property
    def is_unanswered(self) -> bool:
        """Whether a page about it still makes sense: nobody has it, and it is not over."""
        return self.state in (EscalationState.PAGING, EscalationState.EXHAUSTED)


class EventKind(models.TextChoices):
    STARTED = "started", _("began")
    STEP = "step", _("step: people were paged")
    SKIPPED = "skipped", _("step passed over: nobody was on call")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    PASSED_ON = "passed_on", _("passed on")
    UNDONE = "undone", _("given back")
    EXPIRED = "expired", _("acknowledgement ran out")
    SNOOZED = "snoozed", _("snoozed")
    RESTARTED = "restarted", _("began again")
    EXHAUSTED = "exhausted", _("nobody answered")
    UNDELIVERED = "undelivered", _("a page could not be delivered")
    RESCUED = "rescued", _("could not go on: the owners were paged")
    STOPPED = "stopped", _("over")
    ANSWERED = "answered", _("one of several has it")
    HELD = "held", _("held until somebody is on call")
    REASSIGNED = "reassigned", _("given to others")
    REMINDED = "reminded", _("asked whether work goes on")
    RENEWED = "renewed", _("work goes on")
    SNAPSHOT = "snapshot", _("goes on by the changed policy")


class Acknowledgement(TenantModel):
    """One person's "I have it" on a ladder that needs several. A new run asks all anew."""

    escalation = models.ForeignKey(
        Escalation, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="answers"
    )
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    run = models.PositiveIntegerField()
    at = models.DateTimeField(_("when"))

    class Meta:
        constraints = [
            SameTenant("escalation", name="oncall_acknowledgement_escalation_same_tenant"),
            SameTenant("membership", name="oncall_acknowledgement_membership_same_tenant"),
            models.UniqueConstraint(
                fields=["tenant", "escalation", "run", "membership"], name="oncall_acknowledgement_once"
            ),
        ]
        ordering = ["id"]
        verbose_name = _("acknowledgement")
        verbose_name_plural = _("acknowledgements")

    def __str__(self) -> str:
        return str(self.membership)


class EscalationEvent(TenantModel):
    """What happened on a ladder: the log of the pager. Never changed. `detail` belongs to its kind."""

    append_only = True

    escalation = models.ForeignKey(
        Escalation, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="events"
    )
    kind = models.CharField(_("what"), max_length=12, choices=EventKind.choices)
    at = models.DateTimeField(_("when"))
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(_("who"), max_length=200)
    detail = models.JSONField(_("detail"), default=dict)

    class Meta:
        constraints = [SameTenant("escalation", name="oncall_escalationevent_escalation_same_tenant")]
        indexes = [models.Index(fields=["tenant", "escalation", "id"], name="oncall_escalationevent_of")]
        ordering = ["id"]
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return str(self.get_kind_display())
