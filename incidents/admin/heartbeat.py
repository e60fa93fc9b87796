"""Heartbeats: how each is doing, its address to copy, and quiet for a while."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, When
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.sites import tenant_site
from incidents import heartbeat_words as words
from incidents.admin.reading import preformatted
from incidents.models import AlertSource, Heartbeat, HeartbeatState, Tool
from incidents.operations.heartbeats import delete_heartbeat, save_heartbeat
from incidents.operations.missing import is_quiet

# What one may choose when it is to be kept quiet, in minutes.
QUIET = (
    (60, _("1 hour")),
    (240, _("4 hours")),
    (1440, _("1 day")),
    (10080, _("1 week")),
    (43200, _("30 days")),
)


class HeartbeatForm(TenantForm):
    """`slug` may be left out: it is made of the name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slug, interval = self.fields.get("slug"), self.fields.get("interval_minutes")
        if slug is not None and interval is not None:
            slug.required = False
            slug.help_text = _("The end of the address. Empty: made of the name.")
            interval.help_text = _("Minutes: 60 is an hour, 1440 a day, 10080 a week.")


@admin.register(Heartbeat, site=tenant_site)
class HeartbeatAdmin(TenantModelAdmin):
    form = HeartbeatForm
    deletable = True
    # What a phone shows of a list: its first columns. Nothing is done to several at once.
    list_display = ("name", "how", "every", "source")
    actions = None
    list_filter = ("state", "source")
    list_select_related = ("source",)
    search_fields = ("name", "slug")
    # Missing ones first.
    ordering = (Case(When(state=HeartbeatState.MISSING, then=0), default=1), "name")
    settings = ("name", "source", "slug", "interval_minutes", "grace_minutes", "severity", "runbook_url")
    life = ("doing", "last", "quiet_because")
    secrets = ("address", "curl", "crontab")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.settings
        may_see = request.user.has_perm("incidents.view_secrets") and obj.source.revoked_at is None
        return (*self.life, *(self.secrets if may_see else ()), *self.settings)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Another source is another address."""
        return () if obj is None else (*self.life, *self.secrets, "source")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The source there is for it, where there is one."""
        given = super().get_changeform_initial_data(request)
        fit = AlertSource.objects.filter(tool=Tool.HEARTBEAT, revoked_at=None).values_list("pk", flat=True)[
            :2
        ]
        return {"source": fit[0], **given} if len(fit) == 1 else given

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        found = super().get_field_queryset(db, db_field, request)
        return found.filter(revoked_at=None) if db_field.name == "source" else found

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        heartbeat = context.get("original")
        if heartbeat is not None:
            quiet = is_quiet(heartbeat, clock.now())
            context.update(is_quiet=quiet, quiet_choices=QUIET, sets_up=self.may_set_up(request))
        return super().render_change_form(request, context, *args, **kwargs)

    # --- writing ---

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        saved = save_heartbeat(heartbeat=obj, actor=self.actor(request), now=clock.now())
        obj.__dict__.update(saved.__dict__)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_heartbeat(heartbeat=obj, actor=self.actor(request), now=clock.now())

    # --- what is shown ---

    @admin.display(description=_("state"))
    def doing(self, heartbeat: Heartbeat) -> SafeString:
        return words.state_chip(heartbeat, clock.now())

    @admin.display(description=_("state, last beat"), ordering="state")
    def how(self, heartbeat: Heartbeat) -> SafeString:
        if heartbeat.last_seen is None:
            return self.doing(heartbeat)
        return format_html("{}<br>{}", self.doing(heartbeat), self.last(heartbeat))

    @admin.display(description=_("last beat"))
    def last(self, heartbeat: Heartbeat) -> str:
        return words.last_beat(heartbeat, clock.now())

    @admin.display(description=_("every"), ordering="interval_minutes")
    def every(self, heartbeat: Heartbeat) -> str:
        return words.every(heartbeat)

    @admin.display(description=_("why it is quiet"))
    def quiet_because(self, heartbeat: Heartbeat) -> str:
        return heartbeat.muted_reason if is_quiet(heartbeat, clock.now()) else "–"

    @admin.display(description=_("address to call"))
    def address(self, heartbeat: Heartbeat) -> SafeString:
        return preformatted(words.address_of(heartbeat))

    @admin.display(description=_("on a command line"))
    def curl(self, heartbeat: Heartbeat) -> SafeString:
        return preformatted(words.curl_line(heartbeat))

    @admin.display(description=_("in a crontab, after a job"))
    def crontab(self, heartbeat: Heartbeat) -> SafeString:
        return preformatted(words.crontab_line(heartbeat))
