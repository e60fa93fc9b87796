"""By what alerts come together: equal keys share an incident (ONCALL 4.8). Pure.

| grouping | key | shares |
|---|---|---|
| service | empty | what is open of the service |
| labels | of the named labels' values, within who named them | what is open of alerts with the same values |
| key | of source and dedup key | what is open of earlier alerts with this very key |

What could not be read has a key of its own for each source: it neither joins what people have in hand nor
takes in what can be read.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

SERVICE, LABELS, KEY = "service", "labels", "key"


def group_key(
    grouping: str, names: Sequence[str], *, scope: str, source_id: int, key: str, labels: Mapping[str, str]
) -> str:
    """64 hexadecimal characters, or nothing: by service.

    `scope` is who set the grouping: labels of two sources of one service come together where the service
    says so, and do not where a source says it for itself. A label that is missing counts as empty.
    """
    if grouping == LABELS:
        return _digest(LABELS, scope, *(f"{name}={labels.get(name, '')}" for name in sorted(names)))
    return _digest(KEY, str(source_id), key) if grouping == KEY else ""


def unreadable_key(source_id: int) -> str:
    return _digest("unreadable", str(source_id))


def _digest(*parts: str) -> str:
    # As JSON: "a" + "bc" and "ab" + "c" are two keys.
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
