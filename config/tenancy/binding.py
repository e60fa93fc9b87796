"""The person of this request: which membership the binding middleware found. Set there, read by permissions."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

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

    The admin's own questions (`incidents.change_service`) are answered by the app's `view` and `setup`.
    """
    membership = current_membership()
    if membership is None or membership.user_id != user_id:
        return False
    app, _, verb = permission.partition(".")
    if "_" in verb and verb.split("_")[0] in {"view", "add", "change", "delete"}:
        verb = "view" if verb.startswith("view_") else "setup"
    return f"{app}.{verb}" in membership.grants
