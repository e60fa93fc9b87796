"""Running and past ladders and what was sent, to read. Answers are given in the incident room."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.tenancy.admin.base import TenantModelAdmin, TenantTabularInline
from config.tenancy.admin.sites import tenant_site
from oncall.models import Attempt, Escalation, EscalationEvent, Notification


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

    list_display = ("key", "state", "urgency", "started_at", "acknowledged_by", "next_step_at")
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
        "acknowledged_by",
        "acknowledged_at",
        "ack_expires_at",
        "snoozed_until",
        "ended_at",
    )
    inlines = (EventInline,)

    @admin.display(description=_("incident"))
    def key(self, escalation: Escalation) -> str:
        return escalation.card.key

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
        "tries",
        "sent_at",
    )
    inlines = (AttemptInline,)

    @admin.display(description=_("note"))
    def reason(self, notification: Notification) -> str:
        return notification.note_in_words

    @admin.display(description=_("incident"))
    def key(self, notification: Notification) -> str:
        return notification.escalation.card.key
