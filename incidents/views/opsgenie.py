"""Opsgenie's alert API, `/v2/alerts…`, with `Authorization: GenieKey <key of an alert source>`.

What is sent is stored before it is read (202); what is asked for comes from the rows of that one source.
"""

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from config.tenancy import links
from incidents.operations import opsgenie
from incidents.operations.opsgenie import By, at_source
from incidents.opsgenie_search import NotUnderstood, search_of
from incidents.views.opsgenie_door import Asked, Refused, genie_door
from incidents.views.opsgenie_words import alert_in_full, alert_in_short, what_came_of

# What is done to an alert, and the format under which the bytes are kept.
DEEDS = {"close": "opsgenie-close", "acknowledge": "opsgenie-acknowledge", "notes": "opsgenie-note"}
# Alertmanager sends these with `update_alerts: true`, and calls the whole notification failed without a 2xx.
NEW_WORDS = ("message", "description")
# What Opsgenie has beside these.
OTHERS = (
    "unacknowledge|snooze|assign|escalate|teams|responders|recipients|tags|details|priority|attachments|logs"
    "|actions/[^/]+"
)
VERBS = "|".join([*DEEDS, *NEW_WORDS, OTHERS])
MOST, USUAL, FARTHEST = 100, 20, 20_000


@genie_door("GET", "POST")
def alerts(asked: Asked) -> HttpResponse:
    """`/v2/alerts`: POST makes an alert, GET lists those of the source, the newest first."""
    if asked.method == "GET":
        return _list(asked)
    opsgenie.take_in_create(key=asked.key, body=asked.body(), request_id=asked.id)
    return asked.accepted()


def _list(asked: Asked) -> HttpResponse:
    offset, limit = _number(asked, "offset", 0, FARTHEST), max(1, _number(asked, "limit", USUAL, MOST))
    search, oldest_first = _search(asked), asked.query.get("order", "desc").lower() == "asc"
    with at_source(asked.key) as source:
        found = opsgenie.matching(source=source, search=search).order_by("id" if oldest_first else "-id")
        rows = list(found[offset : offset + limit + 1])
        data = [alert_in_short(alert, source) for alert in rows[:limit]]
    return asked.answer(data=data, paging=_paging(asked, offset, limit, more=len(rows) > limit))


@genie_door("GET")
def count(asked: Asked) -> HttpResponse:
    """`/v2/alerts/count`, with the same `query` as the list."""
    search = _search(asked)
    with at_source(asked.key) as source:
        return asked.answer(data={"count": opsgenie.matching(source=source, search=search).count()})


@genie_door("GET")
def request_status(asked: Asked, *, request_id: str) -> HttpResponse:
    """`/v2/alerts/requests/<id>`: what came of it. 404 while it waits, as at Opsgenie: clients ask again."""
    with at_source(asked.key) as source:
        came = opsgenie.what_came_of(source=source, request_id=_uuid(request_id))
        if came is None or came.done is None:
            raise Refused(404, "Request not found. It might not be processed, yet.")
        return asked.answer(data=what_came_of(came, source))


@genie_door("GET", "DELETE", "PATCH")
def alert(asked: Asked, *, identifier: str) -> HttpResponse:
    """`/v2/alerts/<identifier>`: one alert."""
    by = _by(asked)
    with at_source(asked.key) as source:
        if asked.method != "GET":
            raise Refused(422, "Alerts are kept as they came. Close it instead: POST …/close.")
        found = opsgenie.find_alert(source=source, identifier=identifier, by=by)
        if found is None:
            raise Refused(404, "Alert not found.")
        return asked.answer(data=alert_in_full(found, source))


@genie_door("POST", "PUT", "PATCH", "GET", "DELETE")
def deed(asked: Asked, *, identifier: str, verb: str) -> HttpResponse:
    """`/v2/alerts/<identifier>/<verb>`: close, acknowledge, notes. What is not offered says so with 422."""
    format = DEEDS.get(verb) if asked.method == "POST" else None
    if verb in NEW_WORDS and asked.method in {"POST", "PUT", "PATCH"}:
        format = "opsgenie-update"
    by = _by(asked)
    if format is None:
        with at_source(asked.key):
            offered = "create, get, list, close, acknowledge, notes, and the status of a request"
            raise Refused(422, f"{asked.method} {verb} is not offered here: {offered} are.")
    opsgenie.take_in_action(
        key=asked.key,
        format=format,
        body=asked.body(),
        identifier=identifier,
        by=by,
        request_id=asked.id,
    )
    return asked.accepted()


# --- what the address says ----------------------------------------------------------------------------------
def _by(asked: Asked) -> By:
    given = asked.query.get("identifierType", By.ID).lower()
    try:
        return By(given)
    except ValueError:
        raise Refused(422, "identifierType is one of id, alias, tiny.") from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)  # nobody's


def _search(asked: Asked) -> Any:
    try:
        return search_of(asked.query.get("query", ""))
    except NotUnderstood as error:
        raise Refused(422, str(error)) from None


def _number(asked: Asked, name: str, usual: int, most: int) -> int:
    text = asked.query.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Refused(422, f"{name} is a number from 0 to {most}.")
    return min(int(text), most)


def _paging(asked: Asked, offset: int, limit: int, *, more: bool) -> dict[str, str]:
    def at(start: int) -> str:
        query = asked.query.copy()
        query["offset"], query["limit"] = str(start), str(limit)
        return links.absolute(f"/v2/alerts?{query.urlencode()}")

    pages = {"first": at(0)}
    if offset:
        pages["prev"] = at(max(0, offset - limit))
    if more:
        pages["next"] = at(offset + limit)
    return pages
