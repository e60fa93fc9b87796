"""Phase 4: who knows?"""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from incidents.known import Facts, Phase, Question, Viewer, whole_minutes
from incidents.next_action.parts import Choice, NextAction

MOST_NAMES = 3
MOST_TITLE = 40


def withdraw(facts: Facts, who: Viewer) -> NextAction | None:
    """Public words about nothing: a false alarm, or what went up in another incident."""
    if facts.phase not in (Phase.CANCELLED, Phase.MERGED) or not facts.notice_open:
        return None
    escape = ("unmerge", _("Take apart again")) if facts.phase == Phase.MERGED else ("reopen", _("Reopen"))
    return NextAction(
        "withdraw",
        0,
        _("Take the words on the status page back"),
        _("Customers still read that it is going on"),
        escapes=(Choice(*escape),),
    )


def read(facts: Facts, who: Viewer) -> NextAction | None:
    """Somebody else's words to customers wait for this person's eyes, or one's own may go alone."""
    if not facts.words_wait:
        return None
    title = {"title": shortened(facts.words_title)}
    if who.may_publish and who.uid != facts.words_by_uid:
        why = gettext("An API key wrote it and asks for a second reader")
        if facts.words_by:
            why = gettext("%(name)s wrote it and asks for a second reader") % {"name": facts.words_by}
        return NextAction("read", 4, gettext("Read and publish: “%(title)s”") % title, why)
    if who.is_manager and facts.alone_from is not None and facts.alone_from <= facts.at:
        why = gettext("Nobody has read it: %(names)s asked") % {"names": ", ".join(facts.readers_asked)}
        return NextAction("read", 4, gettext("Publish alone: “%(title)s”") % title, why)
    return None


def read_last(facts: Facts, who: Viewer) -> NextAction | None:
    """After the end only last words wait."""
    return None if facts.is_open else read(facts, who) or wait(facts, who)


def wait(facts: Facts, who: Viewer) -> NextAction | None:
    """Told as soon as somebody has read it. It is what to do next only where word is owed by now."""
    is_late = facts.next_update_at is not None and facts.next_update_at < facts.at
    owed = facts.owes_external or is_late or not facts.is_open
    if not facts.words_wait or not owed or Question.TELL in facts.put_off:
        return None
    if facts.is_open and facts.owes_internal:
        return None
    asked = ", ".join(facts.readers_asked[:MOST_NAMES])
    if facts.alone_from is None:
        why = gettext("%(names)s asked; it waits until then") % {"names": asked}
    elif facts.alone_from <= facts.at:
        why = gettext("%(names)s asked; the incident manager may publish it alone now") % {"names": asked}
    else:
        minutes = -(-int((facts.alone_from - facts.at).total_seconds()) // 60)
        why = gettext("%(names)s asked; the incident manager may publish it alone in %(minutes)s min")
        why %= {"names": asked, "minutes": minutes}
    escapes = [Choice("change_words", _("Change the words"))]
    if facts.is_open:
        escapes.append(Choice("not_yet", _("Not yet, 10 min")))
    return NextAction(
        "wait", 4 if facts.is_open else 0, _("Waiting for a second reader"), why, escapes=tuple(escapes)
    )


def shortened(title: str) -> str:
    return title if len(title) <= MOST_TITLE else title[: MOST_TITLE - 1].rstrip() + "…"


def tell(facts: Facts, who: Viewer) -> NextAction | None:
    if not (facts.owes_external or facts.owes_internal):
        return None
    minutes = whole_minutes(facts.at - facts.since)
    if facts.owes_external and not facts.words_wait:
        why = gettext("Customers have heard nothing, %(minutes)s min") % {"minutes": minutes}
    else:
        why = gettext("Colleagues have heard nothing, %(minutes)s min") % {"minutes": minutes}
    return NextAction(
        "tell",
        4,
        _("Tell people what you know"),
        why,
        escapes=(
            Choice("not_yet", _("Not yet, 10 min")),
            Choice("nobody_notices", _("Nobody notices")),
            Choice("held_back", _("Held back")),
        ),
    )


def late(facts: Facts, who: Viewer) -> NextAction | None:
    if facts.next_update_at is None or facts.next_update_at >= facts.at:
        return None
    minutes = whole_minutes(facts.at - facts.next_update_at)
    return NextAction(
        "update",
        4,
        gettext("Update is %(minutes)s min late") % {"minutes": minutes},
        gettext("Word was promised by %(time)s") % {"time": facts.clock(facts.next_update_at)},
        escapes=(Choice("same_as_before", _("Same as before, +30 min")),),
    )
