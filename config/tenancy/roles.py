"""Roles and what each may do: a table in code. Apps add their permissions in AppConfig.ready().

A permission is `<app>.<verb>`; the verbs are few: view, setup, and the app's own deeds (incidents.respond).
"""

from collections import defaultdict
from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    RESPONDER = "responder"
    COMMUNICATOR = "communicator"
    VIEWER = "viewer"


ROLE_CHOICES = [
    (Role.OWNER.value, _("Owner")),
    (Role.MANAGER.value, _("Manager")),
    (Role.RESPONDER.value, _("Responder")),
    (Role.COMMUNICATOR.value, _("Communicator")),
    (Role.VIEWER.value, _("Viewer")),
]
# What an API key of each scope stands for.
SCOPE_ROLE = {"read": Role.VIEWER, "write": Role.RESPONDER, "admin": Role.MANAGER}

EVERYONE = tuple(Role)
RESPONDERS = (Role.OWNER, Role.MANAGER, Role.RESPONDER)
PUBLISHERS = (Role.OWNER, Role.MANAGER, Role.RESPONDER, Role.COMMUNICATOR)
MANAGERS = (Role.OWNER, Role.MANAGER)
OWNERS = (Role.OWNER,)

_grants: dict[str, set[str]] = defaultdict(set)


def allow(permission: str, roles: tuple[Role, ...]) -> None:
    """Called from AppConfig.ready()."""
    for role in roles:
        _grants[role].add(permission)


def is_known(permission: str) -> bool:
    """Whether any app has put the permission in the table."""
    return any(permission in granted for granted in _grants.values())


def grants_of(role: str) -> frozenset[str]:
    return frozenset(_grants.get(role, ()))


def grants_of_key(scope: str) -> frozenset[str]:
    """A key never manages people or keys, whatever its scope; one for reading only looks, even at what
    every viewer may do besides (declare).
    """
    granted = grants_of(SCOPE_ROLE[scope])
    if scope == "read":
        return frozenset(permission for permission in granted if permission.endswith(".view"))
    return frozenset(permission for permission in granted if not permission.startswith("tenancy.manage"))
