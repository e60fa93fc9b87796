"""Lists that stay quick however long they grow: counts that stop, searches that look at the newest.

Trap: no index helps to search words here. Row security lets only leak-proof operators into an index, and LIKE
is not one of them, trigrams or not: every row of the tenant would be read. So words are looked for among the
newest rows, and the page says so.
"""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest

COUNTED = 5_000
SEARCHED = 10_000


class AtLeast(int):
    """A count that was stopped: reads "5000+", counts as 5000."""

    def __str__(self) -> str:
        return f"{int(self)}+"


class CappedPaginator(Paginator):
    """Counts no further than COUNTED rows. What lies behind is found by filters and by number."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        found = int(rows[: COUNTED + 1].count())
        return AtLeast(COUNTED) if found > COUNTED else found


class NewestSearched:
    """A ModelAdmin whose search looks at the SEARCHED newest rows by `newest_by`, an indexed column."""

    model: Any
    newest_by = "id"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        found, doubles = super().get_search_results(request, queryset, search_term)  # type: ignore[misc]
        if not search_term.strip():
            return found, doubles
        newest = self.model._default_manager.order_by(f"-{self.newest_by}")
        edge = newest.values_list(self.newest_by, flat=True)[SEARCHED : SEARCHED + 1]
        beyond = next(iter(edge), None)
        if beyond is not None:
            found = found.filter(**{f"{self.newest_by}__gt": beyond})
        return found, doubles
