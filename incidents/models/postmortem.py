from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField, row_of
from config.tenancy.models import Membership, TenantModel
from incidents.models.incident import Incident


class PostmortemState(models.TextChoices):
    OWED = "owed", _("to be written")
    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    WAIVED = "waived", _("not needed")


class Postmortem(TenantModel):
    """What happened and what we change, in Markdown. One an incident; `promised` to customers (R44)."""

    uid = UidField()
    incident = row_of(Incident, related_name="postmortems")
    state = models.CharField(
        _("state"), max_length=9, choices=PostmortemState.choices, default=PostmortemState.OWED
    )
    promised = models.BooleanField(_("promised to customers"), default=False)
    body = models.TextField(_("text"), blank=True, max_length=100_000)
    owner = row_of(Membership, null=True, verbose_name=_("owner"))
    due_on = models.DateField(_("due"), null=True, blank=True)
    waived_because = models.CharField(_("not needed, because"), max_length=300, blank=True)
    begun_at = models.DateTimeField(_("begun"))
    edited_at = models.DateTimeField(_("edited"), null=True)
    published_at = models.DateTimeField(_("published"), null=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("incidents_postmortem_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_postmortem_uid"),
            models.UniqueConstraint(fields=["tenant", "incident"], name="incidents_postmortem_one"),
            models.CheckConstraint(
                condition=~Q(state="waived") | ~Q(waived_because=""),
                name="incidents_postmortem_waived_says_why",
            ),
            SameTenant("incident", name="incidents_postmortem_incident_same_tenant"),
            SameTenant("owner", name="incidents_postmortem_owner_same_tenant"),
        ]
        indexes = [models.Index(fields=["tenant", "-id"], name="incidents_postmortem_newest")]
        ordering = ["-id"]
        verbose_name = _("postmortem")
        verbose_name_plural = _("postmortems")

    def __str__(self) -> str:
        return f"{self.incident.key} {self.get_state_display()}"


class ActionState(models.TextChoices):
    OPEN = "open", _("open")
    DONE = "done", _("done")
    DROPPED = "dropped", _("dropped")


class ActionItem(TenantModel):
    """Something to do after the emergency: who, by when. Late ones are chased at `chase_at`."""

    uid = UidField()
    incident = row_of(Incident, related_name="action_items")
    text = models.CharField(_("what"), max_length=300)
    owner = row_of(Membership, null=True, verbose_name=_("owner"))
    due_on = models.DateField(_("due"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=7, choices=ActionState.choices, default=ActionState.OPEN)
    # A promised postmortem is an action item too: done when it is published.
    is_postmortem = models.BooleanField(default=False)
    created_at = models.DateTimeField(_("made"))
    created_by_label = models.CharField(_("made by"), max_length=200)
    ended_at = models.DateTimeField(_("ended"), null=True)
    chase_at = models.DateTimeField(null=True, blank=True)
    history = audited(excluded=("chase_at",))

    class Meta:
        constraints = [
            tenant_key("incidents_actionitem_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_actionitem_uid"),
            models.UniqueConstraint(
                fields=["tenant", "incident"],
                name="incidents_actionitem_one_postmortem",
                condition=Q(is_postmortem=True),
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True)
                | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="incidents_actionitem_ended_has_time",
            ),
            SameTenant("incident", name="incidents_actionitem_incident_same_tenant"),
            SameTenant("owner", name="incidents_actionitem_owner_same_tenant"),
        ]
        indexes = [
            models.Index(fields=["tenant", "incident"], name="incidents_actionitem_incident"),
            models.Index(
                fields=["tenant", "due_on"], name="incidents_actionitem_due", condition=Q(state="open")
            ),
            models.Index(
                fields=["chase_at"], name="incidents_actionitem_chase", condition=Q(chase_at__isnull=False)
            ),
        ]
        ordering = ["due_on", "id"]
        verbose_name = _("action item")
        verbose_name_plural = _("action items")

    def __str__(self) -> str:
        return self.text
