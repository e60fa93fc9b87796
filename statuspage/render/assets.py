"""The style sheet, the script and the icons, published beside each page under names made of their content.

Old names stay on disk: a page that a reader or a cache still holds keeps its looks.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static" / "statuspage"
LEVELS = ("ok", "notice", "degraded", "partial", "major", "maintenance")


@dataclass(frozen=True)
class Assets:
    """`files` by published name; the other fields are such names."""

    files: dict[str, bytes]
    style: str
    script: str
    icons: dict[str, str]

    def names(self, level: str) -> dict[str, str]:
        """What the templates need to know."""
        return {"style": self.style, "script": self.script, "icon": self.icons[level]}


@cache
def assets() -> Assets:
    """Read once per process."""
    named: dict[str, bytes] = {}

    def take(source: str) -> str:
        body = (STATIC / source).read_bytes()
        stem, suffix = source.rsplit(".", 1)
        name = f"{stem}.{sha256(body).hexdigest()[:12]}.{suffix}"
        named[name] = body
        return name

    style, script = take("status.css"), take("status.js")
    return Assets(named, style, script, {level: take(f"icon-{level}.svg") for level in LEVELS})
