"""The form every tenant admin stands on."""

from django import forms


class TenantForm(forms.ModelForm):
    """A model form over a TenantModel, which fills in its tenant and checks its constraints itself."""
