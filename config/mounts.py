"""Mounting the addresses of apps that may not have them yet."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path


def mount(prefix: str, module: str) -> list[URLPattern | URLResolver]:
    """`path(prefix, include(module))` in a list, or an empty list where there is no such module."""
    return [path(prefix, include(module))] if find_spec(module) else []
