"""Validators every app uses."""

from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


@cache
def time_zones() -> frozenset[str]:
    """The names this machine knows, read once: each look walks through the files of all zones."""
    return frozenset(available_timezones())


def valid_time_zone(value: str) -> None:
    """Refuses what is not an IANA zone name."""
    if value not in time_zones():
        raise ValidationError(
            _("%(value)s is not a known time zone. Use a name such as Europe/Amsterdam."),
            params={"value": value},
        )
