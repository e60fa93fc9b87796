from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant
from config.tenancy.models import TenantModel
from incidents.models.source import AlertSource


class Outcome(models.TextChoices):
    PENDING = "pending", _("waiting")
    PROCESSED = "processed", _("processed")
    QUARANTINED = "quarantined", _("could not be read")
    DROPPED = "dropped", _("nothing to do")
    COALESCED = "coalesced", _("over the limit: counted")


class InboundEvent(TenantModel):
    """The raw bytes a monitor posted, committed before the answer, parsed after. Nothing points here.

    `attempts` is committed before the parser runs, so that a body that kills the worker is set apart.
    """

    source = models.ForeignKey(
        AlertSource, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    format = models.CharField(_("format"), max_length=24)
    body = models.BinaryField(_("body"))
    # What the answer already promised (PagerDuty's dedup_key made by us).
    given_key = models.CharField(max_length=255, blank=True)
    # What Opsgenie's clients ask after.
    request_id = models.UUIDField(null=True, editable=False)
    # Set where a person posted it: a test, or an event once more.
    posted_by = models.CharField(_("posted by"), max_length=200, blank=True, default="", db_default="")
    replay_of = models.BigIntegerField(_("again"), null=True, editable=False)
    received_at = models.DateTimeField(_("received"))
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, default=Outcome.PENDING)
    problem = models.CharField(_("problem"), max_length=300, blank=True)
    processed_at = models.DateTimeField(_("processed"), null=True)
    # The alerts it told of: who may not read their incident may not read this body either.
    alert_ids = ArrayField(models.BigIntegerField(), null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)

    class Meta:
        constraints = [SameTenant("source", name="incidents_inboundevent_source_same_tenant")]
        indexes = [
            # What nobody has tried yet, by tenant in turns; and what is in hand or was left behind: few rows.
            models.Index(
                fields=["tenant", "id"],
                name="incidents_inbound_fresh",
                condition=models.Q(outcome="pending", attempts=0),
            ),
            models.Index(
                fields=["id"],
                name="incidents_inbound_tried",
                condition=models.Q(outcome="pending", attempts__gt=0),
            ),
            models.Index(fields=["tenant", "-received_at"], name="incidents_inbound_recent"),
            models.Index(
                fields=["tenant", "request_id"],
                name="incidents_inbound_request",
                condition=models.Q(request_id__isnull=False),
            ),
            # What could not be read, and what was worked again: few rows, asked after by screens.
            models.Index(
                fields=["tenant", "-received_at"],
                name="incidents_inbound_quarantine",
                condition=models.Q(outcome="quarantined"),
            ),
            models.Index(
                fields=["tenant", "replay_of"],
                name="incidents_inbound_replay",
                condition=models.Q(replay_of__isnull=False),
            ),
        ]
        verbose_name = _("inbound event")
        verbose_name_plural = _("inbound events")

    def __str__(self) -> str:
        return f"{self.format} {self.received_at:%Y-%m-%d %H:%M:%S}"
