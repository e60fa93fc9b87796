"""The publish directory: each page is a folder named by its slug, and is found by that name alone.

    <STATUS_PUBLISH_DIR>/<slug>/index.html, history.html, incidents/<uid>.html, api/v2/…, status.<hash>.css
    <STATUS_PUBLISH_DIR>/.made/<slug>.json   what was written: when, in which language, a digest of each file

Public pages only; the others have the same shape under STATUS_PRIVATE_DIR. Reading asks no database. A file
is replaced by a rename, so a reader meets the old or the new one, never half of it; and of two writers the
one whose `now` is older gives way, whichever comes last.
"""

import fcntl
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
NAME = re.compile(r"(?:[a-z0-9-]+/){0,3}[A-Za-z0-9-]+(?:\.[a-z0-9]+){1,2}")
MADE = ".made"


def root(*, public: bool) -> Path:
    return Path(settings.STATUS_PUBLISH_DIR if public else settings.STATUS_PRIVATE_DIR)


def is_published(slug: str, *, public: bool, style: str = "index.html") -> bool:
    """Whether the page is there; with `style`, whether it has that style sheet."""
    folder = root(public=public) / slug
    return bool(SLUG.fullmatch(slug)) and (folder / "index.html").is_file() and (folder / style).is_file()


# --- writing ------------------------------------------------------------------------------------------------


def publish(slug: str, files: dict[str, bytes], *, public: bool, now: datetime, language: str) -> bool:
    """Writes what differs, in the order of `files`. False: a rendering of a later `now` stands there already.

    Files that are no longer among `files` stay: an old style sheet, a notice of last year.
    """
    if not SLUG.fullmatch(slug) or not all(NAME.fullmatch(name) for name in files):
        raise ValueError("A page is published under its own name only.")
    base, made = root(public=public), now.astimezone(UTC).isoformat()
    record = base / MADE / f"{slug}.json"
    _make_folder(record.parent, public)
    with _locked(record.with_suffix(".lock")):
        before = _record(record)
        if before["made"] > made:
            return False
        digests = {name: _digest(body) for name, body in files.items()}
        for name, body in files.items():
            path = base / slug / name
            if before["files"].get(name) != digests[name] or not _has_size(path, len(body)):
                _make_folder(path.parent, public)
                _replace(path, body, public)
        after = {"made": made, "language": language, "files": before["files"] | digests}
        _replace(record, json.dumps(after).encode(), public)
    return True


def _record(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        return {"made": str(found["made"]), "files": dict(found["files"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"made": "", "files": {}}  # none yet, or cut short by a full disk: everything is written again


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer per page at a time, over all processes of this machine."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _make_folder(path: Path, public: bool) -> None:
    """Trap: a web server of another user must be able to enter public folders, whatever our umask is."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755 if public else 0o700)


def _replace(path: Path, body: bytes, public: bool) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.write_bytes(body)
        temporary.chmod(0o644 if public else 0o600)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()[:32]


# --- reading ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Published:
    """One file as it is sent. `language` of the page, empty where that is not known."""

    body: bytes
    etag: str
    language: str


@dataclass(frozen=True)
class _Kept:
    """A file in memory, with what tells whether it is still the one on disk."""

    identity: tuple[int, int, int]
    body: bytes
    digest: str
    language: str


_kept: dict[Path, _Kept] = {}
KEEP_MOST = 500


def read(slug: str, name: str, *, public: bool) -> Published | None:
    """Nothing outside the folder of that page; None where there is no such file."""
    if not SLUG.fullmatch(slug) or not NAME.fullmatch(name):
        return None
    base = root(public=public)
    found = _read(base / slug / name)
    if found is None:
        return None
    record = _read(base / MADE / f"{slug}.json")
    return Published(found.body, f'"{found.digest}"', record.language if record else "")


def _read(path: Path) -> _Kept | None:
    """From memory while the file is the same one: each rename makes another."""
    try:
        with path.open("rb") as handle:
            status = os.fstat(handle.fileno())
            identity = (status.st_ino, status.st_mtime_ns, status.st_size)
            kept = _kept.get(path)
            if kept is not None and kept.identity == identity:
                return kept
            body = handle.read()
    except OSError:
        return None
    language = _language(body) if path.parent.name == MADE else ""
    if len(_kept) >= KEEP_MOST:
        _kept.clear()
    _kept[path] = _Kept(identity, body, _digest(body), language)
    return _kept[path]


def _language(record: bytes) -> str:
    try:
        return str(json.loads(record)["language"])
    except (ValueError, KeyError, TypeError):
        return ""
