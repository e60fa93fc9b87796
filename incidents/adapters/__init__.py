"""One small file per format that comes in. Pure functions of bytes: no rows, no clock, no network."""

from collections.abc import Callable
from dataclasses import replace

from incidents.adapters import alertmanager, generic, grafana, opsgenie, pagerduty, pagerduty_v1
from incidents.adapters.incoming import Action, IncomingAlert, Options, Unreadable, strangers_key

Reader = Callable[[bytes, str, Options], list[IncomingAlert]]

READERS: dict[str, Reader] = {
    "pagerduty": pagerduty.read,
    "pagerduty-v1": pagerduty_v1.read,
    "alertmanager": alertmanager.read,
    "grafana": grafana.read,
    "json": generic.read,
    # What Muster's own API and its tests store.
    "api": generic.plain,
    **opsgenie.READERS,
}


def read(
    format: str, body: bytes, given_key: str = "", options: Options | None = None
) -> list[IncomingAlert]:
    """The alerts in `body`. Raises Unreadable, and nothing else, whatever the bytes are.

    No key is one of our own alerts', but where an action was asked for by an alert's id: `given_key` is then
    what was found at the door.
    """
    try:
        alerts = READERS[format](body, given_key, options or Options())
    except RecursionError:
        raise Unreadable("It is nested too deeply.") from None
    if format in opsgenie.ACTIONS:
        return alerts
    return [replace(one, dedup_key=strangers_key(one.dedup_key)) for one in alerts]


__all__ = ["READERS", "Action", "IncomingAlert", "Options", "Reader", "Unreadable", "read"]
