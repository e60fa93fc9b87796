"""May this person or key do this? Answered from the role table in code, without a query.

The operations ask again (`actor.must`): this only answers early, before a body is read.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from config.tenancy.requests import actor_of


class BoundTenantPermission(BasePermission):
    """A tenant is bound, and the actor has what the view names (`permission_for`). None named: refused."""

    message = _("Your role does not allow this. An owner can change your role.")

    def has_permission(self, request: Request, view: Any) -> bool:
        if getattr(request._request, "tenant", None) is None:
            # Signed in, but at /api/v1/ without a tenant's prefix: there only a key says which tenant.
            raise NotAuthenticated
        if request.method in SAFE_METHODS:
            return self._may(request, view)
        key = getattr(request._request, "api_key", None)
        if key is not None and key.scope == "read":
            return False  # whatever viewers may do besides looking (declare), a key for reading may not
        return self._may(request, view)

    def _may(self, request: Request, view: Any) -> bool:
        if getattr(view, "action", "") is None:
            return True  # a method this view does not have: 405 comes next
        permission_for = getattr(view, "permission_for", None)
        permission = permission_for(request.method) if permission_for else ""
        return bool(permission) and actor_of(request._request).may(permission)
