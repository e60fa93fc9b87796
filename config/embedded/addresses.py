"""Where the embedded servers of a data directory are found: by `up`, and by any second shell."""

import hashlib
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from . import secrets

ROLE = "muster"
DATABASE = "muster"
REDIS_DATABASE = 1

# The kernel takes 108 bytes for the path of a socket, macOS 104, both with the closing zero.
LONGEST_SOCKET_PATH = 99
LONGEST_SOCKET_NAME = "pg/.s.PGSQL.5432"


def run_dir(data_dir: Path) -> Path:
    """The folder of the sockets: `run` in the data directory, or a short one for a deep data directory."""
    home = data_dir.resolve()
    folder = home / "run"
    if len(bytes(folder / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return folder
    # The password makes the name unguessable, the path makes it differ for a copied data directory.
    key = f"{home}\0{secrets.load(data_dir).database_password}"
    return _short_base() / f"muster-{hashlib.sha256(key.encode()).hexdigest()[:20]}"


def postgres_socket_dir(data_dir: Path) -> Path:
    """A folder of its own, because as root it belongs to another user than the rest."""
    return run_dir(data_dir) / "pg"


def redis_socket(data_dir: Path) -> Path:
    return run_dir(data_dir) / "redis.sock"


def database_url(data_dir: Path) -> str:
    """`postgresql://muster:…@/muster?host=/folder/of/the/socket`, as libpq reads it."""
    password = secrets.load(data_dir).database_password
    folder = quote(str(postgres_socket_dir(data_dir)))
    return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={folder}"


def redis_url(data_dir: Path) -> str:
    """`unix://:…@/path/of/the/socket?db=1`, as redis-py reads it."""
    password = secrets.load(data_dir).redis_password
    return f"unix://:{password}@{quote(str(redis_socket(data_dir)))}?db={REDIS_DATABASE}"


def celery_broker_url(redis_url: str) -> str:
    """The same server in Celery's words; any URL that is not of a socket passes unchanged."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    password = parts.password or quote(query.get("password", ""), safe="")
    login = f"{parts.username or ''}:{password}@" if password or parts.username else ""
    return f"redis+socket://{login}{parts.path}?{urlencode({'virtual_host': query.get('db', '0')})}"


def _short_base() -> Path:
    # Not TMPDIR first: it may differ between two shells, and may be deep itself.
    for base in (Path("/tmp"), Path(tempfile.gettempdir())):  # noqa: S108  start_servers checks the owner
        if base.is_dir():
            return base
    raise FileNotFoundError("There is no folder for temporary files.")
