from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField, row_of
from config.tenancy.models import Membership, TenantModel
from incidents.known import BIG_RANK
from incidents.models.incident import Incident

# How long others get to read before the manager may publish alone.
ALONE_AFTER = timedelta(minutes=5)


class Audience(models.TextChoices):
    INTERNAL = "internal", _("colleagues")
    EXTERNAL = "external", _("customers")


class MessageKind(models.TextChoices):
    START = "start", _("first message")
    UPDATE = "update", _("update")
    FINAL = "final", _("final message")


class Message(TenantModel):
    """Words to colleagues or to customers (R21 to R27, R42 to R44): a draft until published."""

    uid = UidField()
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="messages"
    )
    audience = models.CharField(_("audience"), max_length=8, choices=Audience.choices)
    kind = models.CharField(_("kind"), max_length=6, choices=MessageKind.choices)
    # The word customers read on the page: investigating, identified, monitoring, resolved.
    status = models.CharField(_("status"), max_length=16, blank=True)
    title = models.CharField(_("title"), max_length=300)
    body = models.TextField(_("text"))
    # {component uid: status}, as chosen in the sheet.
    components = models.JSONField(_("components"), default=dict, blank=True)
    next_update_at = models.DateTimeField(_("next update by"), null=True, blank=True)
    written_at = models.DateTimeField(_("written"))
    written_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    published_at = models.DateTimeField(_("published"), null=True)
    published_by_label = models.CharField(_("published by"), max_length=200, blank=True)
    recipients = models.PositiveIntegerField(_("sent to"), default=0)
    # {language: {"title": ..., "body": ...}}: the same words in further languages (N8).
    translations = models.JSONField(_("in other languages"), default=dict, blank=True)
    # As the template had it: an unedited start or final message needs no second reader.
    drafted_body = models.TextField(blank=True, editable=False)
    drafted_title = models.CharField(max_length=300, blank=True, editable=False)
    drafted_translations = models.JSONField(default=dict, blank=True, editable=False)
    # Final words to customers: whether they promise a postmortem (R44).
    postmortem = models.BooleanField(_("promises a postmortem"), default=True)
    # Four eyes: asked, read by a second person, or published by the manager alone after a wait.
    review_asked_at = models.DateTimeField(_("second reader asked"), null=True)
    review_asked_by = row_of(Membership, null=True)
    # The uids of those who were asked to read.
    review_asked_of = models.JSONField(default=list, blank=True, editable=False)
    reviewed_at = models.DateTimeField(pgettext_lazy("past", "read"), null=True)
    reviewed_by = row_of(Membership, null=True)
    alone = models.BooleanField(_("published without a second reader"), default=False)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_message_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_message_uid"),
            models.UniqueConstraint(
                fields=["tenant", "incident", "audience", "kind"],
                name="incidents_message_one_draft",
                condition=models.Q(published_at__isnull=True),
            ),
            SameTenant("incident", name="incidents_message_incident_same_tenant"),
            SameTenant("written_by", name="incidents_message_writer_same_tenant"),
            SameTenant("review_asked_by", name="incidents_message_asker_same_tenant"),
            SameTenant("reviewed_by", name="incidents_message_reviewer_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "incident", "-id"], name="incidents_message_newest")]
        verbose_name = _("message")
        verbose_name_plural = _("messages")

    def __str__(self) -> str:
        return self.title

    @property
    def waits_for_reader(self) -> bool:
        return self.published_at is None and self.review_asked_at is not None

    @property
    def is_stale(self) -> bool:
        """Written for a time that is over: an update after the end, last words from before it came back."""
        if not self.incident.is_open and self.kind != MessageKind.FINAL:
            return True
        return self.incident.reopened_at is not None and self.written_at < self.incident.reopened_at

    @property
    def alone_from(self) -> datetime | None:
        """When the manager of a SEV1 or SEV2 (or not known yet) may publish it without a second reader."""
        severity = self.incident.severity
        if self.review_asked_at is None or (severity is not None and severity.rank > BIG_RANK):
            return None
        return self.review_asked_at + ALONE_AFTER
