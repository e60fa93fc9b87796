"""What came to nothing, and which alerts it was about all the same."""

from collections.abc import Sequence

import structlog
from django.db.models import F

from incidents.models import Alert, AlertSource, InboundEvent
from incidents.operations.ledger import Report

log = structlog.get_logger(__name__)


def last_known(source: AlertSource, nothing: Sequence[tuple[InboundEvent, Report]]) -> dict[int, set[int]]:
    """{post id: ids of the alerts its reports spoke of}: by key the open one, else the one cleared last.

    Who may not read those may not read the post either, though nothing came of it. One statement; none where
    something came of every report. Keys nobody knows are said in the log, as a number.
    """
    if not nothing:
        return {}
    keys = {report.incoming.dedup_key for _post, report in nothing}
    newest_first = F("resolved_at").desc(nulls_first=True)
    rows = Alert.objects.filter(source=source, dedup_key__in=keys).order_by("dedup_key", newest_first)
    known = dict(rows.distinct("dedup_key").values_list("dedup_key", "pk"))
    log.info("inbound_came_to_nothing", reports=len(nothing), unknown_keys=len(keys - known.keys()))
    about: dict[int, set[int]] = {}
    for post, report in nothing:
        if report.incoming.dedup_key in known:
            about.setdefault(post.pk, set()).add(known[report.incoming.dedup_key])
    return about
