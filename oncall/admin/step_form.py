"""A step and all its targets in one form: rows of their own, but too small for a page of their own."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.base import own_rows
from config.tenancy.admin.forms import TenantForm
from config.tenancy.models import Membership, Team
from oncall.models import EscalationPolicy, Rotation, Schedule, SharedChannel, StepTarget, TargetKind
from oncall.models.policy import COLUMN_OF
from oncall.operations.nesting import check_nesting

Choices = list[tuple[str, list[tuple[str, str]]]]


def targets_on_offer() -> Choices:
    """Everything a step can page, by kind: ("person:12", "Anna"). Six queries."""
    schedules = list(own_rows(Schedule).order_by("name"))
    rows: dict[TargetKind, Any] = {
        TargetKind.SCHEDULE: schedules,
        TargetKind.NEXT: schedules,
        TargetKind.PERSON: own_rows(Membership).select_related("user").filter(ended_at=None),
        TargetKind.ROTATION: own_rows(Rotation).select_related("schedule").order_by("schedule__name", "name"),
        TargetKind.TEAM: own_rows(Team).order_by("name"),
        TargetKind.CHANNEL: own_rows(SharedChannel).order_by("name"),
        TargetKind.POLICY: own_rows(EscalationPolicy).order_by("name"),
    }
    return [(str(kind.label), [(f"{kind}:{row.pk}", _name(row)) for row in of]) for kind, of in rows.items()]


def _name(row: Any) -> str:
    return f"{row.schedule}: {row}" if isinstance(row, Rotation) else str(row)


def value_of(target: StepTarget) -> str:
    return f"{target.kind}:{getattr(target, COLUMN_OF[TargetKind(target.kind)] + '_id')}"


class Ticks(forms.CheckboxSelectMultiple):
    """Ticks by kind under a line that says what is chosen: a list in which one click too many loses all the
    others is no place to choose whom to wake.
    """

    template_name = "oncall/admin/targets.html"

    class Media:
        css = {"all": ("oncall/policies.css",)}

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        of_all = [option for _kind, options, _at in context["widget"]["optgroups"] for option in options]
        context["widget"]["chosen"] = [option["label"] for option in of_all if option["selected"]]
        return context


class StepForm(TenantForm):
    """The targets stand in one list. One that is gone (a person who left) stays until it is taken out."""

    targets: Any = forms.MultipleChoiceField(
        label=_("Who is paged"),
        required=False,
        help_text=_("All of them at once. Another policy stands alone in its step."),
        widget=Ticks,
    )

    def __init__(self, *args: Any, offered: Choices, own_policy: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets = list(self.instance.targets.all()) if self.instance.pk else []
        field: Any = self.fields["targets"]
        known = {value for _kind, choices in offered for value, _name in choices}
        gone = [(value_of(t), str(t)) for t in targets if value_of(t) not in known]
        itself = f"{TargetKind.POLICY}:{own_policy}"
        field.choices = [
            (kind, [choice for choice in of_kind if choice[0] != itself])
            for kind, of_kind in [*offered, (str(_("no longer there")), gone)]
            if of_kind
        ]
        field.initial = [value_of(target) for target in targets]

    @property
    def policies(self) -> list[int]:
        chosen = getattr(self, "cleaned_data", {}).get("targets", [])
        return [int(value.split(":")[1]) for value in chosen if value.startswith(f"{TargetKind.POLICY}:")]

    def clean_targets(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["targets"]
        if len(chosen) > 1 and any(value.startswith(f"{TargetKind.POLICY}:") for value in chosen):
            raise ValidationError(_("Another policy stands alone in its step."))
        return chosen

    def save_targets(self) -> None:
        """Adds what was chosen, removes what was not; what stays keeps its row. After the step is saved."""
        wanted = set(self.cleaned_data["targets"])
        for target in StepTarget.objects.filter(step=self.instance):
            if value_of(target) in wanted:
                wanted.discard(value_of(target))
            else:
                target.delete()
        for value in sorted(wanted):
            kind, pk = value.split(":")
            column = COLUMN_OF[TargetKind(kind)]
            StepTarget.objects.create(step=self.instance, kind=kind, **{f"{column}_id": int(pk)})


class StepFormSet(BaseInlineFormSet):
    """All steps of a policy. What can be chosen is read once for all of them."""

    _offered: Choices | None = None

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        if self._offered is None:
            self._offered = targets_on_offer()
        own = {"offered": self._offered, "own_policy": self.instance.pk}
        return super().get_form_kwargs(index) | own

    def clean(self) -> None:
        super().clean()
        kept: list[Any] = [
            f for f in self.forms if f not in self.deleted_forms and hasattr(f, "cleaned_data")
        ]
        named = [pk for form in kept if form.has_changed() or form.instance.pk for pk in form.policies]
        check_nesting(policy_id=self.instance.pk, named=named, own_steps=len(kept))
