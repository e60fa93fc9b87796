"""The one way to say that a page looks different from now on."""

from datetime import datetime

from django.db.models import F

from config import doorbell
from statuspage.models import StatusPage

RENDER = "statuspage.render"


def page_changed(page_id: int, now: datetime) -> None:
    """Makes the page due for rendering and rings for it at commit. Last in every operation that writes.

    One UPDATE; its row lock is the last one taken.
    """
    StatusPage.objects.filter(pk=page_id).update(version=F("version") + 1, updated_at=now, render_due_at=now)
    doorbell.ring(RENDER)
