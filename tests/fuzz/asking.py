"""Whole requests: a body of bodies.py, and around it paths, keys, methods, headers and lengths, mostly right.

Nothing here knows a world: `@key@`, `@uid@` and `@request@` are filled in when it is sent, so that what is
printed of a finding says what was meant.
"""

import gzip
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.addresses import ADDRESSES, Address
from tests.fuzz.bodies import TEXTS, bodies
from tests.fuzz.shapes import KEYS

Draw = Any
# The sources of the world, by what is special about them (world.SOURCES).
SOURCES = ("plain", "each", "group", "labels", "key", "zabbix", "datadog", "sentry", "sns", "uptimekuma")
RARE_SOURCES = ("signed", "other", "beats", "revoked", "unknown")
WEIGHTS = {
    "enqueue": 5,
    "enqueue-change": 2,
    "enqueue-v1": 2,
    "opsgenie-alerts": 4,
    "opsgenie-deed": 3,
    "ingest": 6,
    "ingest-put": 3,
    "ingest-by-header": 2,
    "ingest-put-by-header": 2,
}
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "post", "")
QUERIES = (
    b"identifierType=alias",
    b"identifierType=alias",
    b"identifierType=id",
    b"identifierType=tiny",
    b"identifierType=nothing",
    b"query=status%3Aopen",
    b"query=tag%3Aa%20AND%20message%3ADisk*",
    b"query=alias%3A%00",
    b"query=(((((",
    b"limit=5&offset=2&order=asc",
    b"limit=-1",
    b"limit=99999999999999999999",
    b"offset=%D9%A3",
    b"order=%00",
    b"%ff%fe=%00&&&=&==",
    b"query=" + b"x" * 5_000,
    b"&".join(b"p%d=1" % n for n in range(1_200)),
    b"identifierType=alias&identifierType=id",
)


@dataclass(frozen=True)
class Ask:
    """`path` is percent-decoded text; `sound`: nothing about the transport was spoilt."""

    address: str
    method: str
    path: str
    source: str
    query: bytes
    headers: dict[str, str]
    body: bytes = field(repr=False)
    sound: bool = True
    plain: bool = True  # the address as it is written, with nobody's odd key or slashes

    def __str__(self) -> str:
        body = self.body if len(self.body) < 400 else self.body[:400] + b"... %d" % len(self.body)
        return (
            f"{self.method} {self.path[:300]!r}?{self.query[:80]!r} as {self.source} {self.headers} {body!r}"
        )


_WEIGHTED = tuple(name for name in ADDRESSES for _ in range(WEIGHTS.get(name, 1)))


@st.composite
def asks(draw: Draw, address: str = "") -> Ask:
    chosen = ADDRESSES[address or draw(st.sampled_from(_WEIGHTED))]
    rarely = st.integers(0, 19)
    source = draw(st.sampled_from(SOURCES if draw(rarely) > 2 else RARE_SOURCES))
    if chosen.family == "heartbeat" and draw(st.booleans()):
        source = "beats"
    method = draw(st.sampled_from(chosen.methods if draw(rarely) else METHODS))
    path, plain = _path(draw, chosen, odd=not draw(rarely))
    has_body = method not in ("GET", "HEAD") or not draw(rarely)
    body = draw(bodies(chosen.name, path)) if has_body else b""
    headers = _authorization(draw, chosen, odd=not draw(rarely))
    headers |= draw(st.sampled_from(HEADERS)) if not draw(rarely) else {}
    sound = bool(draw(rarely))
    if not sound:
        body, extra = _transport(draw, body)
        headers |= extra
    return Ask(chosen.name, method, path, source, _query(draw, chosen), headers, body, sound, plain)


def _path(draw: Draw, address: Address, *, odd: bool) -> tuple[str, bool]:
    path = draw(st.sampled_from(address.paths))
    given = {
        "key": draw(st.sampled_from(TEXTS)) if odd else "@key@",
        "slug": draw(st.sampled_from(("one", "two", *(TEXTS if odd else ())))) if "{slug}" in path else "",
        "alert": draw(st.sampled_from(("@uid@", *KEYS, *(TEXTS if odd else ()))))
        if "{alert}" in path
        else "",
        "request": "",
    }
    if "{request}" in path:
        given["request"] = draw(
            st.sampled_from(("@request@", "5b4fa8a1-0000-4000-8000-000000000000", *TEXTS))
        )
    path = path.format(**given) + draw(st.sampled_from(("", "", "", "/")))
    if not draw(st.integers(0, 29)):
        return draw(
            st.sampled_from((f"/{path}", path.replace("/", "//"), f"{path}//", f"{path}/nothing"))
        ), False
    return path, not odd


def _authorization(draw: Draw, address: Address, *, odd: bool) -> dict[str, str]:
    if odd:
        given = draw(
            st.sampled_from(
                (
                    "",
                    "Bearer",
                    "GenieKey",
                    "Basic !!!",
                    "Basic /w==",
                    "bearer  @key@ ",
                    "GenieKey\t@key@",
                    "x" * 9_000,
                )
            )
        )
        return {"AUTHORIZATION": given} if given else {}
    if address.family == "opsgenie":
        return {"AUTHORIZATION": "GenieKey @key@"}
    if "by-header" in address.name:
        return {"AUTHORIZATION": draw(st.sampled_from(("Bearer @key@", "Basic @basic@")))}
    return {}


HEADERS: tuple[dict[str, str], ...] = (
    {"CONTENT_TYPE": "text/plain"},
    {"CONTENT_TYPE": "application/x-www-form-urlencoded"},
    {"CONTENT_TYPE": "multipart/form-data; boundary=x"},
    {"CONTENT_TYPE": "multipart/form-data"},
    {"CONTENT_TYPE": "application/json; charset=klingon"},
    {"CONTENT_TYPE": "\u00ff" * 300},
    {"ACCEPT": "text/html", "ACCEPT_LANGUAGE": "nl,\u00ff;q=x"},
    {"COOKIE": "muster_session=x; csrftoken=\u00ff; " + "a=b; " * 200},
    {"X_FORWARDED_HOST": "evil.example", "X_FORWARDED_PROTO": "https", "X_FORWARDED_FOR": "\u00ff, 1.1.1.1"},
    {"X_HTTP_METHOD_OVERRIDE": "DELETE", "ORIGIN": "https://evil.example", "REFERER": "\u00ff"},
    {"HOST": "evil.example"},
    {"HOST": "a b\u00ff:x"},
    {"HOST": ""},
    {"IF_NONE_MATCH": "*", "RANGE": "bytes=0-1", "EXPECT": "100-continue"},
    {"X_GRAFANA_ALERTING_SIGNATURE": "00" * 32, "X_REQUEST_ID": "\u00ff" * 4_000},
    {"USER_AGENT": "Opsgenie/1 \u00ff", "HX_REQUEST": "true"},
)


def _transport(draw: Draw, body: bytes) -> tuple[bytes, dict[str, str]]:
    """Lengths that do not fit, chunks, and bodies that are packed, or only say so."""
    match draw(st.integers(0, 8)):
        case 0:
            return body, {"CONTENT_LENGTH": str(len(body) + 7)}
        case 1:
            return body, {"CONTENT_LENGTH": str(len(body) // 2)}
        case 2:
            odd = ("abc", "-1", "", "9" * 30, "9" * 5_000, "1e3", " 5 ", "0x10", "524289")
            return body, {"CONTENT_LENGTH": draw(st.sampled_from(odd))}
        case 3:
            return body, {"TRANSFER_ENCODING": "chunked", "TERMINATED": "1"}
        case 4:
            return body, {"TRANSFER_ENCODING": draw(st.sampled_from(("chunked", "gzip, chunked", "x")))}
        case 5:
            return gzip.compress(body, 1, mtime=0), {"CONTENT_ENCODING": "gzip"}
        case 6:
            return gzip.compress(body, 1, mtime=0)[:-5], {"CONTENT_ENCODING": "gzip"}
        case 7:
            return body, {
                "CONTENT_ENCODING": draw(st.sampled_from(("gzip", "br", "deflate", "x-gzip, gzip")))
            }
        case _:
            return gzip.compress(b"\0" * 600_000, 1, mtime=0), {"CONTENT_ENCODING": "gzip"}


def _query(draw: Draw, address: Address) -> bytes:
    if address.family == "opsgenie" and draw(st.integers(0, 2)):
        return draw(st.sampled_from(QUERIES))
    return b"" if draw(st.integers(0, 19)) else draw(st.sampled_from(QUERIES))
