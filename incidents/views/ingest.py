"""Where monitors post by webhook: the key in the path or in a header. Stored as it came, parsed later."""

from django.http import HttpRequest, HttpResponse

from config.machines import refusal
from config.tenancy.doors import DoorClosed
from incidents.operations.ingest import take_in_webhook
from incidents.views.ingest_door import POST, accepted, machine_door, nothing_here
from incidents.views.ingest_key import key_of

# Grafana's webhook can be told to PUT.
POST_OR_PUT = (*POST, "PUT")


def _by_path(request: HttpRequest, body: bytes, *, key: str, format: str) -> HttpResponse:
    """`/ingest/<key>/<format>`. An unknown key is a missing page."""
    try:
        take_in_webhook(key=key, format=format, body=body, headers=request.headers)
    except DoorClosed:
        return nothing_here()
    return accepted()


def _by_header(request: HttpRequest, body: bytes, *, format: str) -> HttpResponse:
    """`/ingest/<format>` with the key as bearer token or basic password."""
    try:
        take_in_webhook(key=key_of(request), format=format, body=body, headers=request.headers)
    except DoorClosed:
        words = "Send the key of an alert source as bearer token or basic password."
        return refusal(401, words, headers={"WWW-Authenticate": "Bearer"})
    return accepted()


by_path = machine_door()(_by_path)
by_header = machine_door()(_by_header)
put_by_path = machine_door(methods=POST_OR_PUT)(_by_path)
put_by_header = machine_door(methods=POST_OR_PUT)(_by_header)
