"""Routing rules: in their order, in words, with what they caught; changed by whoever sets up."""

from copy import deepcopy
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.sites import tenant_site
from incidents.admin.condition_rows import WHERE, ConditionsField
from incidents.models import RoutingRule
from incidents.operations.routing_rules import check_rule, conditions_like, delete_rule, save_rule
from incidents.operations.seeing import labels_lately, visible_alerts
from incidents.rule_words import then_words, when_words

BUTTON = '<button type="submit" class="btn" formaction="{}" name="way" value="{}" aria-label="{}">{}</button>'


class RuleForm(TenantForm):
    conditions = ConditionsField(label=_("Conditions"), help_text=WHERE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        service: Any = self.fields.get("service")
        if service is not None:
            service.queryset = service.queryset.filter(archived_at=None)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                check_rule(self.instance)
            except ValidationError as refused:
                self.add_error(None, refused)


@admin.register(RoutingRule, site=tenant_site)
class RoutingRuleAdmin(TenantModelAdmin):
    form = RuleForm
    deletable = True
    list_display = ("name", "moved", "what_it_does", "is_in_use", "hits", "last_hit_at")
    list_select_related = ("source", "service")
    list_display_links = ("name",)
    ordering = ("position", "id")
    # An order of one's own choice would hide the one that counts.
    sortable_by: Any = ()
    list_per_page = 200
    actions = None
    readonly_fields = ("hits", "last_hit_at")
    fieldsets = (
        (None, {"fields": ("name", "enabled")}),
        (_("When"), {"fields": ("source", "match", "conditions")}),
        (_("Then"), {"fields": ("service", "severity", "suppress", "tags", "goes_on")}),
        (_("On record"), {"fields": ("hits", "last_hit_at")}),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Offers the labels that came in lately. Each form copies its fields, so the class is made anew."""
        made: Any = super().get_form(request, obj, change, **kwargs)
        if "conditions" in made.base_fields:
            made.base_fields["conditions"] = field = deepcopy(made.base_fields["conditions"])
            field.offer(labels_lately(getattr(request, "membership", None)))
        return made

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return shown if self.may_set_up(request) else tuple(one for one in shown if one != "moved")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?from_alert=<uid>`: a rule that catches alerts like that one."""
        initial = {**super().get_changeform_initial_data(request)}
        uid = initial.pop("from_alert", "")
        membership = getattr(request, "membership", None)
        alert = visible_alerts(membership).filter(uid=uid[:12]).first() if "\0" not in uid else None
        if alert is None:
            return initial
        return {
            "name": str(alert.title)[:80],
            "source": alert.source_id,
            "conditions": conditions_like(alert),
            **initial,
        }

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_rule(rule=obj, actor=self.actor(request), now=clock.now())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_rule(rule=obj, actor=self.actor(request), now=clock.now())

    @admin.display(description=_("what it does"))
    def what_it_does(self, rule: RoutingRule) -> SafeString:
        return format_html("{} <b>→ {}</b>", when_words(rule), then_words(rule))

    @admin.display(description=_("in use"))
    def is_in_use(self, rule: RoutingRule) -> str:
        return str(_("yes") if rule.enabled else _("off"))

    @admin.display(description=_("order"))
    def moved(self, rule: RoutingRule) -> SafeString:
        """Buttons of the list's own form, which has the token: no form within it, and no script."""
        address = reverse("move_routing_rule", args=[rule.uid])
        ways = (("up", _("%(name)s: up"), "↑"), ("down", _("%(name)s: down"), "↓"))
        rows = ((address, way, words % {"name": rule}, arrow) for way, words, arrow in ways)
        return format_html('<span class="moves">{}</span>', format_html_join(" ", BUTTON, rows))
