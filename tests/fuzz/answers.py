"""What every answer must be, whatever was asked: JSON in the shape of its address, no 5xx, no redirect."""

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from incidents.views.opsgenie import DEEDS, NEW_WORDS
from tests.fuzz.addresses import ADDRESSES, FAULTS
from tests.fuzz.asking import Ask

NOWHERE = "(no such address)"


@dataclass(frozen=True)
class Answer:
    """`name` is the address the resolver found, which odd paths make another than the one meant."""

    status: int
    headers: dict[str, str]
    body: bytes
    name: str

    @property
    def family(self) -> str:
        return ADDRESSES[self.name].family if self.name in ADDRESSES else "pagerduty"


def stores(ask: Ask, answer: Answer) -> bool:
    """Whether this answer promises that an InboundEvent is kept."""
    address = ADDRESSES.get(answer.name)
    if address is None or not address.events or answer.status not in address.success:
        return False
    # Opsgenie's lists are read at the same address: 200.
    return address.family != "opsgenie" or answer.status == 202


def faults_of(ask: Ask, answer: Answer) -> list[str]:
    found = [*_envelope(answer), *_status(ask, answer)]
    if ask.method == "HEAD" and not answer.body:
        return found
    try:
        said = json.loads(answer.body)
    except ValueError:
        return [*found, f"no JSON: {answer.body[:80]!r}"]
    return [*found, *_shape(said, ask, answer)]


def _envelope(answer: Answer) -> list[str]:
    headers = answer.headers
    found = [f"{answer.status}"] if answer.status >= 500 else []
    if 300 <= answer.status < 400 or "location" in headers:
        found.append("a redirect")
    if not headers.get("content-type", "").startswith("application/json"):
        found.append(f"content type {headers.get('content-type')!r}")
    if "set-cookie" in headers:
        found.append("a cookie")
    if headers.get("content-length", str(len(answer.body))) != str(len(answer.body)):
        found.append("a wrong Content-Length")
    return found


def _status(ask: Ask, answer: Answer) -> list[str]:
    success = ADDRESSES[answer.name].success if answer.name in ADDRESSES else ()
    if answer.status not in FAULTS and answer.status not in success:
        return [f"{answer.status} is no status of {answer.name}"]
    if answer.status == 405 and "allow" not in answer.headers:
        return ["405 without Allow"]
    if _must_be_taken(ask, answer) and answer.status not in success:
        return [f"{answer.status} where whatever the bytes are must be kept"]
    return []


def _must_be_taken(ask: Ask, answer: Answer) -> bool:
    """A known key in the address or a header: then no body is refused but for its size."""
    well_asked = ask.sound and ask.plain and ask.address == answer.name and ask.method == "POST"
    known = (
        ask.source not in ("unknown", "revoked", "signed")
        and len(ask.body) < settings.INGEST_MAX_BYTES - 1_000
    )
    if not (well_asked and known) or "HOST" in ask.headers:
        return False
    if answer.family == "opsgenie":
        verb = ask.path.rstrip("/").rpartition("/")[2]
        offered = ask.address == "opsgenie-alerts" or verb in DEEDS or verb in NEW_WORDS
        by = b"identifierType" in ask.query
        return (
            offered
            and not by
            and ask.headers.get("AUTHORIZATION") == "GenieKey @key@"
            and b"p1=1" not in ask.query
        )
    if "by-header" in ask.address and not ask.headers.get("AUTHORIZATION", "").endswith(
        ("r @key@", "@basic@")
    ):
        return False
    return answer.family == "webhook"


def _shape(said: Any, ask: Ask, answer: Answer) -> list[str]:
    if not isinstance(said, dict):
        return ["no JSON object"]
    # A host that is not ours has no addresses: it is answered in the one shape.
    if answer.family == "opsgenie" and not ("HOST" in ask.headers and "errors" in said):
        return _opsgenie(said, answer)
    if answer.status in FAULTS:
        right = sorted(said) == ["errors", "message", "status"] and said["errors"]
        return (
            []
            if right and all(isinstance(error, str) and error for error in said["errors"])
            else [f"shape {said}"]
        )
    own = {"enqueue": "dedup_key", "enqueue-v1": "incident_key"}.get(answer.name)
    wanted = {"status", "message"} | ({own} if own else set())
    if set(said) != wanted or said["status"] != "success" or (own and not said[own]):
        return [f"shape {said}"]
    return []


def _opsgenie(said: dict[str, Any], answer: Answer) -> list[str]:
    if not isinstance(said.get("took"), int | float) or not isinstance(said.get("requestId"), str):
        return [f"shape {said}"]
    wanted = "message" if answer.status in FAULTS else "result" if answer.status == 202 else "data"
    return [] if wanted in said else [f"no {wanted}: {said}"]
