"""The words of one message, as somebody wants them told: checked, and put into a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from incidents import wording
from incidents.models import Audience, Incident, Message, MessageKind
from incidents.operations.drafting import check_choice, draft_of
from statuspage.models import Component, StatusPage
from statuspage.operations.translations import Translations, checked
from statuspage.states import INCIDENT_STEPS, NoticeStatus


@dataclass(frozen=True)
class Said:
    """`postmortem` None: as the draft has it, else as the words do."""

    audience: str
    kind: str
    status: str
    title: str
    body: str
    components: Mapping[str, str] = field(default_factory=dict)
    next_update_at: datetime | None = None
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    postmortem: bool | None = None

    @property
    def is_final(self) -> bool:
        return self.kind == MessageKind.FINAL


def said(
    *,
    audience: str,
    kind: str,
    status: str,
    title: str,
    body: str,
    components: Mapping[str, str],
    next_update_at: datetime | None,
    translations: Translations | None,
    postmortem: bool | None,
    now: datetime,
) -> Said:
    """ "resolved" makes any message the final one. Raises ValidationError with all that is wrong."""
    check_choice(audience, kind)
    if status == NoticeStatus.RESOLVED:
        kind = MessageKind.FINAL
    usual = NoticeStatus.RESOLVED if kind == MessageKind.FINAL else NoticeStatus.INVESTIGATING
    status = status or usual
    _check_words(title, body, status)
    if next_update_at is not None and next_update_at <= now:
        raise ValidationError({"next_update_at": _("The next update cannot be promised for the past.")})
    return Said(
        audience=audience,
        kind=kind,
        status=status,
        title=title.strip(),
        body=body.strip(),
        components=dict(components),
        next_update_at=None if kind == MessageKind.FINAL else next_update_at,
        translations=checked(translations),
        postmortem=postmortem,
    )


def row_for(incident: Incident, words: Said, now: datetime) -> Message:
    """The draft that is there, else a new row; not saved, and still with what stood there before."""
    found = draft_of(incident, words.audience, words.kind)
    if found is not None:
        found.incident = incident
        return found
    return Message(incident=incident, audience=words.audience, kind=words.kind, written_at=now)


def put(message: Message, words: Said) -> None:
    """The words into the row. Saves nothing."""
    if words.postmortem is not None:
        message.postmortem = words.postmortem
    message.status, message.title, message.body = words.status, words.title, words.body
    message.components, message.next_update_at = dict(words.components), words.next_update_at
    message.translations = {language: dict(parts) for language, parts in words.translations.items()}


def same_words(message: Message, words: Said) -> bool:
    """Whether the row says the same, in every language. Status, components and promise are not words."""
    return (
        wording.same(message.title, words.title)
        and wording.same(message.body, words.body)
        and same_translations(message.translations, words.translations)
    )


def same_translations(one: Translations, other: Translations) -> bool:
    def parts(given: Translations) -> dict[tuple[str, str], list[str]]:
        return {(lang, part): text.split() for lang, said in given.items() for part, text in said.items()}

    return parts(one) == parts(other)


def named_components(page: StatusPage, wanted: Mapping[str, str]) -> dict[int, str]:
    found = {c.uid: c.pk for c in Component.objects.filter(page=page, uid__in=list(wanted), shown=True)}
    if set(found) != set(wanted):
        raise ValidationError({"components": _("That component is not on this page.")})
    return {found[uid]: status for uid, status in wanted.items()}


def _check_words(title: str, body: str, status: str) -> None:
    problems: dict[str, str] = {}
    if not title.strip():
        problems["title"] = _("Write a title.")
    elif len(title.strip()) > 200:
        problems["title"] = _("Use at most %(most)s characters.") % {"most": 200}
    if not body.strip():
        problems["body"] = _("Write what people should read.")
    elif len(body.strip()) > 5000:
        problems["body"] = _("Use at most %(most)s characters.") % {"most": 5000}
    if status not in INCIDENT_STEPS:
        problems["status"] = _("That is not a status of a notice.")
    if problems:
        raise ValidationError(problems)


def to_customers(words: Said) -> bool:
    return words.audience == Audience.EXTERNAL
