"""Who calls, as DRF wants to be told. The binding middleware already found and bound the key."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from config.tenancy.models import ApiKey


class KeyHolder:
    """Stands where DRF expects a user. Has no row, no session and no permissions of its own."""

    is_authenticated = True
    is_anonymous = False
    is_active = True
    pk = None

    def __init__(self, key: ApiKey) -> None:
        self.key = key

    def __str__(self) -> str:
        return str(self.key)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.key.as_actor().may(perm)


class BoundKeyAuthentication(BaseAuthentication):
    """First in line: with a key, cookies are not looked at, so no CSRF token is asked for."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        key = getattr(request._request, "api_key", None)
        return (KeyHolder(key), key) if key is not None else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Muster API"'
