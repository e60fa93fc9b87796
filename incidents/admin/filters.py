"""Filters of the incident lists."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from incidents.models import OPEN_PHASES, Outcome


class OpenFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("open")), ("no", _("over"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "yes":
            return queryset.filter(phase__in=OPEN_PHASES)
        return queryset.exclude(phase__in=OPEN_PHASES) if self.value() == "no" else queryset


class QuarantineFilter(admin.SimpleListFilter):
    """What could not be read stands first: it may have been a page."""

    title = _("quarantine")
    parameter_name = "quarantine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("could not be read")), ("waiting", _("waiting"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "yes":
            return queryset.filter(Q(outcome=Outcome.QUARANTINED) | ~Q(problem=""))
        return queryset.filter(outcome=Outcome.PENDING) if self.value() == "waiting" else queryset
