from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import TenantModel
from incidents.models.alert import AlertSeverity
from incidents.models.source import AlertSource

YEAR_OF_MINUTES = 527_040


class HeartbeatState(models.TextChoices):
    NEW = "new", _("waits for its first beat")
    BEATING = "beating", _("beating")
    MISSING = "missing", _("missing")


class Heartbeat(TenantModel):
    """Something that says regularly that it is alive; when it does not, that is an alert (ONCALL 4.9).

    It begins with the first beat. `due_at` is when its silence becomes an alert (last beat + interval +
    grace, or the end of its mute), null while nothing is awaited. Its alert's dedup key is `heartbeat:<uid>`.
    """

    uid = UidField()
    source = models.ForeignKey(
        AlertSource,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("source"),
        help_text=_("Its key stands in the address that is called, its service is paged."),
    )
    slug = models.SlugField(_("short name"), max_length=60, help_text=_("The end of the address."))
    name = models.CharField(_("name"), max_length=120)
    interval_minutes = models.PositiveIntegerField(
        _("every"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(YEAR_OF_MINUTES)],
        help_text=_("Minutes; how often it is heard from when all is well."),
    )
    grace_minutes = models.PositiveIntegerField(
        _("late by"),
        default=5,
        validators=[MaxValueValidator(YEAR_OF_MINUTES)],
        help_text=_("Minutes it may be late before somebody is paged."),
    )
    severity = models.CharField(
        _("as bad as"), max_length=8, choices=AlertSeverity.choices, default=AlertSeverity.ERROR
    )
    runbook_url = models.URLField(_("runbook"), blank=True)
    muted_until = models.DateTimeField(_("muted until"), null=True, blank=True)
    muted_reason = models.CharField(_("why it is muted"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), editable=False)
    # Written by beats and by the engine, without a history row.
    state = models.CharField(
        _("state"), max_length=7, choices=HeartbeatState.choices, default=HeartbeatState.NEW, editable=False
    )
    last_seen = models.DateTimeField(_("last beat"), null=True, editable=False)
    due_at = models.DateTimeField(null=True, editable=False)
    history = audited(excluded=("state", "last_seen", "due_at"))

    class Meta:
        constraints = [
            tenant_key("incidents_heartbeat_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_heartbeat_uid"),
            models.UniqueConstraint(fields=["tenant", "source", "slug"], name="incidents_heartbeat_slug"),
            SameTenant("source", name="incidents_heartbeat_source_same_tenant"),
            models.CheckConstraint(
                condition=models.Q(state__in=HeartbeatState.values), name="incidents_heartbeat_state"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="incidents_heartbeat_due",
                condition=models.Q(due_at__isnull=False),
            ),
        ]
        ordering = ["name", "id"]
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name

    @property
    def patience(self) -> timedelta:
        return timedelta(minutes=self.interval_minutes + self.grace_minutes)
