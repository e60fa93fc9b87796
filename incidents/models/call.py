from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant
from config.tenancy.fields import UidField
from config.tenancy.models import Membership, Team, TenantModel
from incidents.models.incident import Incident
from incidents.models.role import IncidentRole


class CallKind(models.TextChoices):
    SERVICE = "service", _("service")
    DEFAULT = "default", _("default policy")
    ROLE = "role", _("role")
    TEAM = "team", _("team")
    PERSON = "person", _("person")


# Whose ladder is the incident's own: the rest were called in further.
FIRST_CALLS = (CallKind.SERVICE, CallKind.DEFAULT)


class CallAnswer(models.TextChoices):
    COMING = "coming", _("coming")
    IN_TEN = "in_ten", _("in 10 minutes")
    CANNOT = "cannot", _("cannot")


class Call(TenantModel):
    """One call-in of an incident: a ladder of its own with its own answer.

    At most one of `membership`, `role` and `team` is set, as the kind says. Whether it still pages stands in
    the escalation; who came, and when, is copied here by incidents.receivers.
    """

    uid = UidField()
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="calls"
    )
    escalation = models.ForeignKey(
        "oncall.Escalation", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=CallKind.choices)
    label = models.CharField(_("who is called"), max_length=120)
    message = models.CharField(_("message"), max_length=300, blank=True)
    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    role = models.ForeignKey(
        IncidentRole,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    # The severity's own roles: called by the record, so not "further" people.
    by_record = models.BooleanField(default=False)
    made_at = models.DateTimeField(_("made"))
    made_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    answer = models.CharField(_("answer"), max_length=6, choices=CallAnswer.choices, blank=True)
    # When who said "in 10 minutes" is expected.
    expected_at = models.DateTimeField(_("expected"), null=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    answered_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_call_uid"),
            models.UniqueConstraint(fields=["tenant", "escalation"], name="incidents_call_escalation"),
            SameTenant("incident", name="incidents_call_incident_same_tenant"),
            SameTenant("escalation", name="incidents_call_escalation_same_tenant"),
            SameTenant("membership", name="incidents_call_member_same_tenant"),
            SameTenant("role", name="incidents_call_role_same_tenant"),
            SameTenant("team", name="incidents_call_team_same_tenant"),
            SameTenant("answered_by", name="incidents_call_answerer_same_tenant"),
            SameTenant("made_by", name="incidents_call_maker_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "incident"], name="incidents_call_incident")]
        ordering = ["id"]
        verbose_name = _("call")
        verbose_name_plural = _("calls")

    def __str__(self) -> str:
        return self.label

    @property
    def is_first(self) -> bool:
        return self.kind in FIRST_CALLS
