"""Validators every app uses."""

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def valid_time_zone(value: str) -> None:
    """Refuses what is not an IANA zone name."""
    if value not in available_timezones():
        raise ValidationError(
            _("%(value)s is not a known time zone. Use a name such as Europe/Amsterdam."),
            params={"value": value},
        )
