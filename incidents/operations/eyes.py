"""Four eyes on words to customers (N5; DESIGN, "Defaults").

| the words                               | who must have read them                              |
|-----------------------------------------|------------------------------------------------------|
| a start or final template, unedited     | nobody                                               |
| those that were published last, again   | nobody: they were read then                          |
| others, where nobody else could read    | nobody; marked `alone`                               |
| others, SEV1, SEV2, or not known        | a second person; 5 minutes after asking the manager  |
|                                         | alone, marked                                        |
| others, SEV3                            | a second person                                      |

A second person is a member with incidents.publish, in the circle of a private incident, who did not write
these very words: whoever edits a draft becomes its writer, and the other one reads. An API key is nobody's
eyes: it may write and ask, and a person reads. The same words in further languages count as words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.signing import Signer
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from config.tenancy.actors import Actor
from config.tenancy.conflicts import Conflict
from config.tenancy.models import Membership
from incidents import wording
from incidents.models import Incident, IncidentRole, Message, MessageKind, RoleAssignment, RoleCode
from incidents.models.circle import circle_ids
from incidents.operations.desk import Desk
from incidents.operations.said import Said, same_translations, same_words
from incidents.operations.taking import is_big
from incidents.times import clock_words
from statuspage.operations.translations import Translations

TEMPLATED = (MessageKind.START, MessageKind.FINAL)


class NeedsReader(Conflict):
    """A second person reads these words first. The message says who, and what helps."""

    code = "needs_reader"


@dataclass(frozen=True)
class Verdict:
    """They may go out: read by `reader`, or by nobody but the writer (`alone`), or needing no reader."""

    reader_id: int | None = None
    alone: bool = False


def judge(
    *, incident: Incident, message: Message, words: Said, desk: Desk, seal: str, actor: Actor, now: datetime
) -> Verdict:
    """`message` is the row as it was before these words. Raises NeedsReader."""
    if is_unedited(desk, message, words, seal):
        return Verdict()
    waiting = message if message.waits_for_reader else None
    if waiting is not None and same_words(waiting, words) and is_second(waiting, actor):
        return Verdict(reader_id=actor.membership_id)
    others = readers_for(incident, but=actor.membership_id)
    if not others or (waiting is not None and may_alone(incident, waiting, actor, now)):
        return Verdict(alone=True)
    raise NeedsReader(refusal(incident, waiting, others, now))


def is_second(message: Message, actor: Actor) -> bool:
    """A person, and not the one who wrote what stands there now."""
    return actor.membership_id is not None and actor.membership_id != message.written_by_id


def may_alone(incident: Incident, message: Message, actor: Actor, now: datetime) -> bool:
    """The incident manager of an emergency, once others had time to read."""
    from_then = message.alone_from
    return from_then is not None and from_then <= now and is_manager(incident, actor)


def is_manager(incident: Incident, actor: Actor) -> bool:
    held = RoleAssignment.objects.filter(incident=incident, is_manager=True, ended_at=None)
    return actor.membership_id is not None and held.filter(membership_id=actor.membership_id).exists()


# --- who could read -----------------------------------------------------------------------------------------
def readers_for(incident: Incident, *, but: int | None) -> list[Membership]:
    """Who may publish and may see this incident, those with a role in it first."""
    rows = Membership.objects.filter(ended_at=None, user__is_active=True).exclude(pk=but or 0)
    lent = _with_a_role(incident, code__in=(RoleCode.MANAGER, RoleCode.COMMS))
    able = [
        row
        for row in rows.select_related("user").order_by("id")
        if "incidents.publish" in row.grants or row.pk in lent
    ]
    if incident.private:
        inside = circle_ids(incident)
        able = [row for row in able if row.pk in inside]
    held = RoleAssignment.objects.filter(incident=incident, ended_at=None).values_list(
        "membership_id", flat=True
    )
    in_it = set(held)
    return sorted(able, key=lambda row: row.pk not in in_it)


def whom_to_ask(incident: Incident, *, but: int | None) -> list[Membership]:
    """Those with a role in the incident; where there is none, everybody who could read."""
    able = readers_for(incident, but=but)
    held = RoleAssignment.objects.filter(incident=incident, ended_at=None).values_list(
        "membership_id", flat=True
    )
    in_it = set(held)
    return [row for row in able if row.pk in in_it] or able


def _with_a_role(incident: Incident, **which: object) -> set[int]:
    roles = IncidentRole.objects.filter(**which)
    held = RoleAssignment.objects.filter(incident=incident, role__in=roles, ended_at=None)
    return set(held.values_list("membership_id", flat=True))


def one_of(people: Sequence[object], most: int = 3) -> str:
    """ "Anna", "Anna or Bram", "Anna, Bram, Carla or another"."""
    names = [str(one) for one in people[:most]]
    if len(people) > most:
        names.append(_("another"))
    if len(names) < 2:
        return "".join(names)
    return _("%(names)s or %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def refusal(incident: Incident, waiting: Message | None, others: Sequence[Membership], now: datetime) -> str:
    """What to do, and when it goes by itself."""
    who = {"who": one_of(others)}
    if waiting is None:
        ask = _("Words of your own to customers are read by somebody else first: ask %(who)s.") % who
        if not is_big(incident):
            return ask
        return f"{ask} " + _("5 minutes later the incident manager may publish alone.")
    first = _("%(who)s reads it first.") % who
    when = waiting.alone_from
    if when is None:
        return first
    if when > now:
        alone = _("The incident manager may publish alone from %(time)s.")
        return f"{first} " + alone % {"time": clock_words(when, now)}
    return f"{first} " + _("The incident manager may publish alone now.")


# --- unedited -----------------------------------------------------------------------------------------------
def is_unedited(desk: Desk, message: Message, words: Said, seal: str) -> bool:
    """As the template has them now, as the stored draft had them, or as a form of ours was drawn (`seal`)."""
    if words.kind not in TEMPLATED:
        return False
    if seal and constant_time_compare(seal, seal_of(desk.incident, words.audience, words)):
        return True
    if _same(message.drafted_title, message.drafted_body, message.drafted_translations, words):
        return True
    return any(
        _same(
            *desk.draft(words.audience, words.kind, postmortem=variant),
            desk.translations(words.audience, words.kind, postmortem=variant),
            words,
        )
        for variant in (True, False)
    )


def _same(title: str, body: str, translations: Translations, words: Said) -> bool:
    return (
        bool(body)
        and wording.same(title, words.title)
        and wording.same(body, words.body)
        and same_translations(translations, words.translations)
    )


def seal_of(incident: Incident, audience: str, words: Said) -> str:
    """Our mark on words that a template made: what it is made of may have moved on when they come back
    (another alert joined, minutes went by), and they are still nobody's own words.
    """
    parts = [
        str(incident.tenant_id),
        incident.uid,
        audience,
        words.kind,
        *words.title.split(),
        "",
        *words.body.split(),
    ]
    for language in sorted(words.translations):
        for part in sorted(words.translations[language]):
            parts += ["", language, part, *words.translations[language][part].split()]
    return Signer(salt="incidents.wording").signature("\x1f".join(parts))
