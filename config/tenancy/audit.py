"""The audit trail: history rows know who, why and when, or are not written at all.

Every operation opens `with acting(actor, now=now):`, which is its transaction as well. simple-history rows
made inside carry the actor and `now`; a tracked model saved outside raises UnknownActor. History can only be
added to, by a trigger (config.tenancy.rowsecurity): that stops the application's code, not DDL by the owner
of the database.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import models, transaction
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from config.tenancy.actors import Actor


class UnknownActor(Exception):
    """A tracked row was saved outside `acting(...)`. A bug in the calling code."""


@dataclass(frozen=True)
class Act:
    actor: Actor
    now: datetime
    reason: str


_act: ContextVar[Act | None] = ContextVar("muster_act", default=None)


@contextmanager
def acting(actor: Actor, *, now: datetime, reason: str = "") -> Iterator[Act]:
    """One transaction in which every history row carries `actor`, `reason` and `now` (aware)."""
    act = Act(actor, now, reason[:500])
    with transaction.atomic():
        token = _act.set(act)
        try:
            yield act
        finally:
            _act.reset(token)


def current_act() -> Act:
    act = _act.get()
    if act is None:
        raise UnknownActor("A tracked row is saved outside `with acting(actor, now=now)`.")
    return act


class AuditedHistory(models.Model):
    """The base of every history table: who did it."""

    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=200)

    class Meta:
        abstract = True


class AuditManager(HistoryManager):
    """simple_history derives a class from this one at each look at `row.history`: once will do."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class: Any, class_name: str | None = None) -> Any:
        return super().from_queryset(queryset_class, class_name)


def audited(excluded: tuple[str, ...] = ()) -> Any:
    """`history = audited(excluded=("secret",))` on a model: its audit trail. Secrets are always excluded."""
    return HistoricalRecords(
        bases=(AuditedHistory,),
        history_id_field=models.BigAutoField(),
        history_user_id_field=models.BigIntegerField(null=True),
        history_user_getter=lambda historical: None,
        history_user_setter=lambda historical, user: None,
        excluded_fields=list(excluded),
        history_manager=AuditManager,
    )


def stamp_history(history_instance: Any, **kwargs: object) -> None:
    """Receiver of pre_create_historical_record."""
    act = current_act()
    history_instance.actor_kind = act.actor.kind.value
    history_instance.actor_id = act.actor.id
    history_instance.actor_label = act.actor.label[:200]
    history_instance.history_user_id = act.actor.membership_id
    history_instance.history_date = act.now
    if act.reason and not history_instance.history_change_reason:
        history_instance.history_change_reason = act.reason[:100]
