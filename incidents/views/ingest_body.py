"""The bytes of a post, and never more of them than are allowed."""

import zlib
from typing import Any

from django.conf import settings
from django.http import HttpRequest

CHUNK = 65_536
GZIP_MAGIC = b"\x1f\x8b"
GZIP = 31


class TooLarge(Exception):
    """More than INGEST_MAX_BYTES. The text is for the answer."""


class Aborted(Exception):
    """The client said one length and sent another, or said none where one is needed."""


def read_body(request: HttpRequest) -> bytes:
    """The whole body, at most INGEST_MAX_BYTES as sent and as unpacked (`Content-Encoding: gzip`).

    Raises TooLarge, before reading where the length is known; Aborted.
    """
    body = _body(request)
    if "gzip" in request.META.get("HTTP_CONTENT_ENCODING", "").lower() and body.startswith(GZIP_MAGIC):
        return _unpacked(body)
    return body


def _unpacked(body: bytes) -> bytes:
    """Never more than the bound, however much would come of it. What is broken stays as it came.

    Not refused: whoever has the key is heard, and what cannot be read still pages.
    """
    stream = zlib.decompressobj(GZIP)
    try:
        unpacked = stream.decompress(body, settings.INGEST_MAX_BYTES + 1)
    except zlib.error:
        return body
    if len(unpacked) > settings.INGEST_MAX_BYTES:
        raise TooLarge(_too_large())
    return unpacked if stream.eof and not stream.unused_data else body


def _body(request: HttpRequest) -> bytes:
    # A chunked body has no length: Django then reads nothing at all, so it is read from the server's stream,
    # where the server says that this stream ends by itself (granian does).
    length = _length(request)
    if length is not None and length > settings.INGEST_MAX_BYTES:
        raise TooLarge(_too_large())
    if length is not None:
        return _read(request, length)
    if request.META.get("wsgi.input_terminated"):
        return _read(request.META["wsgi.input"], None)
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        raise Aborted("Send the body with a Content-Length.")
    return b""


def _length(request: HttpRequest) -> int | None:
    given = request.META.get("CONTENT_LENGTH")
    if request.META.get("HTTP_TRANSFER_ENCODING") or given in (None, ""):
        return None
    try:
        length = int(given)
    except ValueError:
        length = -1
    if length < 0:
        raise Aborted("The Content-Length is not a number.")
    return length


def _read(stream: Any, length: int | None) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        try:
            part = stream.read(CHUNK)
        except OSError:
            raise Aborted("The body ended early.") from None
        if not part:
            break
        total += len(part)
        if total > settings.INGEST_MAX_BYTES:
            raise TooLarge(_too_large())
        parts.append(part)
    if length is not None and total != length:
        raise Aborted("The body ended early.")
    return b"".join(parts)


def _too_large() -> str:
    return f"The body is larger than {settings.INGEST_MAX_BYTES} bytes."
