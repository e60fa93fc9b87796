"""Deadlines whose work is rows only: a column with a partial index, and what is done when it has passed.

No lease is needed: the lock on the row and a second look are enough, and two at once do it once. What calls
the world outside has a lease (oncall.operations.claiming).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db.models import Window
from django.db.models.functions import RowNumber
from django.utils import translation

from config.clock import DueWork
from config.tenancy.pauses import Pauses
from config.tenancy.scoping import all_tenants, tenant_scope

log = structlog.get_logger(__name__)

BATCH = 100


@dataclass(frozen=True)
class Deadlines:
    """`column` of `model` is when a row is due. `work(id, now)` locks it and looks again: did it do any?"""

    name: str
    model: Any
    column: str
    work: Callable[[int, datetime], bool]
    pauses: Pauses = field(default_factory=Pauses, compare=False)

    def run(self, now: datetime) -> int:
        """Works what is due at `now`: the first of each tenant, then the second of each; of a closed one
        nothing. Each in its own scope, in its tenant's language. Returns how many rows were worked. What
        failed here just now is left out for a while.
        """
        in_turns = Window(RowNumber(), partition_by="tenant_id", order_by=(self.column, "pk"))
        with all_tenants(f"claim {self.name}"):
            rows = self._of_open_tenants(f"{self.column}__lte", now).annotate(place_in_turn=in_turns)
            rows = rows.exclude(pk__in=self.pauses.waiting(now)).order_by("place_in_turn", self.column)
            rows = rows.values_list("tenant_id", "tenant__language", "pk")
            due: list[tuple[int, str, int]] = list(rows[:BATCH])
        return sum(self._one(tenant_id, language, pk, now) for tenant_id, language, pk in due)

    def _one(self, tenant_id: int, language: str, pk: int, now: datetime) -> int:
        with tenant_scope(tenant_id), translation.override(language):
            try:
                worked = int(self.work(pk, now))
            # One that cannot be worked must not stop the others; it stays due, and the health page says so.
            except Exception:
                log.exception("deadline_failed", work=self.name, row=pk)
                self.pauses.failed(pk, now)
                return 0
            self.pauses.worked(pk)
            return worked

    def oldest_due(self, now: datetime) -> datetime | None:
        return self._first(f"{self.column}__lte", now)

    def next_due(self, now: datetime) -> datetime | None:
        return self._first(f"{self.column}__gt", now)

    def _first(self, lookup: str, now: datetime) -> datetime | None:
        with all_tenants(f"first {self.name}"):
            rows = self._of_open_tenants(lookup, now).order_by(self.column)
            found: datetime | None = rows.values_list(self.column, flat=True).first()
        return found

    def _of_open_tenants(self, lookup: str, now: datetime) -> Any:
        return self.model.objects.filter(**{lookup: now}, tenant__closed_at=None)

    def due_work(self, repair: Callable[[datetime], int] | None = None) -> DueWork:
        if repair is None:
            return DueWork(self.name, self.run, self.oldest_due, self.next_due)
        return DueWork(self.name, self.run, self.oldest_due, self.next_due, repair)
