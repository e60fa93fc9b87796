"""Running and past ladders and what was sent, to read. Answers are given in the incident room."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin, TenantTabularInline
from config.tenancy.admin.sites import tenant_site
from oncall.models import (
    Acknowledgement,
    Attempt,
    Escalation,
    EscalationEvent,
    EscalationState,
    EventKind,
    Notification,
)
from oncall.operations.act_words import held_in_words

# What the engine did with a place on the ladder.
PLACES = (EventKind.HELD, EventKind.STEP, EventKind.SKIPPED)


class OnlyRead:
    """Nobody writes these by hand, whatever their role."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class EventInline(OnlyRead, TenantTabularInline):
    model = EscalationEvent
    fields = ("at", "kind", "actor_label")


class AttemptInline(OnlyRead, TenantTabularInline):
    model = Attempt
    fields = ("number", "started_at", "ended_at", "outcome", "resent", "detail")


@admin.register(Escalation, site=tenant_site)
class EscalationAdmin(OnlyRead, TenantModelAdmin):
    """No title: who may see an incident's title is decided in the incident room."""

    list_display = ("key", "state", "urgency", "started_at", "who_has_it", "next_step_at", "waits")
    list_filter = ("state", "urgency")
    list_select_related = ("acknowledged_by__user",)
    date_hierarchy = "started_at"
    fields = (
        "key",
        "state",
        "urgency",
        "called_by_policy",
        "started_at",
        "last_step_at",
        "next_step_at",
        "waits",
        "who_has_it",
        "acknowledged_at",
        "remind_at",
        "ack_expires_at",
        "snoozed_until",
        "ended_at",
    )
    inlines = (EventInline,)

    @admin.display(description=_("incident"))
    def key(self, escalation: Escalation) -> str:
        return escalation.card.key

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the list says of each: who answered, and the newest thing the engine did. Two queries."""
        answers = Acknowledgement.objects.select_related("membership__user").order_by("id")
        held = EscalationEvent.objects.filter(kind__in=PLACES).order_by("escalation_id", "-id")
        newest = held.distinct("escalation_id")
        rows = super().get_queryset(request)
        return rows.prefetch_related(
            Prefetch("answers", queryset=answers), Prefetch("events", queryset=newest, to_attr="newest_place")
        )

    @admin.display(description=_("who has it"))
    def who_has_it(self, escalation: Escalation) -> str:
        """ "Anna (1 of 2)" while more are asked for."""
        said = [answer for answer in escalation.answers.all() if answer.run == escalation.run]
        if escalation.state != EscalationState.PAGING or not said:
            return str(escalation.acknowledged_by or "–")
        names = ", ".join(str(answer) for answer in said)
        words = {"names": names, "have": len(said), "needed": escalation.answers_needed}
        return _("%(names)s (%(have)s of %(needed)s)") % words

    @admin.display(description=_("waits"))
    def waits(self, escalation: Escalation) -> str:
        """Why its next step is held, and until when."""
        newest: EscalationEvent | None = next(iter(getattr(escalation, "newest_place", [])), None)
        if escalation.state != EscalationState.PAGING or newest is None or newest.kind != EventKind.HELD:
            return "–"
        until = datetime.fromisoformat(newest.detail["until"])
        return held_in_words(newest.detail["why"], until, clock.now())

    @admin.display(description=_("escalation policy"))
    def called_by_policy(self, escalation: Escalation) -> str:
        """The name of a policy tells the service: of a private card it is left out."""
        return "–" if escalation.card.private else str(escalation.policy or "–")


@admin.register(Notification, site=tenant_site)
class NotificationAdmin(OnlyRead, TenantModelAdmin):
    list_display = ("key", "membership", "kind", "method", "state", "state_at", "tries")
    list_filter = ("state", "kind", "method")
    list_select_related = ("escalation", "membership__user")
    date_hierarchy = "created_at"
    fields = (
        "key",
        "membership",
        "kind",
        "method",
        "state",
        "state_at",
        "reason",
        "created_at",
        "due_at",
        "retry_at",
        "delayed_until",
        "tries",
        "sent_at",
        "delivered_at",
    )
    inlines = (AttemptInline,)

    @admin.display(description=_("note"))
    def reason(self, notification: Notification) -> str:
        return notification.note_in_words

    @admin.display(description=_("incident"))
    def key(self, notification: Notification) -> str:
        return notification.escalation.card.key
