"""Pages newest first, by a cursor that tells nothing and cannot be made up."""

from typing import Any
from urllib.parse import parse_qs, urlencode

from cryptography.fernet import InvalidToken
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from config.tenancy import links
from config.tenancy.fields import cipher


class NewestFirst(CursorPagination):
    """50 rows a page, `?limit=` up to 200. A view may name another unique column in `newest_first_by`.

    The cursor is encrypted: the position is a primary key, which counts over all tenants.
    """

    ordering = "-id"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    cursor_query_description = _("Where the page begins, out of next or previous.")  # type: ignore[assignment]
    page_size_query_description = _("Rows on a page, at most 200.")  # type: ignore[assignment]
    template = None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        self.ordering = getattr(view, "newest_first_by", self.ordering)
        return super().paginate_queryset(queryset, request, view)

    def decode_cursor(self, request: Request) -> Cursor | None:
        encoded = request.query_params.get(self.cursor_query_param)
        if encoded is None:
            return None
        try:
            tokens = parse_qs(cipher().decrypt(encoded.encode()).decode())
        except (InvalidToken, ValueError):
            raise ValidationError({self.cursor_query_param: [_("This cursor is not one of ours.")]}) from None
        return Cursor(
            offset=int(tokens.get("o", ["0"])[0]),
            reverse="r" in tokens,
            position=tokens["p"][0] if "p" in tokens else None,  # type: ignore[arg-type]
        )

    def encode_cursor(self, cursor: Cursor) -> str:
        tokens: dict[str, object] = {"o": cursor.offset}
        if cursor.reverse:
            tokens["r"] = 1
        if cursor.position is not None:
            tokens["p"] = cursor.position
        secret = cipher().encrypt(urlencode(tokens).encode()).decode()
        address = links.absolute(self.request.get_full_path())  # type: ignore[attr-defined]
        return replace_query_param(address, self.cursor_query_param, secret)
