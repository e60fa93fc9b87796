from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.actors import ActorKind
from config.tenancy.constraints import SameTenant
from config.tenancy.models import TenantModel
from incidents.models.incident import Incident


class EntryKind(models.TextChoices):
    DECLARED = "declared", _("declared")
    ALERT = "alert", _("alert")
    PAGED = "paged", _("paged")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    PASSED_ON = "passed_on", _("passed on")
    UNDONE = "undone", _("undone")
    HELD = "held", _("held")
    SNOOZED = "snoozed", _("snoozed")
    PUT_OFF = "put_off", _("later")
    EXHAUSTED = "exhausted", _("nobody answered")
    CONFIRMED = "confirmed", _("confirmed")
    SEVERITY = "severity", _("severity")
    PHASE = "phase", _("phase")
    CHANNEL = "channel", _("channel")
    ROLE = "role", _("role")
    CALL = "call", _("called in")
    MESSAGE = "message", _("message")
    NOTE = "note", _("note")
    DECISION = "decision", _("decision")
    OBSERVATION = "observation", _("observation")
    NOW = "now", _("what we do now")
    IMPACT_OVER = "impact_over", _("impact over")
    RESOLVED = "resolved", _("resolved")
    REOPENED = "reopened", _("reopened")
    CANCELLED = "cancelled", _("cancelled")
    MERGED = "merged", _("merged")
    CLOSED = "closed", _("closed")
    ANSWER = "answer", _("answer")
    ASKED = "asked", _("question asked")
    CASE = "case", _("support case")
    EDITED = "edited", _("summary changed")
    TOPIC = "topic", _("topic")
    LINK = "link", _("link")
    REVIEW = "review", _("second reader")
    REMINDED = "reminded", _("reminded")
    ONLINE = "online", _("came online")
    THEORY = "theory", _("theory")
    EXPERIMENT = "experiment", _("experiment")
    POSTMORTEM = "postmortem", _("postmortem")
    ACTION = "action", _("action item")
    PLAYBOOK = "playbook", _("playbook")
    PRIVATE = "private", _("private")
    MAINTENANCE = "maintenance", _("maintenance")
    URGENCY = "urgency", _("urgency")
    RENEWED = "renewed", _("work goes on")
    REASSIGNED = "reassigned", _("given to others")


class TimelineEntry(TenantModel):
    """One thing that happened, in words. Append-only by trigger; nothing points here.

    `occurred_at` may lie before `recorded_at`: late entry is allowed ("this was 03:20").
    """

    append_only = True

    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="timeline"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=EntryKind.choices)
    text = models.TextField(_("text"))
    data = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(_("recorded"))
    actor_kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in ActorKind])
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(_("who"), max_length=200)

    class Meta:
        constraints = [SameTenant("incident", name="incidents_timelineentry_incident_same_tenant")]
        indexes = [models.Index(fields=["tenant", "incident", "-id"], name="incidents_timeline_newest")]
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline")

    def __str__(self) -> str:
        return self.text
