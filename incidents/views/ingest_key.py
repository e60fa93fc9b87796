"""The key of a source where it comes in a header."""

import base64

from django.http import HttpRequest


def key_of(request: HttpRequest) -> str:
    """As bearer token or as basic password, whatever the name beside it; empty where there is none."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(given.strip(), validate=True).decode("utf-8").partition(":")[2]
        except ValueError:
            return ""
    return ""
