from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField, row_of
from config.tenancy.models import Membership, TenantModel
from incidents.models.incident import Incident
from incidents.models.role import IncidentRole


class AssessmentQuestion(models.TextChoices):
    """The six questions of R13, a to f."""

    IMPACT = "impact", _("Whom does it hit?")
    EXPERIENCE = "experience", _("What do customers see?")
    REACH = "reach", _("How many customers?")
    STARTED = "started", _("When did it start?")
    CASES = "cases", _("How many support cases?")
    FACTORS = "factors", _("Anything else?")


class Answer(TenantModel):
    """One answer to one of the six questions. Append-only: the newest of a question is the one that counts.

    `choices` are codes of incidents.assessment; `number` goes with reach and cases, `at` with the start.
    """

    append_only = True

    incident = row_of(Incident, related_name="answers")
    question = models.CharField(_("question"), max_length=10, choices=AssessmentQuestion.choices)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    text = models.CharField(_("text"), max_length=500, blank=True)
    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    at = models.DateTimeField(_("when"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"))
    answered_by = row_of(Membership, null=True)
    answered_by_label = models.CharField(_("answered by"), max_length=200)

    class Meta:
        constraints = [
            SameTenant("incident", name="incidents_answer_incident_same_tenant"),
            SameTenant("answered_by", name="incidents_answer_answerer_same_tenant"),
            models.CheckConstraint(
                condition=Q(question__in=AssessmentQuestion.values), name="incidents_answer_known_question"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "incident", "question", "-id"], name="incidents_answer_newest")
        ]
        verbose_name = _("answer")
        verbose_name_plural = _("answers")

    def __str__(self) -> str:
        return f"{self.get_question_display()} {self.text}".strip()


class Ask(TenantModel):
    """One of the six questions put to a person or to a role ("Ask support"). At most one open a question."""

    uid = UidField()
    incident = row_of(Incident, related_name="asks")
    question = models.CharField(_("question"), max_length=10, choices=AssessmentQuestion.choices)
    membership = row_of(Membership, null=True)
    role = row_of(IncidentRole, null=True)
    asked_at = models.DateTimeField(_("asked"))
    asked_by = row_of(Membership, null=True)
    asked_by_label = models.CharField(_("asked by"), max_length=200)
    answered_at = models.DateTimeField(_("answered"), null=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_ask_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_ask_uid"),
            models.UniqueConstraint(
                fields=["tenant", "incident", "question"],
                name="incidents_ask_one_open",
                condition=Q(answered_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(membership__isnull=True) | Q(role__isnull=True),
                name="incidents_ask_person_or_role",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("asked_at")),
                name="incidents_ask_in_order",
            ),
            SameTenant("incident", name="incidents_ask_incident_same_tenant"),
            SameTenant("membership", name="incidents_ask_member_same_tenant"),
            SameTenant("role", name="incidents_ask_role_same_tenant"),
            SameTenant("asked_by", name="incidents_ask_asker_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "incident"], name="incidents_ask_incident")]
        verbose_name = _("question asked")
        verbose_name_plural = _("questions asked")

    def __str__(self) -> str:
        return str(self.get_question_display())
