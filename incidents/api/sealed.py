"""Names for rows that have none but their primary key, which counts over all tenants and is told to nobody.

The same row has the same name each time. The key is derived from SECRET_KEY: no name can be made up.
"""

import hashlib
from base64 import b32decode, b32encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings

BYTES = 8


def sealed(kind: str, pk: int) -> str:
    """39 characters, of which nothing can be read."""
    return b32encode(_cipher().encrypt(pk.to_bytes(BYTES, "big"), [kind.encode()])).decode().rstrip("=")


def opened(kind: str, name: str) -> int | None:
    """None for what `sealed` did not make."""
    try:
        raw = b32decode(name + "=" * (-len(name) % 8))
        return int.from_bytes(_cipher().decrypt(raw, [kind.encode()]), "big")
    except (ValueError, InvalidTag):
        return None


def _cipher() -> AESSIV:
    return AESSIV(hashlib.sha256(f"muster.sealed.{settings.SECRET_KEY}".encode()).digest())
