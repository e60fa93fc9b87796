"""As root: who a server runs as instead, and how it reaches folders that this user could not enter."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from .errors import CannotStart


@dataclass(frozen=True)
class Identity:
    """Another user to run a program as."""

    uid: int
    gid: int

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)


def identity_for(folder: Path) -> Identity | None:
    """Who must run PostgreSQL on `folder`, as it refuses root; None when it is this user anyway.

    A folder that an ordinary user made keeps that owner, so a try with sudo does not lock them out of it.
    """
    if os.geteuid() != 0:
        _must_have_a_name(os.geteuid())
        return None
    if folder.exists():
        status = folder.stat()
        if status.st_uid != 0:
            return Identity(status.st_uid, status.st_gid)
    return nobody()


def _must_have_a_name(uid: int) -> None:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise CannotStart(
            f"PostgreSQL needs a user with a name, and user number {uid} has none here; "
            "start Muster as another user, or set DATABASE_URL."
        ) from None


def nobody() -> Identity:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart(
            "PostgreSQL does not run as root and this system has no user 'nobody'; "
            "start Muster as an ordinary user, or set DATABASE_URL."
        ) from None
    return Identity(entry.pw_uid, entry.pw_gid)


class HandedFolders:
    """Folders given to a child by open descriptor: nobody cannot walk into a home that is 0700.

    A context manager; the descriptors are closed here at its end, the child keeps its own.
    """

    def __init__(self, identity: Identity | None) -> None:
        self._identity = identity
        self.descriptors: list[int] = []

    def path_for(self, folder: Path) -> str:
        """The name by which the child reaches `folder`; as root the folder changes hands too."""
        if self._identity is None:
            return str(folder)
        try:
            # A link could lead root, who is about to give the folder away, to any place of the machine.
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            raise CannotStart(f"{folder} must be a folder and no link: {error.strerror}.") from None
        self.descriptors.append(descriptor)
        os.fchown(descriptor, self._identity.uid, self._identity.gid)
        return f"/proc/self/fd/{descriptor}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors.clear()
