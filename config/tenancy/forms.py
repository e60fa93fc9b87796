"""Forms outside the admin: signing in and choosing a password."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.tenancy.models import User

# Longer ones are no passwords but work for the hasher.
LONGEST = 1024


class SignInForm(forms.Form):
    """E-mail and password. `request_user` after is_valid; one sentence for whatever is wrong."""

    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User | None = None

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if not self.errors:
            # Hashes once whether or not the account exists (ModelBackend).
            found: Any = authenticate(self.request, username=data["email"].strip(), password=data["password"])
            self.user = found
            if found is None:
                raise ValidationError(_("That e-mail and password do not belong together."))
        return data


class AskForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class NewPasswordForm(forms.Form):
    """A new password, typed twice. Its strength is judged by the operation."""

    password = forms.CharField(
        label=_("New password"),
        max_length=LONGEST,
        strip=False,
        help_text=_("At least 10 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The same once more"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if not self.errors and data["password"] != data["again"]:
            self.add_error("again", _("The two passwords differ."))
        return data


class ChangePasswordForm(NewPasswordForm):
    present = forms.CharField(
        label=_("Present password"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    field_order = ("present", "password", "again")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_present(self) -> str:
        present: str = self.cleaned_data["present"]
        if not self.user.check_password(present):
            raise ValidationError(_("That is not your present password."))
        return present
