"""Filters of the incident lists."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from incidents.adapters import READERS
from incidents.limits import FLAPPING
from incidents.models import OPEN_PHASES, Outcome
from incidents.operations.ingest import CHANGE
from incidents.operations.source_tests import A_TEST


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
            return queryset.filter(outcome=Outcome.QUARANTINED)
        return queryset.filter(outcome=Outcome.PENDING) if self.value() == "waiting" else queryset


class RevokedFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "revoked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("in use")), ("yes", _("revoked"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(revoked_at__isnull=self.value() == "no")


class SeenAndQuietFilter(admin.SimpleListFilter):
    """What was seen and woke nobody, and what comes and goes."""

    title = _("seen, and quiet")
    parameter_name = "quiet"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("suppressed", _("suppressed")), ("test", _("test")), ("flapping", _("flapping"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return {
            "suppressed": queryset.filter(suppressed=True),
            "test": queryset.filter(is_test=True),
            "flapping": queryset.filter(flaps__gte=FLAPPING),
        }.get(self.value() or "", queryset)


class FormatFilter(admin.SimpleListFilter):
    """Named one by one: to ask the table which there are would read all of it."""

    title = _("format")
    parameter_name = "format"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, name) for name in sorted({*READERS, CHANGE})]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(format=self.value()) if self.value() else queryset


class PostedByFilter(admin.SimpleListFilter):
    title = _("posted by")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("tool", _("the tool")), ("test", _("a person, as a test")), ("again", _("once more"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return {
            "tool": queryset.filter(posted_by=""),
            "test": queryset.filter(A_TEST),
            "again": queryset.exclude(replay_of=None),
        }.get(self.value() or "", queryset)
