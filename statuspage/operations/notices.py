"""Notices: open one, post to it, correct a word. The state table stands in statuspage/README.md."""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from statuspage import health
from statuspage.models import Notice, StatusPage, Update, UpdateComponent
from statuspage.operations.changes import page_changed
from statuspage.operations.components import locked_for, move
from statuspage.operations.locking import lock_components, lock_notice
from statuspage.operations.translations import Translations, checked, only
from statuspage.states import (
    INCIDENT_STEPS,
    MAINTENANCE_STEPS,
    OVER,
    NoticeKind,
    NoticeStatus,
)


def open_notice(
    *,
    page: StatusPage,
    title: str,
    body: str,
    actor: Actor,
    now: datetime,
    components: Mapping[int, str] | None = None,
    status: str = NoticeStatus.INVESTIGATING,
    next_update_at: datetime | None = None,
    started_at: datetime | None = None,
    translations: Translations | None = None,
) -> Notice:
    """Publishes a new incident with its first update; on the page within a second of the commit.

    `components` is {Component.pk: status}; only they change. `started_at` may lie in the past. `translations`
    are the same words in further languages: {"nl": {"title": …, "body": …}}.
    Raises ValidationError (empty words, unknown status or component, a promise in the past) and
    StatusPage.DoesNotExist for a page of another tenant. A second call opens a second notice.
    """
    actor.must("statuspage.publish")
    said = checked(translations)
    with acting(actor, now=now):
        page = StatusPage.objects.get(pk=page.pk)
        notice = Notice(
            page=page,
            kind=NoticeKind.INCIDENT,
            title=_words(title, "title", 200),
            status=status,
            started_at=_not_after(started_at or now, now),
            created_at=now,
            updated_at=now,
            translations=only(said, "title"),
        )
        _check_step(notice, status)
        _set_step(notice, status, now, next_update_at)
        notice.save()
        _write(notice, status, body, components or {}, next_update_at, now, only(said, "body"))
    return notice


def post_update(
    *,
    notice: Notice,
    status: str,
    body: str,
    actor: Actor,
    now: datetime,
    components: Mapping[int, str] | None = None,
    next_update_at: datetime | None = None,
    translations: Translations | None = None,
) -> Update:
    """Publishes further words. Locks the notice, then its components.

    `components` is {Component.pk: status}. "resolved" ends the notice and returns every component it affected
    and that is not given to what other open notices still say of it, else to operational. Any status may
    follow any other: after "resolved", another "resolved" adds words and an earlier step opens the notice
    again. Raises ValidationError as `open_notice` does, Notice.DoesNotExist for a notice of another tenant.
    """
    actor.must("statuspage.publish")
    said = checked(translations)
    with acting(actor, now=now):
        notice = lock_notice(notice.pk)
        _check_step(notice, status)
        wanted = dict(components or {})
        if status in OVER and not notice.is_over:
            wanted = _as_left_by_others(notice, wanted) | wanted
        _set_step(notice, status, now, next_update_at)
        return _write(notice, status, body, wanted, next_update_at, now, only(said, "body"))


def edit_update(
    *, update: Update, body: str, translations: Translations | None = None, actor: Actor, now: datetime
) -> Update:
    """Corrects published words; the page says "edited 04:10", the history keeps what stood there.

    Words in further languages go unless they are given again: they would say what was corrected.
    """
    actor.must("statuspage.publish")
    said = checked(translations)
    with acting(actor, now=now):
        notice = lock_notice(update.notice_id)
        update = Update.objects.get(pk=update.pk)
        update.body = _words(body, "body", 5000)
        update.edited_at, update.translations = now, only(said, "body")
        update.save(update_fields=["body", "translations", "edited_at"])
        notice.updated_at = now
        notice.save(update_fields=["updated_at"])
        page_changed(notice.page_id, now)
    return update


def _write(
    notice: Notice,
    status: str,
    body: str,
    wanted: Mapping[int, str],
    next_update_at: datetime | None,
    now: datetime,
    translations: dict[str, dict[str, str]],
) -> Update:
    """The update, what it says of each component, and the impact that follows."""
    update = Update.objects.create(
        notice=notice,
        status=status,
        body=_words(body, "body", 5000),
        display_at=now,
        created_at=now,
        next_update_at=None if status in OVER else next_update_at,
        translations=translations,
    )
    for pk, component in locked_for(notice.page_id, wanted).items():
        UpdateComponent.objects.create(
            update=update, component=component, old_status=component.status, new_status=wanted[pk]
        )
        if component.status != wanted[pk]:
            move(component, wanted[pk], now)
    notice.impact = health.worse_impact(notice.impact, health.impact_of(wanted.values()))
    notice.updated_at = now
    notice.save()
    page_changed(notice.page_id, now)
    return update


def _set_step(notice: Notice, status: str, now: datetime, next_update_at: datetime | None) -> None:
    """Fields only. Going back to an earlier step forgets when the later one was reached."""
    if next_update_at is not None and next_update_at <= now:
        raise ValidationError({"next_update_at": _("The next update cannot be promised for the past.")})
    over = status in OVER
    notice.status = status
    notice.resolved_at = (notice.resolved_at or now) if over else None
    notice.next_update_at = None if over else next_update_at
    if status in (NoticeStatus.MONITORING, NoticeStatus.VERIFYING):
        notice.monitoring_at = notice.monitoring_at or now
    elif not over:
        notice.monitoring_at = None


def _as_left_by_others(notice: Notice, given: Mapping[int, str]) -> dict[int, str]:
    """{Component.pk: status} for all that this notice affected, once it is over.

    Locks them, and those given, before it asks: of two notices that end at the same moment the second must
    see that the first is over, or each would leave the component as the other once said.
    """
    affected = set(
        UpdateComponent.objects.filter(update__notice=notice).values_list("component_id", flat=True)
    )
    lock_components(notice.page_id, affected | set(given))
    others = UpdateComponent.objects.filter(
        component_id__in=affected, update__notice__resolved_at=None
    ).exclude(update__notice=notice)
    said: dict[tuple[int, int], str] = {}
    for component_id, other_id, status in others.order_by("update__display_at", "id").values_list(
        "component_id", "update__notice_id", "new_status"
    ):
        said[component_id, other_id] = status  # the newest word of each notice stays
    return {
        pk: health.worst([status for (component_id, _other), status in said.items() if component_id == pk])
        for pk in affected
    }


def _check_step(notice: Notice, status: str) -> None:
    steps = INCIDENT_STEPS if notice.kind == NoticeKind.INCIDENT else MAINTENANCE_STEPS
    if status not in steps:
        raise ValidationError({"status": _("That is not a status of a notice.")})


def _words(text: str, field: str, most: int) -> str:
    text = text.strip()
    if not text:
        raise ValidationError({field: _("Write what customers should read.")})
    if len(text) > most:
        raise ValidationError({field: _("Use at most %(most)s characters.") % {"most": most}})
    return text


def _not_after(moment: datetime, now: datetime) -> datetime:
    if moment > now:
        raise ValidationError({"started_at": _("It cannot have started in the future.")})
    return moment
