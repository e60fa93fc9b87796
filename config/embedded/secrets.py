"""The secrets of one data directory: made on first use, then only read."""

import base64
import json
import os
import secrets as random
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import CannotStart

FILE_NAME = "secrets.json"


@dataclass(frozen=True)
class Secrets:
    """Passwords are letters, digits, `-` and `_` only, so they fit into any URL or file unquoted."""

    database_admin_password: str
    database_password: str
    redis_password: str
    secret_key: str
    encryption_key: str

    def __repr__(self) -> str:
        return "Secrets(…)"  # a traceback or a log line must not show them


def load(data_dir: Path) -> Secrets:
    """The secrets of `data_dir`; the first call makes the folder (0700) and the file (0600).

    Two processes may come first at the same moment: both get what one of them wrote.
    """
    path = data_dir / FILE_NAME
    try:
        if not path.exists():
            _write_once(path, _new_secrets())
        return _read(path)
    except PermissionError as error:
        raise CannotStart(
            f"{error.filename or path} cannot be read or written by this user; "
            "run as the user it belongs to, or choose another place with --data-dir or MUSTER_DATA_DIR."
        ) from None
    except OSError as error:
        raise CannotStart(f"The data directory {data_dir} cannot be used: {error.strerror}.") from None


def _new_secrets() -> Secrets:
    return Secrets(
        database_admin_password=random.token_urlsafe(32),
        database_password=random.token_urlsafe(32),
        redis_password=random.token_urlsafe(32),
        secret_key=random.token_urlsafe(48),
        # The form of a Fernet key, made without importing the library: settings read this at every start.
        encryption_key=base64.urlsafe_b64encode(os.urandom(32)).decode(),
    )


def _write_once(path: Path, new: Secrets) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(new), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)  # unlike rename, link does not replace what another process wrote
    except FileExistsError:
        pass
    finally:
        os.unlink(temporary)


def _read(path: Path) -> Secrets:
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)  # a copy or a restore may have opened it to others
    try:
        return Secrets(**json.loads(path.read_text()))
    except (ValueError, TypeError):
        raise CannotStart(
            f"{path} is damaged; put it back from a backup, or start anew with another --data-dir."
        ) from None
