"""Absolute addresses, on BASE_URL. The only source of links across the border of a prefix and from tasks."""

from django.conf import settings


def absolute(path: str) -> str:
    return f"{settings.BASE_URL}{path}"


def tenant(slug: str, path: str = "admin/") -> str:
    """An address under a tenant's prefix; `path` has no leading slash."""
    return absolute(f"/t/{slug}/{path}")


def incident(slug: str, number: int) -> str:
    return tenant(slug, f"i/{number}")


def page(token: str) -> str:
    """The acknowledge page of one page to one person."""
    return absolute(f"/p/{token}")


def ingest(key: str, kind: str) -> str:
    return absolute(f"/ingest/{key}/{kind}")


def status_page(slug: str, path: str = "") -> str:
    return absolute(f"/status/{slug}/{path}")
