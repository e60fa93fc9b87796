from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.constraints import SameTenant
from config.tenancy.fields import UidField, row_of
from config.tenancy.models import Membership, TenantModel
from incidents.models.incident import Incident
from incidents.models.message import Message
from incidents.models.stakeholder import Stakeholder


class MailKind(models.TextChoices):
    MESSAGE = "message", _("internal message")
    HELD = "held", _("held until office hours")
    NUDGE = "nudge", _("reminder")
    MORNING = "morning", _("morning mail")
    LIMIT = "limit", _("over a limit")


class InternalMail(TenantModel):
    """One mail to one member: written with the message that causes it, sent after the commit.

    `retry_at` is when it is due, null once nothing is left to do: sent, or given up (`problem` says why).
    `claims` counts the tries and is committed before the mail server is called. A lease that runs out is
    sent again, under the same Message-ID (made of `uid`).
    """

    uid = UidField()
    kind = models.CharField(_("kind"), max_length=8, choices=MailKind.choices)
    # A morning mail is about a day, one over a limit about a source, all others about an incident.
    incident = row_of(Incident, null=True, related_name="mails")
    message = models.ForeignKey(
        Message,
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="mails",
    )
    # To a member, or to a stakeholder who has no account.
    membership = row_of(Membership, null=True)
    stakeholder = row_of(Stakeholder, null=True)
    # What the words need beside the incident: {"question": ...}, {"day": "2026-11-23"}.
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(_("made"))
    retry_at = models.DateTimeField(_("due"), null=True)
    claims = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True)
    problem = models.CharField(_("problem"), max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_internalmail_uid"),
            models.UniqueConstraint(
                fields=["tenant", "message", "membership"],
                name="incidents_internalmail_once",
                condition=models.Q(message__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["tenant", "message", "stakeholder"],
                name="incidents_internalmail_stakeholder_once",
                condition=models.Q(message__isnull=False, stakeholder__isnull=False),
            ),
            models.CheckConstraint(
                condition=models.Q(membership__isnull=False, stakeholder__isnull=True)
                | models.Q(membership__isnull=True, stakeholder__isnull=False),
                name="incidents_internalmail_to_one",
            ),
            models.CheckConstraint(
                condition=models.Q(incident__isnull=False) | models.Q(kind__in=["morning", "limit"]),
                name="incidents_internalmail_about_something",
            ),
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True) | models.Q(retry_at__isnull=True),
                name="incidents_internalmail_sent_is_not_due",
            ),
            SameTenant("incident", name="incidents_internalmail_incident_same_tenant"),
            SameTenant("message", name="incidents_internalmail_message_same_tenant"),
            SameTenant("membership", name="incidents_internalmail_member_same_tenant"),
            SameTenant("stakeholder", name="incidents_internalmail_stakeholder_same_tenant"),
        ]
        indexes = [
            models.Index(
                fields=["retry_at"],
                name="incidents_internalmail_due",
                condition=models.Q(retry_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "retry_at"],
                name="incidents_internalmail_fair",
                condition=models.Q(retry_at__isnull=False),
            ),
        ]
        verbose_name = _("internal mail")
        verbose_name_plural = _("internal mails")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.membership or self.stakeholder}"
