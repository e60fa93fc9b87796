from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from oncall.models.channel import SharedChannel
from oncall.models.contact import ContactMethod, Method
from oncall.models.escalation import Escalation
from oncall.models.page import Page


class NotificationKind(models.TextChoices):
    PAGE = "page", _("page")
    TAKEN = "taken", _("taken by somebody")
    GIVEN_BACK = "given_back", _("given back")
    OVER = "over", _("over")
    NOBODY = "nobody", _("nobody answered")
    REMINDER = "reminder", _("still on it?")
    TEST = "test", _("test")


class NotificationState(models.TextChoices):
    """The state table stands in README.md."""

    PENDING = "pending", _("waiting")
    SENDING = "sending", _("sending")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed, will be tried again")
    FOLDED = "folded", _("folded into another page")
    SKIPPED = "skipped", _("not needed any more")
    DEAD = "dead", _("given up")


class Note(models.TextChoices):
    """Why a notification was not sent, where the reason is our own. Any other note is the world's answer."""

    ANSWERED = "answered", _("somebody has it")
    LEFT = "left", _("this person has left")
    PASSED_ON = "passed_on", _("passed on")
    SNOOZED = "snoozed", _("snoozed")
    BEGUN_AGAIN = "begun_again", _("began again")
    OVER = "over", _("over")
    BROKEN = "broken", _("could not be prepared")
    LIMIT = "limit", _("delayed: too many to this address")
    QUIET = "quiet", _("waits for the end of the quiet hours")
    TOLD_WITH = "told_with", _("told in one message with others")
    NOT_CONFIRMED = "not_confirmed", _("accepted, but no word that it arrived")


class Notification(TenantModel):
    """One thing to tell one person by one method, however many attempts it takes.

    `retry_at` is when it is due (first or again), and null once nothing is left to do. `due_at` is when it
    was meant to go. `uid` is the id for the receiver: the same in every attempt, so that a double is known as
    one. `contact` is null for the fallback: e-mail to the person's own address.
    """

    uid = UidField()
    escalation = models.ForeignKey(
        Escalation,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="notifications",
    )
    page = models.ForeignKey(
        Page,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="notifications",
    )
    # Null where it goes to a shared channel.
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    channel = models.ForeignKey(
        SharedChannel,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("chat channel or webhook"),
    )
    contact = models.ForeignKey(
        ContactMethod,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("contact method"),
    )
    # The id of the contact or channel as it was, 0 for the fallback: keeps it unique when that is taken away.
    way = models.BigIntegerField(default=0)
    method = models.CharField(_("method"), max_length=7, choices=Method.choices, default=Method.EMAIL)
    kind = models.CharField(_("what"), max_length=10, choices=NotificationKind.choices)
    turn = models.PositiveIntegerField()
    delay_minutes = models.PositiveSmallIntegerField(default=0)
    # Copied words: why this person, in which variant, who is next (oncall.senders.words reads it).
    why = models.JSONField(default=dict)

    state = models.CharField(
        _("state"), max_length=8, choices=NotificationState.choices, default=NotificationState.PENDING
    )
    state_at = models.DateTimeField(_("since"))
    created_at = models.DateTimeField(_("made"))
    due_at = models.DateTimeField(_("due"))
    retry_at = models.DateTimeField(_("tried at"), null=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True)
    # Held back, by a limit or by quiet hours, until then; `note` says which.
    delayed_until = models.DateTimeField(_("held back until"), null=True)
    # What a provider that reports delivery calls it; by when its report should be there; how far it has come
    # (replies.Receipt), which only grows.
    provider_id = models.CharField(max_length=64, blank=True)
    confirm_by = models.DateTimeField(null=True)
    receipt_rank = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    # The four digits that answer this page by SMS, from that number.
    reply_code = models.CharField(max_length=4, blank=True)
    folded_into = models.ForeignKey(
        Page,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="folded",
        verbose_name=_("folded into"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    lease_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            tenant_key("oncall_notification_tenant_key"),
            SameTenant("escalation", name="oncall_notification_escalation_same_tenant"),
            SameTenant("page", name="oncall_notification_page_same_tenant"),
            SameTenant("membership", name="oncall_notification_membership_same_tenant"),
            SameTenant("contact", name="oncall_notification_contact_same_tenant"),
            SameTenant("channel", name="oncall_notification_channel_same_tenant"),
            SameTenant("folded_into", name="oncall_notification_folded_into_same_tenant"),
            models.UniqueConstraint(
                fields=["tenant", "escalation", "turn", "kind", "membership", "way", "delay_minutes"],
                name="oncall_notification_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(membership__isnull=False) | models.Q(page__isnull=True),
                name="oncall_notification_page_has_person",
            ),
            models.UniqueConstraint(fields=["tenant", "uid"], name="oncall_notification_uid"),
            models.CheckConstraint(
                condition=models.Q(state__in=NotificationState.values), name="oncall_notification_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "sending", "failed", "folded"])
                | models.Q(retry_at__isnull=True),
                name="oncall_notification_done_is_not_due",
            ),
        ]
        indexes = [
            models.Index(
                fields=["retry_at"],
                name="oncall_notification_due",
                condition=models.Q(retry_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "retry_at", "id"],
                name="oncall_notification_fair",
                condition=models.Q(retry_at__isnull=False),
            ),
            models.Index(
                fields=["confirm_by"],
                name="oncall_notification_confirm",
                condition=models.Q(confirm_by__isnull=False),
            ),
            models.Index(
                fields=["tenant", "confirm_by", "id"],
                name="oncall_notification_confirmf",
                condition=models.Q(confirm_by__isnull=False),
            ),
            models.Index(
                fields=["tenant", "contact", "sent_at"],
                name="oncall_notification_sent",
                condition=models.Q(sent_at__isnull=False),
            ),
            # What the watchdog looks for: not done, and not due.
            models.Index(
                fields=["state"],
                name="oncall_notification_stuck",
                condition=models.Q(
                    retry_at__isnull=True, state__in=["pending", "sending", "failed", "folded"]
                ),
            ),
            models.Index(
                fields=["tenant", "folded_into"],
                name="oncall_notification_folded",
                condition=models.Q(folded_into__isnull=False),
            ),
        ]
        ordering = ["-id"]
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.membership or self.channel}"

    @property
    def note_in_words(self) -> str:
        """For people: our own reasons translated, the world's answers as they came."""
        return str(dict(Note.choices).get(self.note, self.note))


class AttemptOutcome(models.TextChoices):
    SENDING = "sending", _("sending")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    UNKNOWN = "unknown", _("not known: the worker went away")


class Attempt(TenantModel):
    """One try, written `sending` and committed before the call to the world, with its outcome after it.

    `resent` marks a try after a lease ran out: the one before it may have arrived as well.
    """

    notification = models.ForeignKey(
        Notification, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="attempts"
    )
    number = models.PositiveSmallIntegerField(_("number"))
    resent = models.BooleanField(_("sent again, in doubt"), default=False)
    lease_token = models.BigIntegerField()
    started_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    outcome = models.CharField(
        _("outcome"), max_length=8, choices=AttemptOutcome.choices, default=AttemptOutcome.SENDING
    )
    detail = models.CharField(_("detail"), max_length=300, blank=True)

    class Meta:
        constraints = [
            SameTenant("notification", name="oncall_attempt_notification_same_tenant"),
            models.UniqueConstraint(
                fields=["tenant", "notification", "number"], name="oncall_attempt_number"
            ),
        ]
        ordering = ["number"]
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return f"{self.number}: {self.get_outcome_display()}"
