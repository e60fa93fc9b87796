"""One POST to somebody's server, and what its answer means."""

import json
from typing import Any

from config.tenancy.outbound import OutboundError, Reply, fetch
from oncall.senders.message import Message, Outcome

GONE, MISSING = 410, 404


def post_json(message: Message, url: str, payload: dict[str, Any], *, allow: tuple[str, ...] = ()) -> Outcome:
    """Never raises for what the other side does. Any 2xx is delivered. `allow` as in outbound.fetch."""
    body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
    headers = {"content-type": "application/json; charset=utf-8"}
    try:
        return outcome_of(fetch("POST", url, body, headers, now=message.now, allow=allow))
    except OutboundError as error:
        return Outcome(False, str(error)[:200])


def outcome_of(reply: Reply) -> Outcome:
    """The body is never told: it is whatever a stranger's server says."""
    return Outcome(
        200 <= reply.status < 300,
        f"HTTP {reply.status}",
        reply.retry_after,
        gone=reply.status == GONE,
        missing=reply.status == MISSING,
    )
