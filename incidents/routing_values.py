"""What stands at a path of a payload, as routing rules compare it. Pure."""

import json
from typing import Any


def down(value: Any, path: str) -> Any:
    """What stands there. A longer key goes first: `a.b` before `b` in `a`."""
    parts = path.split(".")
    while parts:
        if isinstance(value, list):
            number = parts[0]
            # isdecimal also knows digits of other scripts.
            at = int(number) if number.isdecimal() and len(number) < 6 else len(value)
            if at >= len(value):
                return None
            value, parts = value[at], parts[1:]
            continue
        if not isinstance(value, dict):
            return None
        taken = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in value), 0)
        if not taken:
            return None
        value, parts = value[".".join(parts[:taken])], parts[taken:]
    return value


def as_text(value: Any) -> str | None:
    """As it stands in JSON, strings without their quotes. What is empty is missing."""
    if value is None or value == "" or value == [] or value == {}:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
