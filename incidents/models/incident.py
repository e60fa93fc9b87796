from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField
from django_scopes import ScopedManager

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, TenantModel
from incidents.models.circle import IncidentQuerySet
from incidents.models.service import Service
from incidents.models.severity import Severity
from incidents.models.transitions import PhaseTransitions


class Phase(models.TextChoices):
    """The labels of incidents.phases.Phase; a test holds the two equal."""

    DETECTED = "detected", _("detected")
    COORDINATING = "coordinating", _("channels")
    ASSESSING = "assessing", _("assess")
    COMMUNICATING = "communicating", _("communicate")
    ESCALATING = "escalating", _("escalate")
    DELEGATING = "delegating", _("delegate")
    RESOLVING = "resolving", _("resolving")
    RESOLVED = "resolved", _("resolved")
    CLOSED = "closed", _("closed")
    CANCELLED = "cancelled", _("cancelled")
    MERGED = "merged", _("merged")


OPEN_PHASES = [
    Phase.DETECTED,
    Phase.COORDINATING,
    Phase.ASSESSING,
    Phase.COMMUNICATING,
    Phase.ESCALATING,
    Phase.DELEGATING,
    Phase.RESOLVING,
]


class FoundBy(models.TextChoices):
    MONITORING = "monitoring", _("monitoring")
    TEAM = "team", _("a team member")
    CUSTOMER = "customer", _("a customer")


class CancelReason(models.TextChoices):
    FALSE_ALARM = "false_alarm", _("false alarm")
    RECOVERED = "recovered", _("recovered by itself")


class Incident(PhaseTransitions, TenantModel):
    """Something is broken, and people work on it. The phase is a label over the facts (incidents.phases).

    Moments are null until the fact stands. `number` counts per tenant: INC-42. What a person may read of
    private ones: `Incident.objects.visible_to(membership)`.
    """

    uid = UidField()
    number = models.PositiveIntegerField(_("number"), editable=False)
    phase = FSMField(_("phase"), max_length=16, choices=Phase.choices, default=Phase.DETECTED, protected=True)
    summary = models.CharField(_("what is broken"), max_length=300)
    service = models.ForeignKey(
        Service,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("service"),
    )
    severity = models.ForeignKey(
        Severity,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("severity"),
    )
    severity_provisional = models.BooleanField(_("may be"), default=True)
    private = models.BooleanField(_("private"), default=False)
    found_by = models.CharField(_("found by"), max_length=12, choices=FoundBy.choices)
    found_via = models.CharField(_("found via"), max_length=300, blank=True)
    now_line = models.CharField(_("what we do now"), max_length=200, blank=True)
    customers_notice = models.BooleanField(_("customers notice"), null=True)
    cases = models.PositiveIntegerField(_("support cases"), default=0)
    # People's own words behind the generated topic of the room (R10).
    topic_words = models.CharField(_("topic"), max_length=300, blank=True)

    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    declared_at = models.DateTimeField(_("declared"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    channels_ready_at = models.DateTimeField(_("channels ready"), null=True, blank=True)
    assessed_at = models.DateTimeField(_("assessed"), null=True, blank=True)
    first_internal_at = models.DateTimeField(_("first internal message"), null=True, blank=True)
    first_external_at = models.DateTimeField(_("first external message"), null=True, blank=True)
    impact_over_at = models.DateTimeField(_("impact over"), null=True, blank=True)
    nothing_imminent_at = models.DateTimeField(_("nothing imminent"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    reopened_at = models.DateTimeField(_("reopened"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancel_reason = models.CharField(
        _("why cancelled"), max_length=12, choices=CancelReason.choices, blank=True
    )
    merged_at = models.DateTimeField(_("merged"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    notice = models.ForeignKey(
        "statuspage.Notice",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    # The same words for colleagues, on the internal page.
    internal_notice = models.ForeignKey(
        "statuspage.Notice",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    declared_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    # Deadlines (DESIGN rule 1): each has a partial index and is swept over all tenants.
    next_update_at = models.DateTimeField(_("next update by"), null=True, blank=True)
    # When somebody is next reminded of the promised update (R21); moved on after each reminder.
    chase_at = models.DateTimeField(null=True, blank=True)
    recovered_due_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(_("held until"), null=True, blank=True)
    # Under which maintenance it is held (`held_until`); without a hold it is over, or somebody has it.
    maintenance = models.ForeignKey(
        "incidents.MaintenanceWindow",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("maintenance"),
    )
    # When the office opens, and what pages with low urgency until then pages with high.
    rises_at = models.DateTimeField(null=True, blank=True)
    # When an unconfirmed one that nobody touched ends by itself (Service.unconfirmed_end_after_hours).
    untouched_ends_at = models.DateTimeField(null=True, blank=True)
    # Silence after a false alarm lasts until the alerts clear or their severity rises.
    quiet_rank = models.PositiveSmallIntegerField(null=True, blank=True)
    # {question: {"until": ISO moment or null for good, "reason": words}}: what people answered "later" to.
    put_off = models.JSONField(default=dict, blank=True)
    finals_waived = models.CharField(_("no final messages, because"), max_length=300, blank=True)
    idempotency_key = models.CharField(max_length=100, blank=True)

    objects: Any = ScopedManager(
        tenant="tenant", _manager_class=models.Manager.from_queryset(IncidentQuerySet)
    )
    # What alerts come together by; empty: by the service.
    group_key = models.CharField(max_length=64, blank=True, editable=False)
    # A storm's parent: further alerts of its service join it, whatever their key.
    gathers_storm = models.BooleanField(default=False, editable=False)
    history = audited(excluded=("idempotency_key",))

    class Meta:
        constraints = [
            tenant_key("incidents_incident_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_incident_uid"),
            models.UniqueConstraint(fields=["tenant", "number"], name="incidents_incident_number"),
            SameTenant("service", name="incidents_incident_service_same_tenant"),
            SameTenant("severity", name="incidents_incident_severity_same_tenant"),
            SameTenant("merged_into", name="incidents_incident_merged_same_tenant"),
            SameTenant("notice", name="incidents_incident_notice_same_tenant"),
            SameTenant("internal_notice", name="incidents_incident_internal_notice_same_tenant"),
            SameTenant("declared_by", name="incidents_incident_declarer_same_tenant"),
            SameTenant("maintenance", name="incidents_incident_maintenance_same_tenant"),
            models.UniqueConstraint(
                fields=["tenant", "idempotency_key"],
                name="incidents_incident_declared_once",
                condition=~models.Q(idempotency_key=""),
            ),
            # `protected` does not stop create(phase=…) or update(): the facts do.
            models.CheckConstraint(
                condition=~models.Q(phase__in=["resolved", "closed"])
                | models.Q(
                    impact_over_at__isnull=False, nothing_imminent_at__isnull=False, resolved_at__isnull=False
                ),
                name="incidents_incident_resolved_has_facts",
            ),
            models.CheckConstraint(
                condition=~models.Q(phase="cancelled") | models.Q(cancelled_at__isnull=False),
                name="incidents_incident_cancelled_has_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(phase="merged") | models.Q(merged_into__isnull=False),
                name="incidents_incident_merged_has_target",
            ),
            models.CheckConstraint(
                condition=models.Q(phase__in=Phase.values), name="incidents_incident_known_phase"
            ),
            models.CheckConstraint(
                condition=models.Q(impact_over_at__isnull=True)
                | models.Q(started_at__isnull=True)
                | models.Q(started_at__lte=models.F("impact_over_at")),
                name="incidents_incident_started_before_over",
            ),
            models.CheckConstraint(
                condition=models.Q(impact_over_at__isnull=True)
                | models.Q(resolved_at__isnull=True)
                | models.Q(impact_over_at__lte=models.F("resolved_at")),
                name="incidents_incident_over_before_resolved",
            ),
            models.CheckConstraint(
                condition=models.Q(resolved_at__isnull=True)
                | models.Q(resolved_at__gte=models.F("declared_at")),
                name="incidents_incident_declared_before_resolved",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-number"], name="incidents_incident_newest"),
            # Few, and asked for by every list that has to leave them out.
            models.Index(
                fields=["tenant", "-number"],
                name="incidents_incident_private",
                condition=models.Q(private=True),
            ),
            models.Index(
                fields=["tenant", "service"],
                name="incidents_incident_open",
                condition=models.Q(phase__in=[phase.value for phase in OPEN_PHASES]),
            ),
            models.Index(
                fields=["recovered_due_at"],
                name="incidents_incident_recovered",
                condition=models.Q(recovered_due_at__isnull=False),
            ),
            models.Index(
                fields=["chase_at"],
                name="incidents_incident_chase",
                condition=models.Q(chase_at__isnull=False),
            ),
            models.Index(fields=["tenant", "-declared_at"], name="incidents_incident_declared"),
            # A filter of a list shows its newest fifty without reading the others (PERFORMANCE, last row).
            models.Index(fields=["tenant", "service", "-number"], name="incidents_incident_of_service"),
            models.Index(fields=["tenant", "severity", "-number"], name="incidents_incident_of_level"),
            models.Index(fields=["tenant", "phase", "-number"], name="incidents_incident_in_phase"),
            # What ended lately: the Now screen, the morning mail.
            models.Index(
                fields=["tenant", "resolved_at"],
                name="incidents_incident_resolved",
                condition=models.Q(resolved_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "cancelled_at"],
                name="incidents_incident_cancelled",
                condition=models.Q(cancelled_at__isnull=False),
            ),
            models.Index(
                fields=["held_until"],
                name="incidents_incident_held",
                condition=models.Q(held_until__isnull=False),
            ),
            models.Index(
                fields=["rises_at"],
                name="incidents_incident_rises",
                condition=models.Q(rises_at__isnull=False),
            ),
            models.Index(
                fields=["untouched_ends_at"],
                name="incidents_incident_untouched",
                condition=models.Q(untouched_ends_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "maintenance"],
                name="incidents_incident_maintained",
                condition=models.Q(maintenance__isnull=False, held_until__isnull=False),
            ),
        ]
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")

    def __str__(self) -> str:
        return f"{self.key} {self.summary}"

    @property
    def key(self) -> str:
        return f"INC-{self.number}"

    @property
    def is_open(self) -> bool:
        return self.phase in OPEN_PHASES

    @property
    def severity_word(self) -> str:
        """SEV1, or SEV1? while it is provisional, or an empty text."""
        if self.severity is None:
            return ""
        return f"{self.severity.word}?" if self.severity_provisional else self.severity.word


class IncidentCounter(TenantModel):
    """The last incident number of a tenant. Locked last of all (DESIGN rule 6)."""

    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="incidents_incidentcounter_one")]

    def __str__(self) -> str:
        return str(self.last)
