"""Escalation policies: on one page the steps, each with its schedules and its people."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.base import TenantModelAdmin, TenantTabularInline, own_rows
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.sites import tenant_site
from config.tenancy.models import Membership
from oncall.admin.schedules import CurrentPeople
from oncall.models import EscalationPolicy, Schedule, Step, StepTarget, TargetKind


class StepForm(TenantForm):
    """A step with its targets beside it: rows of their own, but too small for a page of their own."""

    schedules: Any = forms.ModelMultipleChoiceField(
        queryset=None, required=False, label=_("whoever is on call for")
    )
    people: Any = forms.ModelMultipleChoiceField(queryset=None, required=False, label=_("and these people"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets = list(self.instance.targets.all()) if self.instance.pk else []
        people = own_rows(Membership).select_related("user").filter(ended_at=None)
        self._offer("schedules", own_rows(Schedule), [t.schedule_id for t in targets if t.schedule_id])
        self._offer("people", people, [t.membership_id for t in targets if t.membership_id])

    def _offer(self, name: str, rows: Any, chosen: list[int]) -> None:
        field: Any = self.fields[name]
        field.queryset = rows
        field.initial = chosen

    def save_targets(self) -> None:
        """Adds what was chosen, removes what was not; what stays keeps its row. After the step is saved."""
        wanted: set[tuple[int | None, int | None]] = {
            (schedule.pk, None) for schedule in self.cleaned_data["schedules"]
        } | {(None, person.pk) for person in self.cleaned_data["people"]}
        for target in StepTarget.objects.filter(step=self.instance):
            key = (target.schedule_id, target.membership_id)
            if key in wanted:
                wanted.discard(key)
            else:
                target.delete()
        for schedule_id, membership_id in sorted(wanted, key=str):
            StepTarget.objects.create(
                step=self.instance,
                kind=TargetKind.SCHEDULE if schedule_id else TargetKind.PERSON,
                schedule_id=schedule_id,
                membership_id=membership_id,
            )


class StepInline(TenantTabularInline):
    model = Step
    form = StepForm
    readonly_fields = ("paged",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look sees words: choices are fields of a form, and a form needs a right to write."""
        if self.may_set_up(request):
            return ("position", "schedules", "people", "delay_minutes")
        return ("position", "paged", "delay_minutes")

    @admin.display(description=_("who is paged"))
    def paged(self, step: Step) -> str:
        return ", ".join(str(target) for target in step.targets.all())

    def get_queryset(self, request: HttpRequest) -> Any:
        targets = StepTarget.objects.select_related("schedule", "membership__user")
        return super().get_queryset(request).prefetch_related(Prefetch("targets", queryset=targets))


@admin.register(EscalationPolicy, site=tenant_site)
class EscalationPolicyAdmin(CurrentPeople, TenantModelAdmin):
    deletable = True
    list_display = ("name", "repeat", "is_default", "fallback")
    list_select_related = ("fallback__user",)
    search_fields = ("name",)
    fields = ("name", "repeat", "is_default", "fallback")
    inlines = (StepInline,)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        for step_form in formset.forms:
            if isinstance(step_form, StepForm) and step_form.instance.pk and _stays(formset, step_form):
                step_form.save_targets()


def _stays(formset: Any, form: StepForm) -> bool:
    return hasattr(form, "cleaned_data") and form not in formset.deleted_forms
