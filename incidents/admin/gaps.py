"""A number that a reader does not find is said to be private, in its place and without a word more."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest

from incidents.models import Incident

MOST = 100


class GapList(ChangeList):
    """Puts "INC-41 (private)" between its neighbours; two queries at most.

    Only where nothing was searched, filtered or sorted: which of them a question finds would answer it.
    """

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if set(request.GET) - {"p"}:
            return
        shown = list(self.result_list)
        seen = Incident.objects.visible_to(getattr(request, "membership", None)).filter(private=True)
        hidden = Incident.objects.filter(private=True).exclude(pk__in=seen.values("pk"))
        # A page far behind the only one shows that one.
        first = (self.page_num - 1) * self.list_per_page if self.multi_page else 0
        if shown and first:
            above = self.queryset.values_list("number", flat=True)[first - 1]
            hidden = hidden.filter(number__lt=above)
        if shown and self.page_num < self.paginator.num_pages:
            hidden = hidden.filter(number__gt=shown[-1].number)
        numbers = hidden.order_by("-number").values_list("number", flat=True)[:MOST]
        may_break_glass = bool(request.user.has_perm("incidents.break_glass"))
        gaps = [gap(number, may_break_glass) for number in numbers]
        if gaps:
            self.result_list: Any = sorted([*shown, *gaps], key=lambda one: -one.number)


def gap(number: int, may_break_glass: bool) -> Any:
    """A row of the list that is no row of the table: only the number is known of it."""
    made: Any = Incident(pk=0, number=number, private=True)
    made.is_gap, made.may_break_glass = True, may_break_glass
    return made
