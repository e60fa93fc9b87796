"""The form every tenant admin uses."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A model form that checks constraints with the tenant in view.

    Trap: `tenant` is not a field of any form, and Django skips each unique constraint that names a field the
    form leaves out. A second "Payments" would reach the database and come back as an error page.
    """

    def validate_unique(self) -> None:
        self._check(self.instance.validate_unique)

    def validate_constraints(self) -> None:
        self._check(self.instance.validate_constraints)

    def _check(self, check: Any) -> None:
        exclude = self._get_validation_exclusions() - {"tenant"}  # type: ignore[attr-defined]
        try:
            check(exclude=exclude)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]
