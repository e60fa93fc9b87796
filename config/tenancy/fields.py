"""Fields every app uses: public ids and encrypted secrets."""

import secrets
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # RFC 4648 base32: no 0/O, 1/I confusion when read aloud


def new_uid() -> str:
    """12 random base32 characters, 60 bits: what is shown instead of a primary key."""
    return "".join(secrets.choice(ALPHABET) for _ in range(12))


class UidField(models.CharField):
    """The public id of a row. Unique per tenant by a constraint of the model."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 12, "default": new_uid, "editable": False, **kwargs})


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """The first of ENCRYPTION_KEYS encrypts, all decrypt: keys can be rotated."""
    return _fernet(tuple(settings.ENCRYPTION_KEYS))


class Unreadable(str):
    """An encrypted value whose key is gone from ENCRYPTION_KEYS: empty, but saved again as it was stored."""

    stored: str


class EncryptedTextField(models.TextField):
    """Text encrypted at rest. Cannot be filtered by. Leave it out of history: `audited(excluded=...)`."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Unreadable):
            return value.stored
        if value in (None, ""):
            return value
        return cipher().encrypt(str(value).encode()).decode()

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value in (None, ""):
            return value
        try:
            return cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            # The row stays readable without it, and a save of the row does not lose it.
            unreadable = Unreadable()
            unreadable.stored = value
            return unreadable

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError("An encrypted field cannot be searched.")


def row_of(to: Any, *, null: bool = False, related_name: str = "+", verbose_name: Any = None) -> Any:
    """A foreign key to a row of the same tenant. The model adds the SameTenant constraint that holds it."""
    return models.ForeignKey(
        to,
        on_delete=models.PROTECT,
        null=null,
        blank=null,
        db_constraint=False,
        db_index=False,
        related_name=related_name,
        verbose_name=verbose_name,
    )
