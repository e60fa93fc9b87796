"""Who would be paged for a choice of service and severity: the rows under Declare, Severity and Call in."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from incidents.models import Response, Service, Severity
from oncall.models import EscalationPolicy, Urgency
from oncall.operations.preview import PagedRow, who_would_be_paged


@dataclass(frozen=True)
class Row:
    minutes: int
    names: list[str]
    how: str
    why: str
    reachable: bool
    kind: str


@dataclass(frozen=True)
class Paged:
    """`rule` is the sentence that decides, where rows do not: held, or nobody."""

    rows: list[Row] = field(default_factory=list)
    rule: str = ""

    @property
    def first(self) -> list[str]:
        return self.rows[0].names if self.rows else []


def preview(*, service: Service | None, severity: Severity | None, now: datetime) -> Paged:
    """A fixed number of queries. Writes nothing."""
    policy = (service and service.policy) or EscalationPolicy.objects.filter(is_default=True).first()
    if policy is None:
        return Paged(rule=_("There is no escalation policy: nobody would be paged."))
    high = severity is None or severity.response == Response.PAGE
    rows = who_would_be_paged(policy=policy, urgency=Urgency.HIGH if high else Urgency.LOW, now=now)
    return Paged(
        rows=[_row(row) for row in rows],
        rule="" if high else _("Outside office hours it is held until they begin, with one silent mail."),
    )


def _row(row: PagedRow) -> Row:
    minutes = int(row.after.total_seconds() // 60)
    return Row(minutes, row.names, row.how, row.why, row.reachable, row.kind)
