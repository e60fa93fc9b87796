"""The loop of R39: what was seen, what may be the cause, what was tried, what was decided."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField, row_of
from config.tenancy.models import Membership, TenantModel
from incidents.models.incident import Incident


class Observation(TenantModel):
    """What somebody saw; it counts for more once somebody else has confirmed it."""

    uid = UidField()
    incident = row_of(Incident, related_name="observations")
    text = models.CharField(_("what was seen"), max_length=1000)
    occurred_at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(_("recorded"))
    seen_by = row_of(Membership, null=True)
    seen_by_label = models.CharField(_("seen by"), max_length=200)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    confirmed_by = row_of(Membership, null=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_observation_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_observation_uid"),
            SameTenant("incident", name="incidents_observation_incident_same_tenant"),
            SameTenant("seen_by", name="incidents_observation_seer_same_tenant"),
            SameTenant("confirmed_by", name="incidents_observation_confirmer_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "incident", "id"], name="incidents_observation_order")]
        ordering = ["id"]
        verbose_name = _("observation")
        verbose_name_plural = _("observations")

    def __str__(self) -> str:
        return self.text


class TheoryState(models.TextChoices):
    OPEN = "open", _("open")
    PROVEN = "proven", _("proven")
    DISPROVEN = "disproven", _("disproven")


class Theory(TenantModel):
    """What may be broken, and why. `why` says what settled it."""

    uid = UidField()
    incident = row_of(Incident, related_name="theories")
    text = models.CharField(_("theory"), max_length=1000)
    owner = row_of(Membership, null=True, verbose_name=_("owner"))
    stated_at = models.DateTimeField(_("stated"))
    stated_by_label = models.CharField(_("stated by"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=TheoryState.choices, default=TheoryState.OPEN)
    settled_at = models.DateTimeField(_("settled"), null=True)
    why = models.CharField(_("why"), max_length=500, blank=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_theory_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_theory_uid"),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True)
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="incidents_theory_settled_has_time",
            ),
            SameTenant("incident", name="incidents_theory_incident_same_tenant"),
            SameTenant("owner", name="incidents_theory_owner_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "incident", "id"], name="incidents_theory_order")]
        ordering = ["id"]
        verbose_name = _("theory")
        verbose_name_plural = _("theories")

    def __str__(self) -> str:
        return self.text


class Verdict(models.TextChoices):
    SUPPORTS = "supports", _("speaks for it")
    REFUTES = "refutes", _("speaks against it")
    UNCLEAR = "unclear", _("says nothing")


class Experiment(TenantModel):
    """What is tried, what is expected, what came out. Open until it has a result."""

    uid = UidField()
    incident = row_of(Incident, related_name="experiments")
    theory = row_of(Theory, null=True, related_name="experiments", verbose_name=_("theory"))
    text = models.CharField(_("what is tried"), max_length=1000)
    expected = models.CharField(_("expected"), max_length=500, blank=True)
    result = models.CharField(_("result"), max_length=1000, blank=True)
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict.choices, blank=True)
    owner = row_of(Membership, null=True, verbose_name=_("owner"))
    begun_at = models.DateTimeField(_("begun"))
    begun_by_label = models.CharField(_("begun by"), max_length=200)
    ended_at = models.DateTimeField(_("ended"), null=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_experiment_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_experiment_uid"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, verdict="") | (Q(ended_at__isnull=False) & ~Q(verdict="")),
                name="incidents_experiment_ended_has_verdict",
            ),
            SameTenant("incident", name="incidents_experiment_incident_same_tenant"),
            SameTenant("theory", name="incidents_experiment_theory_same_tenant"),
            SameTenant("owner", name="incidents_experiment_owner_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "incident", "id"], name="incidents_experiment_order")]
        ordering = ["id"]
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")

    def __str__(self) -> str:
        return self.text


class Decision(TenantModel):
    """What was decided, by whom and why (R37)."""

    uid = UidField()
    incident = row_of(Incident, related_name="decisions")
    text = models.CharField(_("decision"), max_length=1000)
    why = models.CharField(_("why"), max_length=500, blank=True)
    decided_by = row_of(Membership, null=True)
    decided_by_label = models.CharField(_("decided by"), max_length=200)
    occurred_at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(_("recorded"))
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_decision_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_decision_uid"),
            SameTenant("incident", name="incidents_decision_incident_same_tenant"),
            SameTenant("decided_by", name="incidents_decision_decider_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "incident", "id"], name="incidents_decision_order")]
        ordering = ["id"]
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")

    def __str__(self) -> str:
        return self.text
