"""Opsgenie's `/v2/alerts`: an alert, and what is done to one by its alias or id.

Opsgenie refuses an alert without a message. Here the key stands in the header, so the bytes are kept before
anything is known of them: such an alert pages under its description, its alias or a title of our own.
"""

from collections.abc import Callable
from typing import Any

from incidents.adapters.frame import address
from incidents.adapters.incoming import Action, IncomingAlert, Options, Unreadable, short_key, strangers_key
from incidents.adapters.limits import clean_text, cleaned, labels_of, line_of, parse, text_of, url_of
from incidents.adapters.severities import severity_of

DEFAULT_PRIORITY = "P3"
LONGEST_NOTE = 5_000
LONGEST_DESCRIPTION = 15_000
MOST_TAGS, LONGEST_TAG = 50, 60
RUNBOOKS = ("runbook_url", "runbook", "Runbook")
DASHBOARDS = ("dashboard_url", "dashboard", "url", "link")

Reader = Callable[[bytes, str, Options], list[IncomingAlert]]


def key_of(alias: str) -> str:
    """The dedup key of an alias, in a body or in an address. Empty for an alias that is none."""
    return strangers_key(short_key(clean_text(alias).strip()))


def read(body: bytes, given_key: str, options: Options) -> list[IncomingAlert]:
    """`given_key` is the request's own id: the alias of an alert that brings none. Raises Unreadable."""
    found = parse(body)
    if not isinstance(found, dict):
        raise Unreadable("It is not a JSON object.")
    key = key_of(text_of(found.get("alias"), 10_000)) or given_key
    try:
        return [_alert(cleaned(found), key)]
    except Unreadable as error:
        return [IncomingAlert(action=Action.TRIGGER, dedup_key=key, problem=str(error))]


def _alert(said: dict[str, Any], key: str) -> IncomingAlert:
    details = labels_of(said.get("details"))
    where = labels_of({name: said.get(name) for name in ("entity", "source")})
    words = text_of(said.get("description"), LONGEST_DESCRIPTION) or text_of(said.get("note"), LONGEST_NOTE)
    return IncomingAlert(
        action=Action.TRIGGER,
        dedup_key=key,
        title=line_of(said.get("message")) or line_of(words, 130) or line_of(said.get("alias"), 130),
        severity=severity_of(said.get("priority") or DEFAULT_PRIORITY),
        summary=words,
        labels=where | details,
        payload=said,
        runbook_url=address(details, *RUNBOOKS),
        dashboard_url=address(details, *DASHBOARDS) or url_of(said.get("source")),
        tags=_tags(said.get("tags")),
    )


def _tags(value: Any) -> tuple[str, ...]:
    """A list of texts; Alertmanager sends a list, older scripts one text with commas."""
    given = value.split(",") if isinstance(value, str) else value
    found = [line_of(one, LONGEST_TAG) for one in given] if isinstance(given, list) else []
    return tuple(dict.fromkeys(tag for tag in found if tag))[:MOST_TAGS]


def acting(action: Action) -> Reader:
    """The reader of what is done to an alert: `given_key` is its dedup key, empty where none was found.

    A note that comes along is said before the alert is closed: afterwards nothing is open to say it of.
    """

    def read_action(body: bytes, given_key: str, options: Options) -> list[IncomingAlert]:
        if not given_key:
            return []
        note = _note(body)
        said = [IncomingAlert(action=Action.NOTE, dedup_key=given_key, note=note)] if note else []
        if action == Action.NOTE:
            return said
        return [*said, IncomingAlert(action=action, dedup_key=given_key)]

    return read_action


def nothing(body: bytes, given_key: str, options: Options) -> list[IncomingAlert]:
    """New words for an alert: the bytes are kept, and nothing is done. It keeps the words it came with."""
    return []


def _note(body: bytes) -> str:
    """The note in `body`; all of it where it is no JSON. Never a reason to refuse the action."""
    try:
        said = parse(body)
    except Unreadable:
        return text_of(body.decode("utf-8", "replace"), LONGEST_NOTE)
    return text_of(said.get("note"), LONGEST_NOTE) if isinstance(said, dict) else text_of(said, LONGEST_NOTE)


# By the dedup key of an alert that is there, or by an alias as key_of gives it.
ACTIONS: dict[str, Reader] = {
    "opsgenie-close": acting(Action.RESOLVE),
    "opsgenie-acknowledge": acting(Action.ACKNOWLEDGE),
    "opsgenie-note": acting(Action.NOTE),
    "opsgenie-update": nothing,
}
READERS: dict[str, Reader] = {"opsgenie": read, **ACTIONS}
