"""What a query asks for, as rows of the tenant: for the screen, the file and the API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.models import Team, Tenant
from incidents.figures.board import Chosen
from incidents.figures.period import Period, period_of
from incidents.models import Service, Severity

CHOICES: dict[str, Any] = {"severity": Severity, "service": Service, "team": Team}
PARAMETERS = frozenset({"days", "from", "to", *CHOICES})


def chosen_of(said: Mapping[str, str]) -> Chosen:
    """Rows by uid. Raises ValidationError, by field, for what is not there: another tenant's are not.

    One statement for each that is said.
    """
    found, problems = {}, {}
    for name, model in CHOICES.items():
        uid = said.get(name, "")
        if not uid:
            continue
        # A NUL byte is no text for the database.
        row = None if "\0" in uid else model.objects.filter(uid=uid).first()
        if row is None:
            problems[name] = _("That choice does not exist here.")
        found[name] = row
    if problems:
        raise ValidationError(problems)
    return Chosen(**found)


def asked_for(said: Mapping[str, str], *, tenant: Tenant, now: datetime) -> tuple[Period, Chosen]:
    """Raises ValidationError, by field, for what makes no sense."""
    period = period_of(said, zone=tenant.zone, now=now)
    if period.refused:
        raise ValidationError({"from" if said.get("from") or said.get("to") else "days": period.refused})
    return period, chosen_of(said)
