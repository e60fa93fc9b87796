"""Escalation policies: on one page the steps, each with its targets of every kind."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from config import clock
from config.tenancy.admin.base import TenantModelAdmin, TenantTabularInline
from config.tenancy.admin.sites import tenant_site
from oncall.admin.schedules import CurrentPeople
from oncall.admin.step_form import StepForm, StepFormSet
from oncall.models import EscalationPolicy, Step, StepTarget
from oncall.operations.reassigning import apply_policy

HOURS = ("applies", "window_days", "window_start", "window_end", "time_zone", "if_closed")


class StepInline(TenantTabularInline):
    """One below the other: a step has more to say than a row of a table can hold."""

    model = Step
    form: Any = StepForm
    formset = StepFormSet
    template = "admin/edit_inline/stacked.html"
    readonly_fields = ("paged",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look sees words: choices are fields of a form, and a form needs a right to write."""
        who = "targets" if self.may_set_up(request) else "paged"
        return (
            (None, {"fields": (("position", "delay_minutes"), who)}),
            (
                _("How many, and when nobody is there"),
                {
                    "fields": ("strategy", "answers_needed", "if_empty"),
                    "description": _(
                        "One in turn: each call for help pages the next one of them. A step without anybody "
                        "is passed over, waited out, or held until somebody is on call."
                    ),
                    "classes": ("collapse",),
                },
            ),
            (
                _("Only for some severities, or some hours"),
                {
                    "fields": ("severity_up_to", *HOURS),
                    "description": _(
                        "Hours are wall-clock time in the time zone. From 22:00 to 06:00 ends the next day."
                    ),
                    "classes": ("collapse",),
                },
            ),
        )

    @admin.display(description=_("Who is paged"))
    def paged(self, step: Step) -> str:
        return ", ".join(str(target) for target in step.targets.all())

    def get_queryset(self, request: HttpRequest) -> Any:
        targets = StepTarget.objects.select_related(
            "schedule", "membership__user", "rotation", "team", "channel", "to_policy"
        )
        return super().get_queryset(request).prefetch_related(Prefetch("targets", queryset=targets))


@admin.register(EscalationPolicy, site=tenant_site)
class EscalationPolicyAdmin(CurrentPeople, TenantModelAdmin):
    deletable = True
    list_display = ("name", "repeat", "repeat_forever", "is_default", "fallback")
    list_select_related = ("fallback__user",)
    search_fields = ("name",)
    fields = ("name", ("repeat", "repeat_forever"), "is_default", "fallback")
    inlines = (StepInline,)
    actions = ("use_for_what_is_running",)

    @admin.action(description=_("Use it for what is running now"), permissions=["change"])
    def use_for_what_is_running(self, request: HttpRequest, queryset: Any) -> None:
        """What pages right now keeps the policy as it was when it began, unless this is asked for."""
        count = sum(
            apply_policy(policy=policy, actor=self.actor(request), now=clock.now()) for policy in queryset
        )
        words = ngettext("%(number)s call goes on by it.", "%(number)s calls go on by it.", count)
        messages.success(request, words % {"number": count})

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        for step_form in formset.forms:
            if isinstance(step_form, StepForm) and step_form.instance.pk and _stays(formset, step_form):
                step_form.save_targets()


def _stays(formset: Any, form: StepForm) -> bool:
    return hasattr(form, "cleaned_data") and form not in formset.deleted_forms
