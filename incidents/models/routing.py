from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy.audit import audited
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.fields import UidField
from config.tenancy.models import TenantModel
from incidents.models.alert import AlertSeverity
from incidents.models.service import Service
from incidents.models.source import AlertSource


class Match(models.TextChoices):
    ALL = "all", _("all of them hold")
    ANY = "any", _("one of them holds")


class RoutingRule(TenantModel):
    """Where an alert goes that no open group takes: rules are gone through by `position`, the first that fits
    decides, and those below it only where it `goes_on`. How conditions are written: incidents.routing.
    """

    uid = UidField()
    position = models.PositiveIntegerField(_("position"), default=0, editable=False)
    name = models.CharField(_("name"), max_length=80)
    enabled = models.BooleanField(_("in use"), default=True)
    source = models.ForeignKey(
        AlertSource,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("only from"),
        help_text=_("Empty: alerts of every source."),
    )
    match = models.CharField(_("when"), max_length=3, choices=Match.choices, default=Match.ALL)
    conditions = models.JSONField(_("conditions"), default=list, blank=True)
    service = models.ForeignKey(
        Service,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("to the service"),
        help_text=_("Empty: the service of the source."),
    )
    severity = models.CharField(
        _("as bad as"),
        max_length=8,
        choices=AlertSeverity.choices,
        blank=True,
        help_text=_("Empty: as the source says."),
    )
    suppress = models.BooleanField(
        _("suppress"), default=False, help_text=_("Alerts are kept and counted, and page nobody.")
    )
    tags = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("tags"),
        default=list,
        blank=True,
        help_text=_("Words, separated by commas."),
    )
    goes_on = models.BooleanField(
        _("and look at the rules below"),
        default=False,
        help_text=_("What a rule below says as well holds instead; tags come together."),
    )
    created_at = models.DateTimeField(_("created"), editable=False)
    # Counted without a history row.
    hits = models.PositiveBigIntegerField(_("caught"), default=0, editable=False)
    last_hit_at = models.DateTimeField(_("last caught"), null=True, editable=False)
    history = audited(excluded=("hits", "last_hit_at"))

    class Meta:
        constraints = [
            tenant_key("incidents_routingrule_tenant_key"),
            models.UniqueConstraint(fields=["tenant", "uid"], name="incidents_routingrule_uid"),
            models.UniqueConstraint(fields=["tenant", "name"], name="incidents_routingrule_name"),
            SameTenant("source", name="incidents_routingrule_source_same_tenant"),
            SameTenant("service", name="incidents_routingrule_service_same_tenant"),
            models.CheckConstraint(
                condition=models.Q(match__in=Match.values), name="incidents_routingrule_match"
            ),
        ]
        ordering = ["position", "id"]
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")

    def __str__(self) -> str:
        return self.name
