"""What an operation raises when the rows, not the caller's words, forbid it. The API answers it with 409."""

from collections.abc import Mapping, Sequence


class Conflict(Exception):
    """`Conflict(_("…"), fields={"impact_over_at": [_("…")]})`: `fields` says what is missing, by name."""

    code = "conflict"

    def __init__(self, message: object, *, fields: Mapping[str, Sequence[object]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = {name: [str(word) for word in words] for name, words in (fields or {}).items()}
