from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models.base import TenantModel
from statuspage.models.component import Component
from statuspage.models.page import StatusPage
from statuspage.states import (
    INCIDENT_STEPS,
    MAINTENANCE_STEPS,
    OVER,
    ComponentStatus,
    Impact,
    NoticeKind,
    NoticeStatus,
)


class Notice(TenantModel):
    """What the page tells of one incident or maintenance: copied words, and nothing that leads back inside.

    `impact` is the worst its components were while it was open; `impact_override` corrects that by hand.
    `next_update_at` is the promise made with the newest words.
    """

    uid = UidField()
    page = models.ForeignKey(
        StatusPage,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="notices",
        verbose_name=_("status page"),
    )
    kind = models.CharField(_("kind"), max_length=11, choices=NoticeKind.choices, default=NoticeKind.INCIDENT)
    title = models.CharField(_("title"), max_length=200)
    status = models.CharField(_("status"), max_length=13, choices=NoticeStatus.choices)
    impact = models.CharField(_("impact"), max_length=11, choices=Impact.choices, default=Impact.NONE)
    impact_override = models.CharField(
        _("impact set by hand"), max_length=11, choices=Impact.choices, blank=True
    )
    started_at = models.DateTimeField(_("started"))
    created_at = models.DateTimeField(_("created"), editable=False)
    updated_at = models.DateTimeField(_("changed"), editable=False)
    monitoring_at = models.DateTimeField(_("monitoring since"), null=True, editable=False)
    resolved_at = models.DateTimeField(_("resolved"), null=True, editable=False)
    next_update_at = models.DateTimeField(_("next update by"), null=True, editable=False)
    # Its words were taken back: they became private. The history keeps them and is shown to nobody.
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, editable=False)
    # {language: {"title": ...}}: the title in further languages (N8).
    translations = models.JSONField(_("in other languages"), default=dict, blank=True, editable=False)
    scheduled_for = models.DateTimeField(_("planned from"), null=True, blank=True)
    scheduled_until = models.DateTimeField(_("planned until"), null=True, blank=True)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("statuspage_notice_tenant_key"),
            SameTenant("page", name="statuspage_notice_page_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="statuspage_notice_uid"),
            models.CheckConstraint(
                condition=Q(kind=NoticeKind.INCIDENT, status__in=INCIDENT_STEPS)
                | Q(kind=NoticeKind.MAINTENANCE, status__in=MAINTENANCE_STEPS),
                name="statuspage_notice_status",
            ),
            models.CheckConstraint(
                condition=Q(status__in=OVER, resolved_at__gte=F("started_at"))
                | (~Q(status__in=OVER) & Q(resolved_at__isnull=True)),
                name="statuspage_notice_resolved",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind=NoticeKind.INCIDENT, scheduled_for__isnull=True, scheduled_until__isnull=True
                )
                | Q(kind=NoticeKind.MAINTENANCE, scheduled_until__gt=F("scheduled_for")),
                name="statuspage_notice_planned",
            ),
            models.CheckConstraint(condition=Q(impact__in=Impact.values), name="statuspage_notice_impact"),
        ]
        indexes = [
            models.Index(fields=["tenant", "page", "-started_at"], name="statuspage_notice_newest"),
        ]
        ordering = ["-started_at", "-id"]
        verbose_name = _("notice")
        verbose_name_plural = _("notices")

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    @property
    def shown_impact(self) -> str:
        return self.impact_override or self.impact


class Update(TenantModel):
    """One message of a notice, as readers see it. Plain text; an address in it becomes a link."""

    uid = UidField()
    notice = models.ForeignKey(
        Notice, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="updates"
    )
    status = models.CharField(_("status"), max_length=13, choices=NoticeStatus.choices)
    body = models.TextField(_("text"), max_length=5000)
    # What pages show; created_at is when it was written.
    display_at = models.DateTimeField(_("shown time"))
    created_at = models.DateTimeField(_("written"), editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, editable=False)
    next_update_at = models.DateTimeField(_("next update by"), null=True, editable=False)
    # {language: {"body": ...}}: the same words in further languages (N8).
    translations = models.JSONField(_("in other languages"), default=dict, blank=True, editable=False)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("statuspage_update_tenant_key"),
            SameTenant("notice", name="statuspage_update_notice_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="statuspage_update_uid"),
        ]
        indexes = [models.Index(fields=["tenant", "notice", "-display_at"], name="statuspage_update_newest")]
        ordering = ["-display_at", "-id"]
        verbose_name = _("update")
        verbose_name_plural = _("updates")

    def __str__(self) -> str:
        return f"{self.get_status_display()}: {self.body[:60]}"


class UpdateComponent(TenantModel):
    """What an update said of one component: from which status to which. Never changed."""

    append_only = True

    update = models.ForeignKey(
        Update, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="changes"
    )
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="changes"
    )
    old_status = models.CharField(_("from"), max_length=20, choices=ComponentStatus.choices)
    new_status = models.CharField(_("to"), max_length=20, choices=ComponentStatus.choices)

    class Meta:
        constraints = [
            SameTenant("update", name="statuspage_updatecomponent_update_same_tenant"),
            SameTenant("component", name="statuspage_updatecomponent_component_same_tenant"),
            models.UniqueConstraint(
                fields=["tenant", "update", "component"], name="statuspage_updatecomponent_once"
            ),
            models.CheckConstraint(
                condition=Q(old_status__in=ComponentStatus.values, new_status__in=ComponentStatus.values),
                name="statuspage_updatecomponent_status",
            ),
        ]
        verbose_name = _("component in an update")
        verbose_name_plural = _("components in an update")

    def __str__(self) -> str:
        return f"{self.component}: {self.get_new_status_display()}"
