"""The list of incidents. The page of one is the room; a new one begins at /declare."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import DateTimeField, Prefetch, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.bounded import SEARCHED, NewestSearched
from config.tenancy.admin.sites import tenant_site
from incidents.admin.filters import OpenFilter
from incidents.admin.gaps import GapList
from incidents.models import Incident, RoleAssignment
from incidents.templatetags.incident_words import severity
from incidents.times import clock_age

NOTHING = "–"

NUMBER = re.compile(r"(?:INC-)?([1-9][0-9]{0,8})", re.IGNORECASE | re.ASCII)


@admin.register(Incident, site=tenant_site)
class IncidentAdmin(NewestSearched, TenantModelAdmin):
    # Set by incidents.urls_tenant: admin and views do not import each other.
    room_view: Callable[[HttpRequest, str], HttpResponse] | None = None

    list_display = ("what", "level", "phase_word", "service", "manager", "age")
    list_display_links = None
    list_filter = (OpenFilter, "severity", "service", "phase", "found_by")
    search_fields = ("summary",)
    search_help_text = format_lazy(
        _("Words of the summary, among the newest {newest}; or a number: 42 finds INC-42."), newest=SEARCHED
    )
    newest_by = "number"
    ordering = ("-number",)
    # The other columns have filters: an order of theirs would sort every incident there ever was.
    sortable_by = ("what", "age")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Private ones only within their circle: in the list, its filters and its search.

        Two queries for the rows of a page; ages are measured at one moment for all of them.
        """
        managers = RoleAssignment.objects.filter(is_manager=True, ended_at=None).select_related(
            "membership__user"
        )
        rows: QuerySet[Any] = super().get_queryset(request)
        return (
            rows.visible_to(getattr(request, "membership", None))  # type: ignore[attr-defined]
            .select_related("severity", "service")
            .prefetch_related(Prefetch("role_assignments", queryset=managers, to_attr="managing"))
            .annotate(read_at=Value(clock.now(), output_field=DateTimeField()))
            .order_by("-number")
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A number, or a key, finds that incident, however old it is."""
        if found := NUMBER.fullmatch(search_term.strip()):
            return queryset.filter(number=int(found[1])), False
        return super().get_search_results(request, queryset, search_term)

    # --- what may be done here: nothing but reading; deeds are in the room ---

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[GapList]:
        return GapList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("incidents.declare"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("declare"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if self.room_view is None:
            raise Http404
        return self.room_view(request, object_id)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._must_be_visible(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        self._must_be_visible(request, object_id)
        return super().history_form_view(request, object_id, version_id, extra_context)

    def _must_be_visible(self, request: HttpRequest, object_id: str) -> None:
        if self.get_object(request, object_id) is None:
            raise Http404

    # --- columns: of a gap (incidents.admin.gaps) nothing is known but its number ---

    @admin.display(description=_("incident"), ordering="number")
    def what(self, incident: Any) -> SafeString:
        if hasattr(incident, "is_gap"):
            words = format_html('{} <span class="lock"></span>({})', incident.key, _("private"))
            if not incident.may_break_glass:
                return words
            return format_html('<a href="{}">{}</a>', reverse("break_glass", args=[incident.number]), words)
        lock = format_html(' <span class="lock" title="{}"></span>', _("private")) if incident.private else ""
        url = reverse("room", args=[incident.number])
        return format_html('<a href="{}"><b>{}</b>{} {}</a>', url, incident.key, lock, incident.summary)

    @admin.display(description=_("severity"), ordering="severity__rank")
    def level(self, incident: Any) -> SafeString | str:
        return NOTHING if hasattr(incident, "is_gap") else severity(incident)

    @admin.display(description=_("phase"), ordering="phase")
    def phase_word(self, incident: Any) -> str:
        return NOTHING if hasattr(incident, "is_gap") else str(incident.get_phase_display())

    @admin.display(description=_("manager"))
    def manager(self, incident: Any) -> str:
        managing = [] if hasattr(incident, "is_gap") else incident.managing
        return ", ".join(str(given.membership) for given in managing) or NOTHING

    @admin.display(description=_("age"), ordering="declared_at")
    def age(self, incident: Any) -> str:
        if hasattr(incident, "is_gap"):
            return NOTHING
        ended = incident.resolved_at or incident.cancelled_at or incident.merged_at
        return clock_age(incident.started_at or incident.declared_at, ended or incident.read_at)
