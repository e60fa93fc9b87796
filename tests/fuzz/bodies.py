"""Bodies: bytes at random, JSON at random, and what tools really send, spoilt in every way."""

import json
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.shapes import shape_for

Draw = Any
# Stand for what no Python object can say; written out after json.dumps.
DEEP, DIGITS, REAL = "@deep@", "@digits@", "@real@"
WRITTEN = {
    DEEP: [
        "[" * 65 + "]" * 65,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 3_000 + "1" + "}" * 3_000,
        "[" * 5_000,
    ],
    DIGITS: ["9" * 21, "-" + "1" * 5_000, "9" * 20, "1" + "0" * 400],
    REAL: ["1e999", "-1e999", "NaN", "-Infinity", "-0.0", "1e-999", "0.1" + "0" * 3_000],
}
TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800x",
    "\ud83d",
    "line\r\nBcc: x@example.org",
    "\u202egnorw",
    "é\u0301💥",
    "x" * 1_025,
    "y" * 40_000,
    "💥" * 600,
    "null",
    "<script>alert(1)</script>",
    "{{7*7}} %s %(x)s {0}",
    "'; DROP TABLE incidents_alert; --",
    "over-limit:none",
    "heartbeat:1",
    "@key@",
)
odd = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from((None, True, False, 0, -1, 2**31, 2**63, 10**19, 1.5, [], {}, [[]], [None], {"": ""})),
    st.sampled_from((DEEP, DIGITS, REAL)),
    st.text(max_size=20),
    st.sampled_from(
        (
            {f"k{n}": n for n in range(2_100)},
            [{"labels": {"alertname": "many"}}] * 40,
            list(range(3_000)),
            {"a": {"b": {"c": {"d": "deep"}}}},
        )
    ),
)
leaf = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12))
any_json = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "cp500")


@st.composite
def bodies(draw: Draw, address: str, path: str) -> bytes:
    match draw(st.integers(0, 19)):
        case 0:
            return bytes(draw(st.binary(max_size=200)))
        case 1:
            return _written(draw, draw(any_json))
        case 2:
            return _raw(draw)
        case kind:
            shape = draw(shape_for(address, path))
            for _ in range(draw(st.sampled_from((0, 1, 1, 2, 4))) if kind > 6 else 0):
                shape = _spoilt(draw, shape)
            body = _written(draw, shape)
            return _broken(draw, body) if kind in (7, 8) else body


def _raw(draw: Draw) -> bytes:
    """Bodies that are famous for what they did to others."""
    return bytes(
        draw(
            st.sampled_from(
                (
                    b"",
                    b"{}",
                    b"[]",
                    b"null",
                    b'"text"',
                    b"\xef\xbb\xbf{}",
                    b"\xff\xfe{\x00}\x00",
                    b"[" * 100_000,
                    b'{"a":' * 100_000,
                    b'{"routing_key": "@key@", "event_action": "trigger", "payload": ' + b"[" * 100_000,
                    b'{"routing_key": "@key@", "event_action": "trigger", "event_action": "resolve"}',
                    b'{"service_key": "@key@", "event_type": "trigger", "details": ' + b'{"a":' * 50_000,
                    b"routing_key=@key@&event_action=trigger",
                    b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
                    b"<?xml version='1.0'?><a/>",
                    b'{"alerts": [' + b"{}," * 2_600 + b"{}]}",
                    b'{"alerts": null, "status": "firing"}',
                    b" " * 1_000,
                    b"9" * 10_000,
                    b"x" * 524_288,
                    b"x" * 524_289,
                    b'{"message": "' + b"\\u0000" * 30 + b'"}',
                )
            )
        )
    )


def _spoilt(draw: Draw, shape: Any) -> Any:
    """One change somewhere in it, chosen among all the places there are. The shape itself stays as it is."""
    shape = json.loads(json.dumps(shape))
    places = list(_places(shape))
    if not places:
        return draw(odd)
    holder, at = places[draw(st.integers(0, len(places) - 1))]
    match draw(st.integers(0, 5)):
        case 0 if isinstance(holder, dict):
            del holder[at]
        case 1 if isinstance(holder, dict):
            holder[draw(st.sampled_from(TEXTS))] = holder.pop(at)
        case 2:
            holder[at] = [holder[at]] * draw(st.sampled_from((1, 2, 60)))
        case 3 if isinstance(holder, dict):
            holder[draw(st.text(max_size=8))] = draw(odd)
        case _:
            holder[at] = draw(odd)
    return shape


def _places(value: Any) -> Any:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for at, one in inner:
        yield value, at
        yield from _places(one)


def _written(draw: Draw, value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    for mark, choices in WRITTEN.items():
        if mark in text:
            text = text.replace(f'"{mark}"', draw(st.sampled_from(choices)), 3)
    return text.encode("utf-8", "surrogatepass")


def _broken(draw: Draw, body: bytes) -> bytes:
    at = draw(st.integers(0, len(body)))
    match draw(st.integers(0, 6)):
        case 0:
            return body[:at]
        case 1:
            return body[:at] + bytes(draw(st.binary(min_size=1, max_size=4))) + body[at:]
        case 2:
            text = body.decode("utf-8", "replace")
            return text.encode(draw(st.sampled_from(ENCODINGS)), "replace")
        case 3:
            return b"\xef\xbb\xbf" + body
        case 4:
            return body + bytes(draw(st.sampled_from((b"{}", b"\0", b",", b"\n\n", b"\xff"))))
        case 5:
            member = draw(st.sampled_from((b'"status":1', b'"alerts":7', b'"event_action":[]', b'"":{}')))
            return body.replace(b"{", b"{" + member + b",", 1).replace(b",}", b"}")
        case _:
            return body.replace(b"}", b"," + draw(st.sampled_from((b'"title":null}', b'"message":{}}'))), 1)
