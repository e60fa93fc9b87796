"""What is locked, and in which order: one notice, then components by id. Nothing else of this app is locked.

Whoever locks across apps (incidents) locks its notices through `lock_notice`.
"""

from collections.abc import Iterable

from statuspage.models import Component, Notice


def lock_notice(notice_id: int) -> Notice:
    """The row as it is now, until the transaction ends. Raises Notice.DoesNotExist outside its tenant."""
    notice: Notice = Notice.objects.select_for_update(no_key=True, of=("self",)).get(pk=notice_id)
    return notice


def lock_components(page_id: int, ids: Iterable[int]) -> dict[int, Component]:
    """Those of the page, by primary key. An id that is not on the page is left out."""
    rows = Component.objects.select_for_update(no_key=True, of=("self",)).filter(
        page_id=page_id, pk__in=list(ids)
    )
    return {component.pk: component for component in rows.order_by("pk")}
