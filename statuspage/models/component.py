from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models.base import TenantModel
from statuspage.models.page import StatusPage
from statuspage.states import ComponentStatus


class ComponentGroup(TenantModel):
    """Components shown together under one name; its status is the worst of theirs."""

    uid = UidField()
    page = models.ForeignKey(
        StatusPage,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="groups",
        verbose_name=_("status page"),
    )
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveIntegerField(_("position"), default=1)
    created_at = models.DateTimeField(_("created"), editable=False)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("statuspage_componentgroup_tenant_key"),
            SameTenant("page", name="statuspage_componentgroup_page_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="statuspage_componentgroup_uid"),
            models.UniqueConstraint(fields=["tenant", "page", "name"], name="statuspage_componentgroup_name"),
        ]
        ordering = ["position", "id"]
        verbose_name = _("component group")
        verbose_name_plural = _("component groups")

    def __str__(self) -> str:
        return self.name


class Component(TenantModel):
    """A part of the product as customers know it. Its name, never a service's, is what the page says.

    `status` is what the page shows now; the same fact with its past stands in ComponentInterval. A
    component that is no longer `shown` is on no page, feed or JSON, and its past is kept.
    """

    uid = UidField()
    page = models.ForeignKey(
        StatusPage,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="components",
        verbose_name=_("status page"),
    )
    group = models.ForeignKey(
        ComponentGroup,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="components",
        null=True,
        blank=True,
        verbose_name=_("group"),
    )
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=200, blank=True)
    position = models.PositiveIntegerField(_("position"), default=1)
    status = models.CharField(
        _("status"), max_length=20, choices=ComponentStatus.choices, default=ComponentStatus.OPERATIONAL
    )
    shown = models.BooleanField(_("shown on the page"), default=True)
    created_at = models.DateTimeField(_("created"), editable=False)
    updated_at = models.DateTimeField(_("changed"), editable=False)
    history = audited()

    class Meta:
        constraints = [
            tenant_key("statuspage_component_tenant_key"),
            SameTenant("page", name="statuspage_component_page_same_tenant"),
            SameTenant("group", name="statuspage_component_group_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="statuspage_component_uid"),
            models.UniqueConstraint(
                fields=["tenant", "page", "group", "name"],
                name="statuspage_component_name",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(status__in=ComponentStatus.values), name="statuspage_component_status"
            ),
        ]
        ordering = ["position", "id"]
        verbose_name = _("component")
        verbose_name_plural = _("components")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.group is not None and self.group.page_id != self.page_id:
            raise ValidationError({"group": _("That group is on another page.")})


class ComponentInterval(TenantModel):
    """A component had this status from `starts_at` until `ends_at` (null: it still has it)."""

    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="intervals"
    )
    status = models.CharField(max_length=20, choices=ComponentStatus.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            SameTenant("component", name="statuspage_componentinterval_component_same_tenant"),
            models.UniqueConstraint(
                fields=["tenant", "component"],
                condition=Q(ends_at__isnull=True),
                name="statuspage_componentinterval_one_open",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")),
                name="statuspage_componentinterval_order",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ComponentStatus.values), name="statuspage_componentinterval_status"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "component", "starts_at"], name="statuspage_interval_component"),
        ]

    def __str__(self) -> str:
        return f"{self.component_id} {self.status}"
