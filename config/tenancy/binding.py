"""The person of this request: which membership the binding middleware found. Set there, read by
permissions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from config.tenancy import roles

if TYPE_CHECKING:
    from config.tenancy.models import Membership

_membership: ContextVar["Membership | None"] = ContextVar("muster_membership", default=None)


def current_membership() -> "Membership | None":
    return _membership.get()


@contextmanager
def membership_bound(membership: "Membership") -> Iterator[None]:
    token = _membership.set(membership)
    try:
        yield
    finally:
        _membership.reset(token)


def role_allows(user_id: int | None, permission: str) -> bool:
    """Whether that person's role in the bound tenant has the permission. No query.

    The admin's own questions (`incidents.change_service`) are answered by the app's `view` and `setup`. A
    permission that is in the role table is never read that way: `incidents.view_secrets` is not a view.
    """
    membership = current_membership()
    if membership is None or membership.user_id != user_id:
        return False
    if not roles.is_known(permission):
        app, _, codename = permission.partition(".")
        verb = codename.partition("_")[0]
        if verb not in {"view", "add", "change", "delete"}:
            return False
        permission = f"{app}.view" if verb == "view" else f"{app}.setup"
    return permission in membership.grants
