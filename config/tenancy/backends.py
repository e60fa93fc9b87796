"""Who may sign in, and what the role in the bound tenant allows."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.backends import ModelBackend

from config.tenancy import binding

if TYPE_CHECKING:
    from config.tenancy.models import User


class RoleBackend(ModelBackend):
    """Signs in by e-mail and password; permissions come from the membership bound to this request."""

    def user_can_authenticate(self, user: Any) -> bool:
        return bool(user.is_active)

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

    get_group_permissions = get_all_permissions = get_user_permissions

    def has_perm(self, user_obj: "User | Any", perm: str, obj: Any = None) -> bool:
        return binding.role_allows(user_obj.pk, perm)
