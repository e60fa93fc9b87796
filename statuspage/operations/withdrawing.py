"""Taking words back from an internal page: they have become private."""

from datetime import datetime

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from statuspage.models import Notice, Update
from statuspage.operations.changes import page_changed
from statuspage.operations.locking import lock_notice
from statuspage.states import NoticeStatus


def withdraw_notice(*, notice: Notice, title: str, actor: Actor, now: datetime) -> Notice:
    """Every word of it becomes `title`, in further languages nothing, and it is over. The history keeps what
    stood there and is shown to nobody any more (statuspage.admin.notices). Components stay as they are. A
    second call changes nothing.
    """
    actor.must("statuspage.publish")
    with acting(actor, now=now):
        notice = lock_notice(notice.pk)
        if notice.withdrawn_at is not None:
            return notice
        for update in Update.objects.filter(notice=notice):
            update.body, update.translations, update.edited_at = title, {}, now
            update.save(update_fields=["body", "translations", "edited_at"])
        notice.title, notice.translations = title, {}
        notice.withdrawn_at = notice.updated_at = now
        notice.status, notice.next_update_at = NoticeStatus.RESOLVED, None
        notice.resolved_at = notice.resolved_at or now
        notice.save()
        page_changed(notice.page_id, now)
    return notice
