"""Absolute addresses, on BASE_URL. The only source of links across the border of a prefix and from tasks."""

from django.conf import settings

SIGN_IN: str = settings.LOGIN_URL


def absolute(path: str) -> str:
    return f"{settings.BASE_URL}{path}"


def tenant(slug: str, path: str = "admin/") -> str:
    """An address under a tenant's prefix; `path` has no leading slash."""
    return absolute(tenant_path(slug, path))


def sign_in() -> str:
    return absolute(SIGN_IN)


def tenant_path(slug: str, path: str = "admin/") -> str:
    """The same as `tenant`, for a page of this very host: without the host."""
    return f"/t/{slug}/{path}"


def reset(token: str) -> str:
    """Where a person chooses a password (config.tenancy.signin_links)."""
    return absolute(f"/reset/{token}/")


def incident(slug: str, number: int) -> str:
    return tenant(slug, f"i/{number}")


def page(token: str) -> str:
    """The acknowledge page of one page to one person."""
    return absolute(f"/p/{token}")


def ingest(key: str, kind: str) -> str:
    return absolute(f"/ingest/{key}/{kind}")


def status_page(slug: str, path: str = "") -> str:
    return absolute(f"/status/{slug}/{path}")
