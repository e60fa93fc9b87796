"""The one line that opens an incident, and the few things that may be said with it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.models import FoundBy, Service, Severity

# Via what it was heard of (R3), and who has found it then, where nobody says otherwise.
VIAS = {
    "alert": (_("alert"), FoundBy.MONITORING),
    "ticket": (_("ticket"), FoundBy.CUSTOMER),
    "social": (_("social media"), FoundBy.CUSTOMER),
    "phone": (_("phone"), FoundBy.CUSTOMER),
    "chat": (_("chat"), FoundBy.TEAM),
}


class DeclareForm(forms.Form):
    """Built per request: services and severities are the bound tenant's. Three queries at most."""

    text = forms.CharField(
        label=_("What is broken?"),
        max_length=300,
        error_messages={"required": _("Say in one line what is broken. Nothing else is needed.")},
    )
    service: Any = forms.ModelChoiceField(queryset=None, required=False, to_field_name="uid")
    severity: Any = forms.ModelChoiceField(queryset=None, required=False, to_field_name="uid")
    found_by = forms.ChoiceField(choices=FoundBy.choices, required=False)
    via = forms.ChoiceField(choices=[(code, words) for code, (words, _who) in VIAS.items()], required=False)
    found_via = forms.CharField(max_length=300, required=False)
    private = forms.BooleanField(required=False)
    not_sure = forms.BooleanField(required=False)
    once = forms.CharField(max_length=40, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.filter(archived_at=None).select_related("policy")  # type: ignore[attr-defined]
        self.fields["severity"].queryset = Severity.objects.all()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Who found it follows from via what, unless it was said; the two make one line: "ticket: https://…"."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        words, usual = VIAS.get(said.get("via") or "", ("", FoundBy.TEAM))
        said["found_by"] = said.get("found_by") or usual.value
        said["found_via"] = ": ".join(str(part) for part in (words, said.get("found_via")) if part)[:300]
        return said

    def chosen(self, name: str) -> Any:
        """What a field stands at, for drawing the form and its preview again. None: nothing, or nonsense."""
        if not self.is_bound:
            return None
        self.is_valid()
        return self.cleaned_data.get(name) or None
